/** `new`: a project of one's own, with a node, its test, and what flashes it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Board } from "../../../boards/board.js";
import { boards, findBoard } from "../../core/world/boards.js";
import { root } from "../../xs/engine/paths.js";
import { describeFlags, type Flag, readFlags } from "../args.js";
import { PROGRAM } from "../program.js";
import type { Terminal } from "../terminal.js";
import { UsageError } from "../usage.js";
import { addressOf } from "./origin.js";
import { filesOf } from "./templates.js";

interface Options {
  board: Board;
}

export const newFlags: readonly Flag<Options>[] = Object.freeze([
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
]);

/** What a project of one's own has beside this package. */
const TOOLS = ["aedes", "tsx", "typescript", "vitest"] as const;

const help = `Makes a folder with a project of your own: a node in one file, its test, and the manifest that flashes it.

Usage: ${PROGRAM} new NAME [flags]

${describeFlags(newFlags)}`;

/** @returns the exit code. @throws UsageError */
export async function makeProject([name, ...args]: readonly string[], terminal: Terminal): Promise<number> {
  const options: Options = { board: boards[0] as Board };
  const isNamed = name !== undefined && !name.startsWith("-");
  if (readFlags(isNamed ? args : [name ?? "", ...args].filter((arg) => arg !== ""), newFlags, options)) {
    terminal.print(`${help}\n`);
    return 0;
  }
  if (!isNamed) throw new UsageError("new needs a name: it is the folder's, and the package's");
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name))
    throw new UsageError(`the name is "${name}": must be 1 to 64 characters of a-z 0-9 . _ -, a letter or digit first`);
  const folder = resolve(name);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new UsageError(`${relative(process.cwd(), folder)} is there already, and is not empty: take another name`);
  const { version, devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const versions = Object.fromEntries(TOOLS.map((tool) => [tool, devDependencies[tool]]));
  const motewire = addressOf(root, version, folder);
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of filesOf({ name, board: options.board, motewire, versions }))
    writeFileSync(join(folder, path), text);
  terminal.print(`${name} is a node for ${options.board.name}.

  cd ${name}
  npm install
  npm test        # switches its relay, cuts its power
  npm start       # the node live, with a page; save main.ts, and it starts again

main.ts is yours. To flash a board: npm run flash -- wifi_ssid=… wifi_password=… mqtt_host=…\n`);
  return 0;
}
