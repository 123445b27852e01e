/** The simulator's command line. */
import { explore } from "./explore/explore.js";
import { replay } from "./explore/replay.js";
import { scenario } from "./explore/scenario.js";
import { run } from "./run.js";
import { processTerminal, type Terminal } from "./terminal.js";
import { UsageError } from "./usage.js";

interface Subcommand {
  readonly name: string;
  readonly help: string;
  /** @returns the exit code. @throws UsageError: exit code 2 */
  main(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** The first one is what runs when none is named. */
const subcommands: readonly [Subcommand, ...Subcommand[]] = [
  { name: "run", help: "one node in real time (the default)", main: run },
  { name: "explore", help: "many seeds in virtual time, against the promise", main: explore },
  { name: "replay", help: "one story again, by its seed or trace file", main: replay },
  { name: "scenario", help: "a story from a file, such as those in host-sim/scenarios", main: scenario },
];

async function main([name = "", ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  try {
    if (name === "" || name.startsWith("-")) {
      const [byDefault] = subcommands;
      return await byDefault.main(name === "" ? rest : [name, ...rest], terminal);
    }
    const subcommand = subcommands.find((candidate) => candidate.name === name);
    if (subcommand !== undefined) return await subcommand.main(rest, terminal);
    throw new UsageError(`unknown command "${name}": known are ${subcommands.map((known) => known.name).join(", ")}`);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

const terminal = processTerminal();
process.exitCode = await main(process.argv.slice(2), terminal);
// Otherwise the program ends by itself, for nothing is left that runs.
if (terminal.isForced) process.stdout.write("", () => process.exit());
