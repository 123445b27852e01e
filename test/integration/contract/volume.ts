import { describe, expect, test } from "vitest";
import type { QoS } from "../../../src/mqtt/api.js";
import { MqttError } from "../../../src/mqtt/errors.js";
import type { BrokerKind } from "../../support/broker.js";
import type { Mote } from "../../support/mote.js";
import { settingOf } from "./setting.js";

const LEVELS: readonly QoS[] = [0, 1, 2];
const COUNT = 10_000;
/** What the peer has under way at most: mosquitto closes the connection on more with QoS 2, aedes on 1,000. */
const UNDER_WAY = 20;

const numbers = Array.from({ length: COUNT }, (_, index) => String(index));

/** Publishes as fast as the client takes it. @returns what to call when it has room again */
function pump(mote: () => Mote, topic: string, QoS: QoS): () => void {
  let next = 0;
  return () => {
    try {
      while (next < COUNT) {
        mote().client.publish(topic, String(next), { QoS });
        next++;
      }
    } catch (error) {
      if (!(error instanceof MqttError && error.code === "queue-full")) throw error;
    }
  };
}

export function volume(kind: BrokerKind): void {
  describe("ten thousand messages", () => {
    const at = settingOf(kind);

    test.each(LEVELS)("go out with QoS %i, none lost, doubled or out of order", async (QoS) => {
      const topic = at.name("out");
      const watcher = await at.watcher(topic);
      const more = pump(() => mote, topic, QoS);
      const mote: Mote = await at.mote({ onWritable: more }).connect();
      more();
      await watcher.count(COUNT);
      await mote.drained();
      expect(watcher.payloads).toEqual(numbers);
      expect(mote.outcomes.size).toBe(COUNT);
      expect(new Set(mote.outcomes.values())).toEqual(new Set(["delivered"]));
    });

    test.each(LEVELS)("come in with QoS %i, none lost, doubled or out of order", async (QoS) => {
      const topic = at.name("in");
      const mote = at.mote();
      mote.subscribe(topic, { QoS });
      await mote.connect(topic);
      const peer = await at.peer();
      const under: Promise<void>[] = [];
      for (const number of numbers) {
        under.push(peer.publish(topic, number, QoS));
        if (under.length === UNDER_WAY) await Promise.all(under.splice(0));
      }
      await Promise.all(under);
      await mote.count(COUNT);
      expect(mote.payloads).toEqual(numbers);
      expect(mote.disconnects).toEqual([]);
    });
  });
}
