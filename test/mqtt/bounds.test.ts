import { describe, expect, it } from "vitest";
import { MapStore } from "../support/map-store.js";
import { puback, publish } from "../support/packets.js";
import { Rig, thrownBy } from "../support/rig.js";

describe("publish() refuses", () => {
  it.each<[string, () => [topic: string, payload: never, options?: object], string]>([
    ["a wildcard", () => ["a/#", "" as never], "MQTT-3.3.2-2"],
    ["an empty topic", () => ["", "" as never], "MQTT-4.7.3-1"],
    ["half a surrogate pair", () => ["a", "\ud800" as never], "MQTT-1.5.3-1"],
    ["QoS 3", () => ["a", "" as never, { QoS: 3 }], "option"],
    ["no payload", () => ["a", undefined as never], "payload"],
    ["a number", () => ["a", 5 as never], "payload"],
    ["less than nothing to be kept free", () => ["a", "" as never, { keepFree: -1 }], "keepFree"],
    ["no number to be kept free", () => ["a", "" as never, { keepFree: "1" }], "keepFree"],
    ["a source without a length", () => ["a", { read: () => {} } as never], "payload"],
    ["a source of a broken length", () => ["a", { byteLength: 1.5, read: () => {} } as never], "payload"],
    ["a source of less than nothing", () => ["a", { byteLength: -1, read: () => {} } as never], "payload"],
    ["a source that cannot be read", () => ["a", { byteLength: 1 } as never], "payload"],
    [
      "a source too long for the protocol",
      () => ["a", { byteLength: 268_435_455, read: () => {} } as never],
      "payload-too-large",
    ],
  ])("%s", (_, make, code) => {
    const rig = new Rig();
    const connection = rig.connect();
    const [topic, payload, options] = make();
    expect(thrownBy(() => rig.client.publish(topic, payload, options))).toMatchObject({ kind: "misuse", code });
    connection.expectNothing(1000);
    expect(rig.client.pending).toBe(0);
  });

  it("QoS 0 without a connection, and says when there is one", () => {
    const rig = new Rig();
    const refused = () => rig.client.publish("a", "x");
    expect(thrownBy(refused)).toMatchObject({ kind: "resource", code: "offline" });
    const connection = rig.connect();
    rig.settle();
    connection.reset();
    rig.settle();
    rig.news();
    expect(thrownBy(refused)).toMatchObject({ kind: "resource", code: "offline" });
    rig.broker.welcome({ sessionPresent: true, within: 2000 });
    expect(rig.news()).toEqual([["connected", true], ["writable"]]);
    refused();
  });

  it("a message larger than maximumQueued, and names the way out", () => {
    const rig = new Rig({ maximumQueued: 50 });
    rig.connect();
    for (const QoS of [0, 1, 2] as const) {
      const error = thrownBy(() => rig.client.publish("a", "x".repeat(50), { QoS }));
      expect(error).toMatchObject({ kind: "resource", code: "message-too-large" });
      expect(error.message).toContain("use a source");
    }
    rig.advance(1000);
    expect(rig.news()).toEqual([]);
  });

  it.each([0, 1] as const)(
    "a message with QoS %i that leaves less free than it is to, and says when it would",
    (QoS) => {
      const rig = new Rig({ maximumQueued: 50, window: 1 });
      const connection = rig.connect();
      const offer = (length: number, keepFree: number) =>
        thrownBy(() => rig.client.publish("a", "x".repeat(length - 5 - 2 * QoS), { QoS, keepFree }));
      rig.client.publish("a", "x".repeat(15 - 2 * QoS), { QoS, keepFree: 30 });
      expect(offer(20, 11)).toMatchObject({ kind: "resource", code: "queue-full" });
      expect(offer(20, 11).message).toBe("20 of 50 bytes are taken by messages that wait");
      rig.client.publish("a", "x".repeat(15 - 2 * QoS), { QoS, keepFree: 10 });
      // What need leave nothing has the rest.
      rig.client.publish("a", "x".repeat(5 - 2 * QoS), { QoS });
      rig.settle();
      for (let left = 2; left > 0 && QoS === 1; left--) {
        expect(rig.news().filter(([name]) => name === "writable")).toEqual([]);
        connection.send(puback(connection.expect("publish").messageId as number));
        rig.settle();
      }
      expect(rig.news().filter(([name]) => name === "writable")).toEqual([["writable"]]);
    },
  );

  it("nothing that comes: a full queue leaves no byte unread, for what makes room comes that way", () => {
    const rig = new Rig({ maximumQueued: 100, window: 1 });
    const connection = rig.connect();
    rig.client.subscribe("in", { QoS: 1 }, rig.handler);
    connection.send({ cmd: "suback", messageId: connection.expect("subscribe").messageId as number, granted: [1] });
    for (let n = 0; n < 5; n++) rig.client.publish("a", "x".repeat(13), { QoS: 1 });
    const first = connection.expect("publish").messageId as number;
    const many = Array.from({ length: 200 }, (_, at) => at + 1);
    connection.send(...many.map((id) => publish("in", `${id}`, 1, id)), puback(first));
    for (const messageId of many) connection.expect("puback", { messageId });
    expect(rig.messages).toHaveLength(200);
    connection.expect("publish");
    expect(rig.client.pending).toBe(4);
  });

  it("a message for which there is no room, and says when there is", () => {
    const rig = new Rig({ maximumQueued: 50, window: 1 });
    const connection = rig.connect();
    // 7 bytes and the payload each.
    for (let n = 0; n < 3; n++) rig.client.publish("a", `${n}`.repeat(8), { QoS: 1 });
    expect(thrownBy(() => rig.client.publish("a", "x", { QoS: 1 }))).toMatchObject({
      kind: "resource",
      code: "queue-full",
    });
    expect(rig.client.pending).toBe(3);
    // QoS 0 has a bound of its own.
    rig.publish("a", "0", 0);
    rig.news();
    connection.expect("publish", { payload: "00000000" });
    connection.expect("publish", { qos: 0 });
    expect(rig.news()).toEqual([]);
    connection.send(puback(1));
    rig.settle();
    expect(rig.news().map(([name]) => name)).toEqual(["published", "writable"]);
    rig.publish("a", "x", 1);
    expect(rig.client.pending).toBe(3);
  });

  it("does not say that there is room before the message would fit", () => {
    const rig = new Rig({ maximumQueued: 100, window: 4 });
    const connection = rig.connect();
    for (let n = 0; n < 4; n++) rig.client.publish("a", "x".repeat(18), { QoS: 1 });
    expect(thrownBy(() => rig.client.publish("a", "y".repeat(60), { QoS: 1 })).code).toBe("queue-full");
    for (let n = 0; n < 4; n++) {
      connection.send(puback(connection.expect("publish").messageId as number));
      rig.settle();
      expect(rig.news("writable")).toHaveLength(n === 2 ? 1 : 0);
    }
  });

  it("more messages than there is an identifier to be found for, whatever the room, and says when one is", () => {
    // With a store, for what waits there costs no search.
    const rig = new Rig({ maximumQueued: 1_000_000, store: new MapStore() });
    const connection = rig.connect();
    for (let n = 0; n < 32_768; n++) rig.client.publish("a", "", { QoS: 1 });
    expect(thrownBy(() => rig.client.publish("a", "", { QoS: 1 }))).toMatchObject({
      kind: "resource",
      code: "queue-full",
    });
    rig.settle();
    expect(rig.news()).toEqual([]);
    connection.send(puback(connection.expect("publish").messageId as number));
    rig.settle();
    expect(rig.news().map(([name]) => name)).toEqual(["published", "writable"]);
  });

  it("QoS 0 that nobody takes, and says when there is room", () => {
    const rig = new Rig({ maximumQueued: 50 }, { window: 10, peerWindow: 10 });
    const connection = rig.connect();
    connection.pause();
    const accepted: number[] = [];
    const error = thrownBy(() => {
      for (;;) accepted.push(rig.publish("a", "12345", 0));
    });
    expect(error).toMatchObject({ kind: "resource", code: "queue-full" });
    expect(accepted.length).toBeGreaterThanOrEqual(5);
    expect(accepted.length).toBeLessThan(10);
    connection.resume();
    rig.settle();
    expect(rig.news("writable")).toHaveLength(1);
    expect(rig.client.pending).toBe(0);
  });

  it("goes on for ever when it is used from onWritable", () => {
    let left = 50;
    const rig: Rig = new Rig({ maximumQueued: 30, onWritable: () => fill() });
    const fill = () => {
      while (left > 0) {
        try {
          rig.client.publish("a", `${left}`, { QoS: 1 });
        } catch {
          return;
        }
        left--;
      }
    };
    const connection = rig.connect();
    fill();
    for (let n = 50; n > 0; n--) {
      const { messageId } = connection.expect("publish", { payload: `${n}` });
      connection.send(puback(messageId as number));
    }
    rig.settle();
    expect(rig.client.pending).toBe(0);
  });
});
