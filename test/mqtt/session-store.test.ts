import { describe, expect, it } from "vitest";
import { MapStore } from "../support/map-store.js";
import { puback, publish, suback } from "../support/packets.js";
import { Rig, thrownBy } from "../support/rig.js";

describe("a store that refuses", () => {
  it("a message: nothing is accepted, and onWritable follows when another has left", () => {
    const store = new MapStore();
    const rig = new Rig({ store });
    const connection = rig.connect();
    rig.publish("a", "1", 1);
    const messageId = connection.expect("publish").messageId as number;
    store.refuse = (key, value) => (key.startsWith("o") && value !== undefined ? "full" : undefined);
    expect(thrownBy(() => rig.client.publish("a", "2", { QoS: 1 }))).toMatchObject({
      kind: "resource",
      code: "store-full",
    });
    expect(rig.client.pending).toBe(1);
    rig.advance(1000);
    expect(rig.news()).toEqual([]);
    store.refuse = undefined;
    connection.send(puback(messageId));
    rig.settle();
    expect(rig.news().map(([name]) => name)).toEqual(["published", "writable"]);
    rig.publish("a", "2", 1);
    connection.expect("publish", { payload: "2" });
  });

  it("an incoming QoS 2 message: it is not answered, and comes again on the next connection", () => {
    const store = new MapStore();
    const rig = new Rig({ store });
    let connection = rig.connect();
    store.refuse = (key) => (key.startsWith("i") ? "full" : undefined);
    connection.send(publish("a", "x", 2, 9));
    connection.expectClosed();
    expect(rig.errors).toMatchObject([{ kind: "resource", code: "store-full" }]);
    expect(rig.messages).toEqual([]);
    store.refuse = undefined;
    connection = rig.broker.welcome({ sessionPresent: true, within: 2000 });
    connection.send(publish("a", "x", 2, 9, { dup: true }));
    connection.expect("pubrec");
    expect(rig.messages).toHaveLength(1);
  });

  it("that failed is told from one that is full", () => {
    const store = new MapStore();
    const rig = new Rig({ store });
    store.refuse = () => "failed";
    expect(thrownBy(() => rig.client.publish("a", "2", { QoS: 1 }))).toMatchObject({
      kind: "resource",
      code: "store-failed",
    });
    expect(rig.client.pending).toBe(0);
  });
});

describe("a store that is damaged", () => {
  function used(): MapStore {
    const store = new MapStore();
    const rig = new Rig({ store });
    const connection = rig.connect();
    rig.client.subscribe("s", {}, rig.handler);
    connection.send(suback(connection.expect("subscribe").messageId as number, 0));
    rig.publish("a", "one", 1);
    rig.publish("a", "two", 2);
    connection.send(publish("b", "in", 2, 9));
    rig.settle();
    return store;
  }

  it("anywhere, in any manner, is reported and not fatal, and never sends what mqtt-packet would not read", () => {
    const original = used();
    for (const key of original.keys().filter((name) => name !== "r")) {
      const value = original.read(key) as Uint8Array;
      const damaged = [
        new Uint8Array(0),
        value.subarray(0, 1),
        value.subarray(0, value.length - 1),
        new Uint8Array(value.length),
        new Uint8Array(value.length).fill(0xff),
        Uint8Array.from([...value, 0]),
        ...[...value.keys()].map((at) => value.map((byte, index) => (index === at ? byte ^ 0x10 : byte))),
      ];
      for (const bytes of damaged) {
        const store = original.copy();
        store.values.set(key, Uint8Array.from(bytes));
        const rig = new Rig({ store });
        rig.client.open();
        const connection = rig.broker.accept();
        connection.expect("connect");
        connection.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
        rig.settle();
        expect(rig.errors, key).toMatchObject([{ kind: "resource", code: "store-damaged" }]);
        expect(rig.client.connected).toBe(true);
        const sent = connection.packets.filter(({ cmd }) => cmd === "publish").length;
        expect(sent).toBe(key.startsWith("o") ? 1 : 2);
        // Said once, not at every start.
        const next = new Rig({ store });
        next.client.open();
        next.settle();
        expect(next.errors).toEqual([]);
      }
    }
  });
});
