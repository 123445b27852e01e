import { describe, expect, it } from "vitest";
import type { Client } from "../../src/mqtt/index.js";
import { MapStore } from "../support/map-store.js";
import { Rig } from "../support/rig.js";

/** Counts how often it is read. */
class CountingStore extends MapStore {
  reads = 0;

  override read(key: string): Uint8Array | undefined {
    this.reads++;
    return super.read(key);
  }
}

const BOUND = 1000;

/** Publishes `count` messages while offline; each time there is no room all but the first and the newest are dropped. */
function publishDropping(client: Client, count: number): number {
  let accepted = 0;
  for (let number = 0; number < count; number++) {
    try {
      client.publish("t", String(number), { QoS: 1 });
    } catch {
      const waiting: number[] = [];
      client.review(({ token }) => void waiting.push(token));
      client.review(({ token }) => (token === waiting[0] || token === waiting.at(-1) ? undefined : null));
      client.publish("t", String(number), { QoS: 1 });
    }
    accepted++;
  }
  return accepted;
}

describe("offline for longer than there are packet identifiers", () => {
  it("goes on accepting messages where others are dropped, and keeps every identifier apart", () => {
    const store = new CountingStore();
    const rig = new Rig({ store, maximumQueued: BOUND, window: 1 });
    expect(publishDropping(rig.client, 66_000)).toBe(66_000);
    const waiting: number[] = [];
    rig.client.review(({ token }) => void waiting.push(token));
    const ids = waiting.map((token) => ((token - 1) % 65_535) + 1);
    expect(new Set(ids).size).toBe(ids.length);
    // The first one was never dropped: its identifier was passed over.
    expect(ids[0]).toBe(1);
    store.reads = 0;
    rig.client.review(() => undefined);
    expect(store.reads).toBeLessThan(waiting.length + 1);
  });
});
