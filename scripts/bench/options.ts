/** The command line of `npm run bench`. */
import { describeFlags, type Flag, readFlags } from "../../host-sim/cli/args.js";
import { UsageError } from "../../host-sim/cli/usage.js";
import type { Section } from "./section.js";

export interface BenchOptions {
  /** Sections to run. */
  only: readonly string[];
  rounds: number;
  /** Where to write the report. */
  json?: string;
  /** A report to show instead of measuring. */
  from?: string;
  /** Whether docs/benchmarks.md is written. */
  render: boolean;
}

const MOST_ROUNDS = 99;

function flags(names: readonly string[]): Flag<BenchOptions>[] {
  return [
    {
      name: "only",
      value: "SECTION",
      help: `of ${names.join(", ")}; several with commas between them (all)`,
      read: (text, into) => {
        const only = text.split(",");
        for (const name of only) {
          if (!names.includes(name)) throw new UsageError(`--only "${name}": known sections are ${names.join(", ")}`);
        }
        into.only = only;
      },
    },
    {
      name: "rounds",
      value: "N",
      help: "turns that every contender has (5)",
      read: (text, into) => {
        const rounds = Number(text);
        if (!/^\d{1,2}$/.test(text) || rounds < 1)
          throw new UsageError(`--rounds "${text}": must be a whole number from 1 to ${MOST_ROUNDS}`);
        into.rounds = rounds;
      },
    },
    {
      name: "json",
      value: "FILE",
      help: "write all figures there",
      read: (text, into) => {
        into.json = text;
      },
    },
    {
      name: "from",
      value: "FILE",
      help: "measure nothing: show the figures that --json has written",
      read: (text, into) => {
        into.from = text;
      },
    },
    {
      name: "render",
      help: "write docs/benchmarks.md, its plots and its figures",
      read: (_, into) => {
        into.render = true;
      },
    },
  ];
}

export function benchHelp(sections: readonly Section[]): string {
  const names = sections.map(({ name }) => name);
  const width = Math.max(...names.map((name) => name.length));
  return `Measures the client, its codec and the simulator beside their peers.

Usage: npm run bench -- [flags]
${describeFlags(flags(names))}

Sections:
${sections.map(({ name, title, aim }) => `  ${name.padEnd(width)}  ${title}; aim: ${aim}`).join("\n")}

Exit codes: 0 measured, whatever became of the aims; 2 wrong usage.`;
}

/** @returns undefined when help was asked for. @throws UsageError */
export function readBenchOptions(args: readonly string[], sections: readonly Section[]): BenchOptions | undefined {
  const names = sections.map(({ name }) => name);
  const options: BenchOptions = { only: names, rounds: 5, render: false };
  if (readFlags(args, flags(names), options)) return undefined;
  if (options.render && options.from === undefined && options.only.length < names.length)
    throw new UsageError("--render needs all sections: leave --only out");
  return options;
}
