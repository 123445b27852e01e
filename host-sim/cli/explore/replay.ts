/** `replay`: one story again, by its seed or from a trace file, shown event by event. */
import { existsSync } from "node:fs";
import type { Violation } from "../../core/sim/invariants.js";
import { type Excerpt, storyOf } from "../../core/sim/shrink.js";
import { type Result, Simulation } from "../../core/sim/simulation.js";
import type { Story } from "../../core/sim/story.js";
import { describeFlags, readFlags } from "../args.js";
import type { Terminal } from "../terminal.js";
import { columnLine, columnTitles } from "./columns.js";
import { type ReplayOptions, replayFlags, takeWord } from "./options.js";
import { violationText } from "./report.js";
import { readTraceHeader, TraceFile } from "./trace-file.js";

const USAGE = "npm run sim -- replay SEED|FILE [flags]";

export async function replay(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args[0] === "--help" || args[0] === "-h") {
    terminal.print(`Runs one story again and shows its events.\n${USAGE}\n${describeFlags(replayFlags)}\n`);
    return 0;
  }
  const [which, rest] = takeWord(args, USAGE);
  const options: ReplayOptions = { hours: 24, nodes: 1, quiet: false };
  readFlags(rest, replayFlags, options);
  const { hours, nodes, steps, quiet, trace } = options;
  const excerpt: Excerpt = existsSync(which)
    ? (readTraceHeader(which).story as Excerpt)
    : { seed: which, hours, nodes, steps };
  const result = runShown(storyOf(excerpt), excerpt, { quiet, trace }, terminal);
  return finish(result.violations, result, terminal);
}

/** Runs a story and shows its events, writes them to a file, or both. */
export function runShown(
  story: Story,
  source: unknown,
  { quiet, trace }: { readonly quiet: boolean; readonly trace?: string | undefined },
  terminal: Terminal,
): Result {
  const file = trace === undefined ? undefined : new TraceFile(trace, source);
  if (!quiet) terminal.write(`${columnTitles()}\n`);
  const silent = quiet && file === undefined;
  const simulation = new Simulation(story, {
    listener: silent
      ? undefined
      : (event) => {
          file?.add(event);
          if (!quiet) terminal.write(`${columnLine(event)}\n`);
        },
  });
  const result = simulation.run();
  file?.end(result.hash, result.events);
  return result;
}

export function finish(violations: readonly Violation[], { hash, events }: Result, terminal: Terminal): number {
  for (const violation of violations) terminal.print(`VIOLATION at ${violationText(violation)}\n`);
  terminal.print(`${events} events, ${violations.length} violations, hash ${hash}\n`);
  return violations.length > 0 ? 1 : 0;
}
