import { describe, expect, it } from "vitest";
import { MapStore } from "../support/map-store.js";
import { puback, pubcomp, publish, pubrec, pubrel } from "../support/packets.js";
import { Rig, type RigOptions } from "../support/rig.js";
import type { Connection } from "../support/scripted-broker.js";

/** A client after a loss of power: a new one on what the store holds at this moment. */
function reborn(store: MapStore, options: RigOptions = {}): Rig {
  return new Rig({ durability: "offline", store: store.copy(), ...options });
}

function messages(store: MapStore): string[] {
  return store.keys().filter((key) => !["s", "c", "r"].includes(key));
}

function payloads(connection: Connection): string[] {
  return connection.unread.map((packet) => (packet.cmd === "publish" ? String(packet.payload) : packet.cmd));
}

describe('durability "offline"', () => {
  it("stores at once what is accepted without a connection", () => {
    const store = new MapStore();
    const rig = new Rig({ durability: "offline", store });
    rig.client.publish("a", "before the first", { QoS: 1 });
    expect(messages(store)).toHaveLength(1);
    const connection = rig.connect();
    connection.reset();
    rig.settle();
    rig.client.publish("a", "between two", { QoS: 2 });
    expect(messages(store)).toHaveLength(2);
    const again = reborn(store);
    const next = again.connect({ sessionPresent: true });
    expect(payloads(next)).toEqual(["before the first", "between two"]);
  });

  it("stores nothing while there is a connection, whatever goes to and fro", () => {
    const store = new MapStore();
    const rig = new Rig({ durability: "offline", store });
    const connection = rig.connect();
    // The counter is another matter: its numbers are reserved 1,024 at a time.
    rig.publish("a", "x", 0);
    connection.expect("publish");
    const { writes } = store;
    rig.publish("a", "1", 1);
    connection.send(puback(connection.expect("publish").messageId as number));
    rig.publish("a", "2", 2);
    const messageId = connection.expect("publish").messageId as number;
    connection.send(pubrec(messageId));
    connection.expect("pubrel");
    connection.send(publish("b", "in", 2, 9));
    connection.expect("pubrec");
    connection.send(pubcomp(messageId), pubrel(9));
    connection.expect("pubcomp");
    expect(store.writes).toBe(writes);
    expect(store.keys()).toEqual(["s", "c"]);
  });

  it("stores what is in flight and waits when the connection ends, and forgets it when it is delivered", () => {
    const store = new MapStore();
    const rig = new Rig({ durability: "offline", store, window: 2 });
    let connection = rig.connect();
    for (const [payload, QoS] of [
      ["0", 2],
      ["1", 1],
      ["2", 1],
      ["3", 1],
    ] as const) {
      rig.client.publish("a", payload, { QoS });
    }
    connection.send(pubrec(connection.expect("publish").messageId as number));
    connection.expect("publish");
    connection.expect("pubrel");
    connection.send(publish("b", "in", 2, 9));
    connection.expect("pubrec");
    expect(messages(store)).toEqual([]);
    connection.reset();
    rig.settle();
    // With what came, and the note that PUBREC has.
    expect(messages(store)).toHaveLength(6);

    const other = reborn(store, { window: 2 });
    const elsewhere = other.connect({ sessionPresent: true });
    expect(payloads(elsewhere)).toEqual(["pubrel", "1"]);
    elsewhere.send(publish("b", "in", 2, 9, { dup: true }));
    other.settle();
    expect(other.messages).toEqual([]);

    connection = rig.broker.welcome({ sessionPresent: true, within: 2000 });
    connection.send(pubcomp(connection.expect("pubrel").messageId as number), pubrel(9));
    for (const payload of ["1", "2", "3"]) {
      const packet = connection.packets.find((one) => one.cmd === "publish" && String(one.payload) === payload);
      connection.send(puback(packet?.messageId as number));
      rig.settle();
    }
    expect(messages(store)).toEqual([]);
    expect(rig.client.pending).toBe(0);
  });

  it("gives up, when power fails during a connection, what was accepted during it, and nothing that was before", () => {
    const store = new MapStore();
    const rig = new Rig({ durability: "offline", store, window: 2 });
    for (const payload of ["0", "1", "2", "3"]) rig.client.publish("a", payload, { QoS: 1 });
    const connection = rig.connect();
    for (const n of [0, 1, 2, 3]) {
      connection.send(puback(connection.expect("publish", { payload: `${n}` }).messageId as number));
      if (n === 1) break;
    }
    rig.settle();
    // Behind what waits in the store another is stored too; it is sent after them.
    rig.client.publish("a", "4", { QoS: 1 });
    rig.settle();
    const again = reborn(store, { window: 2 }).connect({ sessionPresent: true });
    expect(payloads(again).slice(0, 2)).toEqual(["2", "3"]);
    for (const payload of ["2", "3", "4"]) {
      rig.settle();
      const packet = connection.packets.find((one) => one.cmd === "publish" && String(one.payload) === payload);
      if (packet !== undefined) connection.send(puback(packet.messageId as number));
      rig.settle();
    }
    expect(rig.client.pending).toBe(0);
    rig.publish("a", "lost", 2);
    const after = reborn(store).connect({ sessionPresent: true });
    after.expectNothing(1000);
  });

  it("may hand over an incoming QoS 2 message twice when power fails during a connection, and only then", () => {
    const store = new MapStore();
    const rig = new Rig({ durability: "offline", store });
    let connection = rig.connect();
    connection.send(publish("b", "in", 2, 9));
    connection.expect("pubrec");
    const between = store.copy();
    connection = rig.reconnect(connection);
    connection.send(publish("b", "in", 2, 9, { dup: true }));
    connection.expect("pubrec");
    expect(rig.messages).toHaveLength(1);
    const other = reborn(between);
    const elsewhere = other.connect({ sessionPresent: true });
    elsewhere.send(publish("b", "in", 2, 9, { dup: true }));
    elsewhere.expect("pubrec");
    expect(other.messages).toHaveLength(1);
  });

  it.each(["full", "failed"] as const)(
    "keeps in memory what a %s store does not take, says so, and sends it",
    (how) => {
      for (const refused of ["i", "o"]) {
        const store = new MapStore();
        const rig = new Rig({ durability: "offline", store });
        let connection = rig.connect();
        connection.send(publish("b", "in", 2, 9));
        connection.expect("pubrec");
        rig.publish("a", "1", 1);
        rig.publish("a", "2", 2);
        connection.expect("publish");
        connection.expect("publish");
        store.refuse = (key, value) => (key.startsWith(refused) && value !== undefined ? how : undefined);
        connection.reset();
        rig.settle();
        expect(rig.errors.map(({ kind, code }) => [kind, code])).toContainEqual(["resource", `store-${how}`]);
        expect(rig.client.pending).toBe(2);
        connection = rig.broker.welcome({ sessionPresent: true, within: 2000 });
        connection.send(puback(connection.expect("publish", { payload: "1", dup: true }).messageId as number));
        connection.send(pubrec(connection.expect("publish", { payload: "2", dup: true }).messageId as number));
        connection.send(pubcomp(connection.expect("pubrel").messageId as number));
        connection.send(publish("b", "in", 2, 9, { dup: true }));
        connection.expect("pubrec");
        expect(rig.messages).toHaveLength(1);
        expect(rig.client.pending).toBe(0);
      }
    },
  );
});

describe('durability "never"', () => {
  it.each<[string, RigOptions]>([
    ["with a store", { durability: "never", store: new MapStore() }],
    ["without one, whatever is asked for", { durability: "always" }],
  ])("%s keeps the session over connections, in memory only", (_, options) => {
    const rig = new Rig({ window: 2, ...options });
    let connection = rig.connect();
    for (const payload of ["0", "1", "2"]) rig.publish("a", payload, 2);
    connection.send(publish("b", "in", 2, 9));
    rig.settle();
    connection = rig.reconnect(connection);
    connection.expect("publish", { payload: "0", dup: true });
    connection.expect("publish", { payload: "1", dup: true });
    connection.send(publish("b", "in", 2, 9, { dup: true }));
    connection.expect("pubrec");
    expect(rig.messages).toHaveLength(1);
    expect(rig.client.pending).toBe(3);
    expect((options.store as MapStore | undefined)?.writes ?? 0).toBe(0);
  });

  it("looks at nothing that is stored", () => {
    const store = new MapStore();
    new Rig({ store }).client.publish("a", "x", { QoS: 1 });
    store.values.set("s", Uint8Array.of(1));
    const rig = new Rig({ store, durability: "never" });
    const connection = rig.connect();
    expect(rig.client.pending).toBe(0);
    expect(rig.errors).toEqual([]);
    connection.expectNothing(1000);
    expect(store.read("s")).toEqual(Uint8Array.of(1));
  });
});
