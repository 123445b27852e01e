import { describe, expect, it } from "vitest";
import { MapStore } from "../support/map-store.js";
import { publish, pubrec } from "../support/packets.js";
import { Rig } from "../support/rig.js";
import type { Connection } from "../support/scripted-broker.js";

/** A client that has answered two QoS 2 messages, which the broker has not released. */
function receiving(store: MapStore): [Rig, Connection] {
  const rig = new Rig({ store });
  const connection = rig.connect();
  connection.send(publish("a", "old", 2, 1), publish("a", "old too", 2, 2));
  connection.expect("pubrec");
  connection.expect("pubrec");
  return [rig, connection];
}

/** Grants a connection for which the client has had the broker forget what it held. */
function welcomed(rig: Rig): Connection {
  rig.client.open();
  return rig.broker.welcome({ within: 9000 });
}

describe("identifiers of a session that the broker has lost", () => {
  it("do not hide messages of the next one, at whatever change of the store power fails while they are forgotten", () => {
    const states: MapStore[] = [];
    const store = new MapStore();
    const [before, first] = receiving(store);
    store.refuse = () => {
      states.push(store.copy());
      return undefined;
    };
    before.reconnect(first, { sessionPresent: false });
    // CONNECT goes out, the session is given up, two identifiers are forgotten, the session is begun, and certain.
    expect(states).toHaveLength(6);
    // With the first nothing has changed yet: only the broker's DUP 0 could tell the client of what it missed.
    for (const state of states.slice(1)) {
      const rig = new Rig({ store: state });
      const connection = welcomed(rig);
      connection.send(publish("a", "new", 2, 1), publish("a", "new too", 2, 2));
      rig.settle();
      expect(rig.messages.map(({ text }) => text)).toEqual(["new", "new too"]);
    }
  });

  it("do not, either, while a message of ours is released, which is published again whenever power fails", () => {
    const states: MapStore[] = [];
    const store = new MapStore();
    const [before, first] = receiving(store);
    before.publish("a", "released", 2);
    first.send(pubrec(first.expect("publish").messageId as number));
    first.expect("pubrel");
    store.refuse = () => {
      states.push(store.copy());
      return undefined;
    };
    before.reconnect(first, { sessionPresent: false }).expect("publish", { payload: "released", dup: false });
    // CONNECT goes out, the session is given up, two identifiers and PUBREC's note are forgotten, the session is begun.
    expect(states).toHaveLength(7);
    // Before the first, CONNACK counts for nothing: its loss would be the same.
    for (const state of states.slice(2)) {
      const rig = new Rig({ store: state });
      const connection = welcomed(rig);
      connection.send(publish("a", "new", 2, 1), publish("a", "new too", 2, 2));
      connection.expect("publish", { payload: "released" });
      rig.settle();
      expect(rig.messages.map(({ text }) => text)).toEqual(["new", "new too"]);
    }
  });

  it("do not, either, when the store refuses to forget them", () => {
    for (const refused of ["s", "i1", "i2"]) {
      const store = new MapStore();
      const [rig, first] = receiving(store);
      first.reset();
      store.refuse = (key, value) => (key === refused && (key === "s" || value === undefined) ? "failed" : undefined);
      rig.broker.welcome({ within: 2000 }).expectClosed();
      expect(rig.errors.at(-1)).toMatchObject({ kind: "resource", code: "store-failed" });
      store.refuse = undefined;
      const connection = welcomed(rig);
      connection.send(publish("a", "new", 2, 1), publish("a", "new too", 2, 2));
      rig.settle();
      expect(rig.messages.slice(2).map(({ text }) => text)).toEqual(["new", "new too"]);
    }
  });
});

describe("a store that refuses", () => {
  it("to note that a message was handed over: only a loss of power may bring it again, be it short or long", () => {
    const store = new MapStore();
    const rig = new Rig({ store, receiveBuffer: 64 });
    let connection = rig.connect();
    const long = "x".repeat(100);
    // The first byte of what is stored of a message says that it was processed.
    store.refuse = (key, value) => (key.startsWith("i") && value?.[0] === 1 ? "full" : undefined);
    for (const [payload, id] of [
      ["short", 8],
      [long, 9],
    ] as const) {
      connection.send(publish("a", payload, 2, id));
      connection.expectClosed();
      connection = rig.broker.welcome({ sessionPresent: true, within: 9000 });
      connection.send(publish("a", payload, 2, id, { dup: true }));
      connection.expect("pubrec", { messageId: id });
    }
    expect(rig.messages.map(({ text }) => text).join("")).toBe(`short${long}`);
  });

  it("it after a loss of power: what else was interrupted is handed over on the next connection", () => {
    const interrupted = new MapStore();
    const running = new MapStore();
    const before = new Rig({
      store: running,
      onReadable: () => {
        for (const [key, value] of running.values) interrupted.values.set(key, value.slice());
      },
    });
    // As if power had failed in both handlers: the first message's completion is taken back.
    before.connect().send(publish("a", "1", 2, 1));
    before.settle();
    const first = interrupted.read("i1") as Uint8Array;
    before.broker.connections[0]?.send(publish("a", "2", 2, 2));
    before.settle();
    interrupted.values.set("i1", first);

    interrupted.refuse = (key) => (key.startsWith("i") ? "full" : undefined);
    const rig = new Rig({ store: interrupted });
    rig.client.open();
    rig.broker.welcome({ sessionPresent: true }).expectClosed();
    rig.broker.welcome({ sessionPresent: true, within: 9000 }).expectClosed();
    rig.broker.welcome({ sessionPresent: true, within: 9000 });
    expect(rig.client.connected).toBe(true);
    expect(rig.messages.map(({ text }) => text)).toEqual(["1", "2"]);
  });
});
