/** The flags of `explore`, `replay` and `scenario`. */
import type { Flag } from "../args.js";
import { UsageError } from "../usage.js";

export interface ExploreOptions {
  seeds: number;
  /** The first seed. */
  from: number;
  hours: number;
  nodes: number;
  /** Processes; undefined: one for each processor. */
  jobs?: number;
  shrink: boolean;
}

export interface TraceOptions {
  /** A file for the event stream. */
  trace?: string;
}

export interface ReplayOptions extends TraceOptions {
  hours: number;
  nodes: number;
  /** Indexes of the steps to keep. */
  steps?: readonly number[];
  quiet: boolean;
}

function whole(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`--${flag} is "${text}": must be a whole number from ${least} to ${most}`);
  }
  return value;
}

function hoursOf(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0 || value > 8760) {
    throw new UsageError(`--hours is "${text}": must be a number above 0, at most 8760`);
  }
  return value;
}

const hours: Flag<{ hours: number }> = {
  name: "hours",
  value: "H",
  help: "virtual hours of each story; default: 24",
  read(text, into) {
    into.hours = hoursOf(text);
  },
};

const nodes: Flag<{ nodes: number }> = {
  name: "nodes",
  value: "N",
  help: "nodes in each story; default: 1",
  read(text, into) {
    into.nodes = whole("nodes", text, 1, 1000);
  },
};

const trace: Flag<TraceOptions> = {
  name: "trace",
  value: "FILE",
  help: "writes every event to the file, one JSON object a line",
  read(text, into) {
    into.trace = text;
  },
};

export const exploreFlags: readonly Flag<ExploreOptions>[] = Object.freeze([
  {
    name: "seeds",
    value: "N",
    help: "stories; default: 200",
    read(text: string, into: ExploreOptions) {
      into.seeds = whole("seeds", text, 1, 10_000_000);
    },
  },
  hours,
  nodes,
  {
    name: "from",
    value: "SEED",
    help: "the first seed; default: 1",
    read(text: string, into: ExploreOptions) {
      into.from = whole("from", text, 0, 1e9);
    },
  },
  {
    name: "jobs",
    value: "N",
    help: "processes; default: one for each processor",
    read(text: string, into: ExploreOptions) {
      into.jobs = whole("jobs", text, 1, 256);
    },
  },
  {
    name: "no-shrink",
    help: "does not shorten failing stories",
    read(_text: string, into: ExploreOptions) {
      into.shrink = false;
    },
  },
]);

export interface ScenarioOptions extends TraceOptions {
  /** Prints every event. */
  events: boolean;
}

export const scenarioFlags: readonly Flag<ScenarioOptions>[] = Object.freeze([
  {
    name: "events",
    help: "prints every event",
    read(_text: string, into: ScenarioOptions) {
      into.events = true;
    },
  },
  trace,
]);

export const replayFlags: readonly Flag<ReplayOptions>[] = Object.freeze([
  hours,
  nodes,
  {
    name: "steps",
    value: "A,B,…",
    help: "only these of the story's steps, by their numbers; `none` for none",
    read(text: string, into: ReplayOptions) {
      into.steps = text === "none" ? [] : text.split(",").map((part) => whole("steps", part, 0, 1e6));
    },
  },
  {
    name: "quiet",
    help: "prints no events, only how it ends",
    read(_text: string, into: ReplayOptions) {
      into.quiet = true;
    },
  },
  trace,
]);

/** Words in front of the flags. @throws UsageError when there are not so many as there should be */
export function takeWord(args: readonly string[], usage: string): [string, readonly string[]] {
  const [first = "", ...rest] = args;
  if (first === "" || first.startsWith("--")) throw new UsageError(`usage: ${usage}`);
  return [first, rest];
}
