import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../host-sim/core/storage/memory-store.js";
import { nvsEntries } from "../../src/mote/nvs.js";
import { pubcomp, pubrec } from "../support/packets.js";
import { Rig, thrownBy } from "../support/rig.js";
import { SENT, story } from "./day.js";
import type { Refusal } from "./powered.js";

const CHANGES = story(undefined).store.commits;

describe("a flash full of QoS 2 messages", () => {
  it("delivers each of them once, though it has room for few of the notes that PUBREC asks for", () => {
    // In entries, as NVS has them: a note takes 3 of them, which is more than some messages leave.
    const store = new MemoryStore({ capacity: 120 * 32, sizeOf: (_, length) => nvsEntries(length) * 32 });
    const rig = new Rig({ store });
    rig.connect().reset();
    rig.settle();
    const fill = () => {
      for (;;) rig.client.publish("a", `${rig.client.pending}`.padEnd(60), { QoS: 2 });
    };
    expect(thrownBy(fill)).toMatchObject({ code: "store-full" });
    const accepted = rig.client.pending;
    expect(accepted).toBeGreaterThan(15);
    const held = new Map<number, string>();
    const delivered: string[] = [];
    let connections = 0;
    while (rig.client.pending > 0) {
      expect(++connections).toBeLessThan(8);
      const connection = rig.broker.welcome({ sessionPresent: true, within: 400_000 });
      // Goes on until the client closes the connection, or has nothing more to say.
      for (let quiet = false; !quiet; rig.settle()) {
        const packets = connection.unread.slice();
        quiet = packets.length === 0;
        for (const packet of packets) {
          connection.next();
          const messageId = packet.messageId as number;
          if (packet.cmd === "publish") {
            held.set(messageId, String(packet.payload));
            connection.send(pubrec(messageId));
          } else if (packet.cmd === "pubrel") {
            const payload = held.get(messageId);
            if (held.delete(messageId)) delivered.push(payload as string);
            connection.send(pubcomp(messageId));
          }
        }
      }
    }
    expect(delivered.map(Number)).toEqual(Array.from({ length: accepted }, (_, at) => at));
    expect(rig.news("published").every(([, , outcome]) => outcome === "delivered")).toBe(true);
    expect(store.keys().filter((key) => !["s", "c", "r"].includes(key))).toEqual([]);
  });
});

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
