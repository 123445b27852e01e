/**
 * A contract is a list of sentences, each with a check of it: those that `src/platform.ts` states for one type. `contract.ts` runs
 * them on every implementation there is, and on broken ones to show that they bite. Types only, for they run on XS as well.
 */

/** What every harness offers: a way to wait for what an implementation does by itself. */
export interface Harness {
  /** Waits until it holds. @throws Error when it does not within so many milliseconds of the implementation's time */
  until(predicate: () => boolean, within?: number): Promise<void>;
  /** Lets everything be closed that the check has opened. */
  dispose?(): Promise<void> | void;
}

export interface Clause<H extends Harness> {
  readonly says: string;
  check(harness: H): Promise<void> | void;
}

export type Contract<H extends Harness> = readonly Clause<H>[];

export type MakeHarness<H extends Harness> = () => Promise<H> | H;
