/** `datasheet`: what an application costs, to be read, or compared in a pull request. */
import type { Board } from "../../../boards/board.js";
import { boards, findBoard } from "../../core/world/boards.js";
import { loadApplication } from "../application.js";
import { describeFlags, type Flag, readFlags } from "../args.js";
import { PROGRAM } from "../program.js";
import type { Terminal } from "../terminal.js";
import { UsageError } from "../usage.js";
import { measure } from "./measure.js";
import { datasheetText } from "./text.js";

interface Options {
  board: Board;
  json: boolean;
}

export const datasheetFlags: readonly Flag<Options>[] = Object.freeze([
  {
    name: "board",
    value: "ID",
    help: `${boards.map(({ id }) => id).join(", ")}; default: ${boards[0]?.id}`,
    read(text, into) {
      const board = findBoard(text);
      if (board === undefined)
        throw new UsageError(`--board is "${text}": must be one of ${boards.map(({ id }) => id).join(", ")}`);
      into.board = board;
    },
  },
  {
    name: "json",
    help: "one JSON object instead of the table",
    read(_text, into) {
      into.json = true;
    },
  },
]);

const help = `Says what an application costs a board: memory, bytecode, bytes on the wire, flash, and the longest outage.

Usage: ${PROGRAM} datasheet [FILE] [flags]

${describeFlags(datasheetFlags)}`;

/** @returns the exit code. @throws UsageError */
export async function datasheet(args: readonly string[], terminal: Terminal): Promise<number> {
  const options: Options = { board: boards[0] as Board, json: false };
  const [file] = args[0]?.startsWith("-") === false ? args : [];
  if (readFlags(file === undefined ? args : args.slice(1), datasheetFlags, options)) {
    terminal.print(`${help}\n`);
    return 0;
  }
  // What is wrong with it is said by Node.js as well as by XS, and sooner.
  const application = await loadApplication(file);
  let sheet: Awaited<ReturnType<typeof measure>>;
  try {
    sheet = await measure(options.board, application.file);
  } catch (error) {
    terminal.notice((error as Error).message);
    return 1;
  }
  terminal.write(options.json ? `${JSON.stringify(sheet, null, 2)}\n` : `${datasheetText(sheet)}\n`);
  return 0;
}
