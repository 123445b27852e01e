import type { Board } from "../../boards/board.js";
import { boards, findBoard } from "../core/world/boards.js";

/** @param id default: the first there is. @throws RangeError with the choices */
export function boardNamed(id: string | undefined): Board {
  const board = id === undefined ? boards[0] : findBoard(id);
  if (board !== undefined) return board;
  throw new RangeError(`board is "${id}": must be one of ${boards.map((one) => one.id).join(", ")}`);
}
