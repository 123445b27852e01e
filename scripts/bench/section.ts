/**
 * What a benchmark gives. Everything that is shown, written to JSON or drawn is made from these shapes, so that a section
 * knows nothing of how its figures are presented.
 */
import type { Mosquitto } from "../../test/support/mosquitto.js";

/** What one contender made of one case: a value for each round, in the order of the rounds. */
export interface Series {
  readonly contender: string;
  readonly values: readonly number[];
}

/** What is to hold for our figure over another one's, by the median of the rounds' ratios. */
export interface Aim {
  /** The contender that ours is divided by. */
  readonly of: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** What a single figure of ours is to keep to, without anybody to compare it with. */
export interface Limit {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** One case: what was measured, of whom. */
export interface Row {
  /** Rows of one group make one table and one plot. */
  readonly group: string;
  readonly name: string;
  readonly unit: string;
  /** Ours first. */
  readonly series: readonly Series[];
  readonly aims?: readonly Aim[] | undefined;
  readonly limit?: Limit;
}

/** What sections are given to work with. */
export interface Bench {
  /** Rounds, in each of which every contender has its turn. */
  readonly rounds: number;
  /** A mosquitto for the benchmarks alone. Started when it is first asked for. */
  broker(): Promise<Mosquitto>;
  /** Builds one of the programs of `scripts/bench`, for a process of its own. @returns the path of its JavaScript */
  program(source: string): Promise<string>;
  /** Says how far it has come. */
  progress(text: string): void;
}

export interface Section {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** What is measured and how, in sentences. */
  readonly measures: string;
  /** What is aimed at, in a sentence. */
  readonly aim: string;
  run(bench: Bench): Promise<Row[]>;
}

/** The outcome of a section. */
export interface Outcome {
  readonly name: string;
  readonly seconds: number;
  readonly rows: readonly Row[];
}
