import { describe, expect, it } from "vitest";
import { SENT, story } from "./day.js";
import type { Refusal } from "./powered.js";

const CHANGES = story(undefined).store.commits;

describe("a store that refuses changes of a whole day", () => {
  const refusals: [how: Refusal["how"], count: number][] = [
    ["full", 1],
    ["full", 7],
    ["failed", 1],
    ["failed", 7],
    ["failed, but done", 1],
    ["failed, but done", 7],
  ];

  it.each(refusals)("%s, %i in a row: what is accepted arrives, what is not is said to be refused", (how, count) => {
    let refused = 0;
    for (let commit = 1; commit <= CHANGES; commit++) {
      const bench = story({ commit, count, how });
      refused += bench.refused.length;
      // What a refused message may have left behind goes with the next one.
      const before = bench.accepted.length;
      for (let n = 0; bench.accepted.length === before; n++) bench.publish(`last ${n}`, 1);
      bench.advance(1000);
      try {
        bench.expectKept(SENT);
        for (const payload of bench.refused)
          expect(bench.arrivals.get(payload), `arrivals of ${payload}`).toBeUndefined();
      } catch (error) {
        (error as Error).message = `from change ${commit}: ${(error as Error).message}`;
        throw error;
      }
    }
    expect(refused).toBeGreaterThan(0);
  });
});
