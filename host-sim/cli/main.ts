/** The simulator's command line. */
import { masked } from "../../src/platforms/broker-url.js";
import { visible } from "../../src/platforms/quoted.js";
import { PROGRAM } from "./program.js";
import { processTerminal, type Terminal } from "./terminal.js";
import { UsageError } from "./usage.js";

interface Subcommand {
  readonly name: string;
  readonly help: string;
  /** @returns the exit code. @throws UsageError: exit code 2 */
  main(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** The first one is what runs when none is named. Only what runs is loaded: the others would cost its start. */
const subcommands: readonly [Subcommand, ...Subcommand[]] = [
  {
    name: "run",
    help: "one node in real time (the default)",
    main: async (...given) => (await import("./run.js")).run(...given),
  },
  {
    name: "new",
    help: "a project of your own: a node, its test, and what flashes it",
    main: async (...given) => (await import("./new/new.js")).makeProject(...given),
  },
  {
    name: "datasheet",
    help: "what an application costs a board: memory, wire, flash, and the longest outage",
    main: async (...given) => (await import("./datasheet/datasheet.js")).datasheet(...given),
  },
  {
    name: "explore",
    help: "many seeds in virtual time, against the promise",
    main: async (...given) => (await import("./explore/explore.js")).explore(...given),
  },
  {
    name: "replay",
    help: "one story again, by its seed or trace file",
    main: async (...given) => (await import("./explore/replay.js")).replay(...given),
  },
  {
    name: "scenario",
    help: "a story from a file, such as those in host-sim/scenarios",
    main: async (...given) => (await import("./explore/scenario.js")).scenario(...given),
  },
];

async function main([name = "", ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  try {
    if (name === "--help" || name === "-h") {
      terminal.print(`${help()}\n`);
      return 0;
    }
    if (name === "" || name.startsWith("-")) {
      const [byDefault] = subcommands;
      return await byDefault.main(name === "" ? rest : [name, ...rest], terminal);
    }
    const subcommand = subcommands.find((candidate) => candidate.name === name);
    if (subcommand !== undefined) return await subcommand.main(rest, terminal);
    throw new UsageError(
      `unknown command "${masked(name)}": known are ${subcommands.map((known) => known.name).join(", ")}`,
    );
  } catch (error) {
    const { message, syscall } = error as NodeJS.ErrnoException;
    // What the system refuses, a full disk say, is not a fault of the program's: no stack.
    if (!(error instanceof UsageError) && syscall === undefined) throw error;
    terminal.notice(visible(message));
    return error instanceof UsageError ? 2 : 1;
  }
}

function help(): string {
  const width = Math.max(...subcommands.map(({ name }) => name.length));
  const rows = subcommands.map(({ name, help }) => `  ${name.padEnd(width)}  ${help}`);
  return `The simulator.\n\nUsage: ${PROGRAM} [command] [flags]\n\n${rows.join("\n")}\n\nWith --help behind it, each says its flags.`;
}

const terminal = processTerminal();
// Only then is it known that all of the output could be written: a pipe's or a disk's error comes after the write.
process.once("exit", () => {
  if (terminal.isCut) process.exitCode ||= 1;
});
process.exitCode = await main(process.argv.slice(2), terminal);
// Otherwise the program ends by itself, for nothing is left that runs.
if (terminal.isForced) process.stdout.write("", () => process.exit());
