import { describe, expect, test } from "vitest";
import type { PayloadSource, QoS } from "../../../src/mqtt/api.js";
import type { BrokerKind } from "../../support/broker.js";
import { settingOf } from "./setting.js";

const LEVELS: readonly QoS[] = [0, 1, 2];
const MEGABYTE = 1_000_000;

/** Bytes that tell where they stand. */
function patterned(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
  return bytes;
}

const LARGE = patterned(MEGABYTE);

/** Gives {@link LARGE} piece by piece, and keeps nothing. */
function source(asked: (offset: number, length: number) => void = () => {}): PayloadSource {
  return {
    byteLength: MEGABYTE,
    read(into, offset) {
      asked(offset, into.length);
      into.set(LARGE.subarray(offset, offset + into.length));
    },
  };
}

export function payloads(kind: BrokerKind): void {
  describe("a payload of a megabyte, through a socket that takes 100 bytes", () => {
    const at = settingOf(kind);
    const WINDOW = 100;

    test.each(LEVELS)("goes out with QoS %i from a source, never held whole", async (QoS) => {
      const topic = at.name("source");
      const watcher = await at.watcher(topic);
      const mote = await at.mote({}, at.broker, WINDOW).connect();
      let [largest, next] = [0, 0];
      const checked = source((offset, length) => {
        expect(offset).toBe(next);
        next = offset + length;
        largest = Math.max(largest, length);
      });
      expect(await mote.published(topic, checked, { QoS })).toBe("delivered");
      await watcher.count(1);
      expect(watcher.messages[0]?.payload.equals(LARGE)).toBe(true);
      expect(next).toBe(MEGABYTE);
      expect(largest).toBeLessThanOrEqual(WINDOW);
    });

    test.each(LEVELS)("goes out with QoS %i from an array", async (QoS) => {
      const topic = at.name("array");
      const watcher = await at.watcher(topic);
      const mote = await at.mote({ maximumQueued: MEGABYTE + 1000 }, at.broker, WINDOW).connect();
      expect(await mote.published(topic, new Uint8Array(LARGE), { QoS })).toBe("delivered");
      await watcher.count(1);
      expect(watcher.messages[0]?.payload.equals(LARGE)).toBe(true);
    });

    test.each(LEVELS)("comes in with QoS %i in pieces of a small buffer", async (QoS) => {
      const topic = at.name("pieces");
      const mote = at.mote({ receiveBuffer: 128 }, at.broker, WINDOW);
      mote.subscribe(topic, { QoS });
      await mote.connect(topic);
      const peer = await at.peer();
      await peer.publish(topic, LARGE, QoS);
      await peer.publish(topic, "behind it", QoS);
      await mote.count(2);
      expect(mote.messages[0]?.payload.equals(LARGE)).toBe(true);
      expect(mote.messages[0]?.pieces).toBeGreaterThanOrEqual(MEGABYTE / 128);
      expect(mote.messages[1]).toMatchObject({ payload: Buffer.from("behind it"), pieces: 1 });
      expect(mote.aborted).toEqual([]);
    });

    test("leaves room for what comes in meanwhile", async () => {
      const [topic, other] = [at.name("large"), at.name("small")];
      const mote = at.mote({}, at.broker, WINDOW);
      mote.subscribe(other, { QoS: 1 });
      await mote.connect(other);
      const peer = await at.peer();
      let seen = -1;
      let asked = false;
      const token = mote.client.publish(
        topic,
        source((offset) => {
          if (offset > MEGABYTE / 10 && !asked) {
            asked = true;
            peer.publish(other, "x", 0);
          }
          if (seen < 0 && mote.messages.length > 0) seen = offset;
        }),
        { QoS: 1 },
      );
      await mote.until(() => mote.outcomes.has(token), "the outcome");
      expect(seen).toBeGreaterThan(MEGABYTE / 10);
    });
  });

  describe("a large payload that is broken off", () => {
    const at = settingOf(kind);

    test.each([1, 2] as const)("is read and sent again from its start with QoS %i", async (QoS) => {
      const topic = at.name("again");
      const watcher = await at.watcher(topic);
      const wire = await at.proxy();
      const mote = at.mote({}, wire);
      const unused = at.name("unused");
      mote.subscribe(unused);
      await mote.connect(unused);
      const starts: number[] = [];
      let cut = false;
      const breaking = source((offset) => {
        if (offset === 0) starts.push(offset);
        if (offset > MEGABYTE / 2 && !cut) {
          cut = true;
          wire.cut();
        }
      });
      expect(await mote.published(topic, breaking, { QoS })).toBe("delivered");
      await watcher.count(1);
      expect(watcher.messages).toHaveLength(1);
      expect(watcher.messages[0]?.payload.equals(LARGE)).toBe(true);
      expect(starts).toHaveLength(2);
      expect(mote.sessions).toEqual([false, true]);
    });

    test.each([1, 2] as const)("as it comes in is called off, and comes again whole with QoS %i", async (QoS) => {
      const topic = at.name("aborted");
      const mote = at.mote();
      let calls = 0;
      mote.subscribe(topic, { QoS }, () => {
        // In the middle of it the network goes.
        if (++calls === 10) mote.client.link(false);
      });
      await mote.connect(topic);
      const peer = await at.peer();
      await peer.publish(topic, LARGE, QoS);
      await mote.until(() => mote.disconnects.length > 0, "to be disconnected");
      expect(mote.aborted).toEqual([topic]);
      expect(mote.messages).toEqual([]);
      mote.client.link(true);
      await mote.count(1);
      expect(mote.messages[0]?.QoS).toBe(QoS);
      expect(mote.messages[0]?.payload.equals(LARGE)).toBe(true);
    });
  });
}
