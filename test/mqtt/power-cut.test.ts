import { describe, expect, it } from "vitest";
import type { QoS } from "../../src/mqtt/api.js";
import { type Cut, PoweredClient } from "./powered.js";

/** Longer than the longest delay between two attempts and than every deadline. */
const REST = 300_000;
const SENT = [
  ["in 0", 2],
  ["in 1", 1],
  ["in 2", 2],
  ["in 3", 2],
  ["in 4", 2],
] as const;

/** A day in short: a backlog from the start, messages both ways, a lost connection, a broker without its sessions. */
function story(cut: Cut | undefined, { lostSession = false } = {}): PoweredClient {
  const bench = new PoweredClient(cut, { window: 2, backoff: { minimum: 100, maximum: 1000 } });
  const publish = (name: string, quality: QoS) => {
    bench.publish(name, quality);
    bench.restore();
  };
  const send = (index: number) => {
    const [payload, quality] = SENT[index] as (typeof SENT)[number];
    bench.send(payload, quality);
  };
  bench.restore();
  for (let n = 0; n < 6; n++) publish(`early ${n}`, n % 2 ? 1 : 2);
  bench.advance(5000);
  send(0);
  send(1);
  for (let n = 0; n < 4; n++) publish(`online ${n}`, n % 2 ? 2 : 1);
  bench.advance(5000);
  bench.station.cut();
  bench.advance(0);
  for (let n = 0; n < 5; n++) publish(`offline ${n}`, n % 2 ? 1 : 2);
  send(2);
  send(3);
  bench.advance(5000);
  if (lostSession) {
    bench.broker.forget();
    bench.advance(5000);
  }
  publish("late 0", 2);
  publish("late 1", 1);
  send(4);
  bench.advance(REST);
  return bench;
}

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
