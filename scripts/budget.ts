/** `npm run budget`: what the firmware takes on each board beside what it may take. */

import { type Flag, readFlags } from "../host-sim/cli/args.js";
import { UsageError } from "../host-sim/cli/usage.js";
import { boards } from "../host-sim/core/world/boards.js";
import { ADVICE, judge, leftOver, readBudget, writeBudget } from "./budget/budget.js";
import { bytecodeOf, type Figures, growthOver, memoryFigures, smallestNear } from "./budget/figures.js";
import { aimsOf, tableOf } from "./budget/table.js";

interface Options {
  board: string | undefined;
  update: boolean;
  messages: number;
}

const flags: readonly Flag<Options>[] = [
  {
    name: "board",
    value: "id",
    help: "only this one",
    read(text, into) {
      if (!boards.some(({ id }) => id === text)) {
        throw new UsageError(`--board ${text}: known are ${boards.map(({ id }) => id).join(", ")}`);
      }
      into.board = text;
    },
  },
  {
    name: "update",
    help: "write what was found into boards/<id>/budget.json",
    read(_, into) {
      into.update = true;
    },
  },
  {
    name: "messages",
    value: "n",
    help: "after how many messages nothing may have grown, default 100000",
    read(text, into) {
      into.messages = Number(text);
      if (!(into.messages >= 1000)) throw new UsageError(`--messages ${text}: must be a number from 1000`);
    },
  },
];

async function main(args: readonly string[]): Promise<number> {
  const options: Options = { board: undefined, update: false, messages: 100_000 };
  if (readFlags(args, flags, options)) {
    console.log("Usage: npm run budget -- [--board <id>] [--update] [--messages <n>]");
    return 0;
  }
  const wrong: string[] = [];
  const wanted = boards.filter(({ id }) => options.board === undefined || id === options.board);
  for (const board of wanted) {
    const budget = readBudget(board.id);
    const found: Figures = {
      ...(await bytecodeOf(board)),
      ...(await memoryFigures(board)),
      ...(await smallestNear(board, budget)),
    };
    console.log(`${board.name} (${board.id})\n\n${tableOf(found, budget)}\n\n${aimsOf(found)}\n`);
    if (options.update) writeBudget(board.id, found);
    else wrong.push(...judge(board.id, found, budget), ...leftOver(board.id, found, budget));
  }
  const grown = wanted[0] && (await growthOver(wanted[0], options.messages));
  console.log(grown ?? `after ${options.messages} messages the client has no more memory in use than after a few`);
  if (grown !== undefined) wrong.push(grown);
  if (wrong.length > 0) console.error(`\n${wrong.join("\n")}\n${ADVICE}`);
  return wrong.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
