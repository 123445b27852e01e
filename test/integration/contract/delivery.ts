import { describe, expect, test } from "vitest";
import type { QoS } from "../../../src/mqtt/api.js";
import type { BrokerKind } from "../../support/broker.js";
import { settingOf } from "./setting.js";

const LEVELS: readonly QoS[] = [0, 1, 2];

export function delivery(kind: BrokerKind): void {
  describe("messages", () => {
    const at = settingOf(kind);

    test.each(LEVELS)("go out with QoS %i, and are delivered when the broker has them", async (QoS) => {
      const topic = at.name("out");
      const watcher = await at.watcher(topic);
      const mote = await at.mote().connect();
      const texts = ["one", "zwei", "τρία", "👍"];
      const outcomes = await Promise.all(texts.map((text) => mote.published(topic, text, { QoS })));
      expect(outcomes).toEqual(texts.map(() => "delivered"));
      await watcher.count(texts.length);
      expect(watcher.payloads).toEqual(texts);
      expect(watcher.messages.map((message) => message.QoS)).toEqual(texts.map(() => QoS));
      expect(mote.client.pending).toBe(0);
    });

    test.each(LEVELS.flatMap((published) => LEVELS.map((subscribed) => [published, subscribed] as const)))(
      "come in that were published with QoS %i and are subscribed with QoS %i, with the lower of the two",
      async (published, subscribed) => {
        const topic = at.name("in");
        const mote = at.mote();
        mote.subscribe(topic, { QoS: subscribed });
        await mote.connect(topic);
        expect(mote.granted.get(topic)).toBe(subscribed);
        const peer = await at.peer();
        for (const text of ["one", "zwei", "τρία", "👍"]) await peer.publish(topic, text, published);
        await mote.count(4);
        expect(mote.payloads).toEqual(["one", "zwei", "τρία", "👍"]);
        const expected = { topic, QoS: Math.min(published, subscribed), retain: false, duplicate: false, pieces: 1 };
        for (const message of mote.messages) expect(message).toMatchObject(expected);
      },
    );

    test.each(LEVELS)("with no payload pass both ways with QoS %i", async (QoS) => {
      const topic = at.name("empty");
      const mote = at.mote();
      mote.subscribe(topic, { QoS });
      await mote.connect(topic);
      const watcher = await at.watcher(topic);
      await Promise.all([
        mote.published(topic, "", { QoS }),
        mote.published(topic, new Uint8Array(0), { QoS }),
        mote.published(topic, { byteLength: 0, read: () => expect.unreachable("nothing to read") }, { QoS }),
        mote.published(topic, "last", { QoS }),
      ]);
      await Promise.all([mote.count(4), watcher.count(4)]);
      expect(mote.payloads).toEqual(["", "", "", "last"]);
      expect(watcher.payloads).toEqual(["", "", "", "last"]);
    });

    test("to a topic at the length of 65,535 bytes pass both ways", async () => {
      const topic = at.name("long").padEnd(65_535, "x");
      const mote = at.mote({ receiveBuffer: 70_000, maximumQueued: 70_000 });
      mote.subscribe(topic, { QoS: 1 });
      await mote.connect(topic);
      expect(await mote.published(topic, "far away", { QoS: 1 })).toBe("delivered");
      await mote.count(1);
      expect(mote.messages[0]?.topic).toBe(topic);
    });
  });

  describe("retained messages", () => {
    const at = settingOf(kind);

    test.each(LEVELS)("that the client leaves with QoS %i are there for who comes later", async (QoS) => {
      const topic = at.name("kept");
      const mote = await at.mote().connect();
      // Published with QoS 0 it is only sure to be there when something behind it has passed.
      await Promise.all([
        mote.published(topic, "state", { QoS, retain: true }),
        mote.published(topic, "passing", { QoS: 1 }),
      ]);
      const watcher = await at.watcher(topic);
      await watcher.count(1);
      expect(watcher.messages[0]).toMatchObject({ topic, retain: true, QoS });
      expect(watcher.payloads).toEqual(["state"]);
    });

    test("that the client clears are gone", async () => {
      const topic = at.name("cleared");
      const peer = await at.peer();
      await peer.publish(topic, "old", 1, true);
      const mote = await at.mote().connect();
      await mote.published(topic, "", { QoS: 1, retain: true });
      const watcher = await at.watcher(topic);
      await peer.publish(topic, "live", 1);
      await watcher.count(1);
      expect(watcher.payloads).toEqual(["live"]);
    });

    test("come in marked, and what is published while subscribed comes unmarked", async () => {
      const topic = at.name("received");
      const peer = await at.peer();
      await peer.publish(topic, "before", 1, true);
      const mote = at.mote();
      mote.subscribe(topic, { QoS: 1 });
      await mote.connect(topic);
      await mote.count(1);
      await peer.publish(topic, "after", 1, true);
      await mote.count(2);
      expect(mote.payloads).toEqual(["before", "after"]);
      expect(mote.messages.map(({ retain }) => retain)).toEqual([true, false]);
    });
  });

  describe("filters", () => {
    const at = settingOf(kind);

    test("that overlap each get the message, once", async () => {
      const root = at.name("over");
      const filters = [`${root}/+/x`, `${root}/#`];
      const mote = at.mote();
      mote.subscribe(filters[0] as string, { QoS: 1 });
      mote.subscribe(filters[1] as string, { QoS: 2 });
      await mote.connect(...filters);
      const peer = await at.peer();
      await peer.publish(`${root}/a/x`, "both", 2);
      await peer.publish(`${root}/a/y`, "one", 2);
      await mote.until(() => mote.payloads.includes("one"), "the last message");
      for (const filter of filters) {
        const got = mote.messages.filter((message) => message.filter === filter && message.topic === `${root}/a/x`);
        // One copy, that each handler is given. Which QoS it has: [MQTT-3.3.5-1], but mosquitto takes what it finds first.
        expect(got.map(({ payload }) => payload.toString())).toEqual(["both"]);
        expect(got[0]?.QoS).toBeGreaterThanOrEqual(1);
      }
      expect(mote.messages.filter(({ topic }) => topic === `${root}/a/y`).map(({ filter }) => filter)).toEqual([
        filters[1],
      ]);
    });

    test("that begin with a wildcard do not match topics that begin with $", async () => {
      const mote = at.mote();
      const filters = ["#", "+/#", "$SYS/#"];
      mote.subscribe(filters);
      await mote.connect(...filters);
      // aedes tells there of each subscription, mosquitto of itself when asked.
      await at.watcher(at.name("any"));
      await mote.until(() => mote.messages.some(({ topic }) => topic.startsWith("$SYS/")), "a message under $SYS");
      for (const { topic, filter } of mote.messages) expect(topic.startsWith("$")).toBe(filter === "$SYS/#");
    });

    test("in one call are subscribed together, and unsubscribed together", async () => {
      const [a, b, other] = [at.name("a"), at.name("b"), at.name("other")];
      const mote = at.mote();
      mote.subscribe([a, b], { QoS: 2 });
      mote.subscribe(other, { QoS: 1 });
      await mote.connect(a, b, other);
      expect([mote.granted.get(a), mote.granted.get(b), mote.granted.get(other)]).toEqual([2, 2, 1]);
      mote.client.unsubscribe([a, b]);
      await mote.until(() => mote.unsubscribed.length === 2, "both to be unsubscribed");
      const peer = await at.peer();
      for (const topic of [a, b, other]) await peer.publish(topic, "x", 1);
      await mote.count(1);
      expect(mote.messages.map(({ topic }) => topic)).toEqual([other]);
    });

    test("raised in QoS while subscribed are granted the new one", async () => {
      const topic = at.name("raised");
      const mote = at.mote();
      mote.subscribe(topic, { QoS: 0 });
      await mote.connect(topic);
      mote.subscribe(topic, { QoS: 2 });
      await mote.until(() => mote.granted.get(topic) === 2, "QoS 2");
      const peer = await at.peer();
      await peer.publish(topic, "x", 2);
      await mote.count(1);
      expect(mote.messages[0]?.QoS).toBe(2);
    });
  });
}
