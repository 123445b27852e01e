import { describe, expect, it } from "vitest";
import { SENT, story } from "./day.js";

function commits(options?: { lostSession: boolean }): number {
  return story(undefined, options).store.commits;
}

describe("power that fails at a change of the store", () => {
  it("never costs an accepted message, nor doubles one with QoS 2 either way", () => {
    const last = commits();
    expect(last).toBeGreaterThan(50);
    for (let commit = 1; commit <= last; commit++) {
      for (const when of ["before", "after"] as const) {
        const bench = story({ commit, when });
        try {
          expect(bench.boots).toBe(2);
          bench.expectKept(SENT);
          expect(bench.errors).toEqual([]);
        } catch (error) {
          (error as Error).message = `power failed ${when} change ${commit}: ${(error as Error).message}`;
          throw error;
        }
      }
    }
  });

  it("does not when the broker loses its sessions, either", () => {
    const last = commits({ lostSession: true });
    for (let commit = 1; commit <= last; commit++) {
      for (const when of ["before", "after"] as const) {
        const bench = story({ commit, when }, { lostSession: true });
        try {
          bench.expectKept(SENT);
        } catch (error) {
          (error as Error).message = `power failed ${when} change ${commit}: ${(error as Error).message}`;
          throw error;
        }
      }
    }
  });
});
