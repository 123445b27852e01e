/** The boards that the simulator can be, by their ids. */
import type { Board } from "../../../boards/board.js";
import { board as esp32Devkitc } from "../../../boards/esp32_devkitc/board.js";
import { board as esp32c3Devkitm } from "../../../boards/esp32c3_devkitm/board.js";
import { board as esp32c6Devkitc } from "../../../boards/esp32c6_devkitc/board.js";
import { board as esp32s3Devkitc } from "../../../boards/esp32s3_devkitc/board.js";
import { board as lin } from "../../../boards/lin/board.js";
import { board as m5atomLite } from "../../../boards/m5atom_lite/board.js";

export const boards: readonly Board[] = Object.freeze([
  esp32Devkitc,
  esp32s3Devkitc,
  esp32c3Devkitm,
  esp32c6Devkitc,
  m5atomLite,
  lin,
]);

/** The board of that id. */
export function findBoard(id: string): Board | undefined {
  return boards.find((board) => board.id === id);
}
