import { describe, expect, it } from "vitest";
import { identifierFor } from "../../src/mqtt/inflight.js";
import { OutgoingStore, PARKED, PARKED_SENT, PUBREC_CAME } from "../../src/mqtt/outgoing-store.js";
import { SessionStore } from "../../src/mqtt/session-store.js";
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

/** A store whose reading fails, as a medium's may. */
class Unreadable extends MapStore {
  override read(): never {
    throw new Error("the medium failed");
  }
  override keys(): never {
    throw new Error("the medium failed");
  }
}

const bytes = (...list: number[]) => Uint8Array.from(list);

describe("a stored value", () => {
  it("is read as it was written, an empty one too, and takes two bytes more than it has", () => {
    const store = new MapStore(10);
    const sealed = new SessionStore(store);
    expect(sealed.maximumLength).toBe(8);
    for (const value of [bytes(), bytes(1, 2, 3), new Uint8Array(8)]) {
      sealed.write("a", value);
      expect(store.values.get("a")?.length).toBe(value.length + 2);
      expect(sealed.read("a", (found) => found.slice())).toEqual(value);
    }
    expect(sealed.read("b", () => true)).toBeUndefined();
    expect(sealed.damage).toEqual([]);
    expect(store.keys()).toEqual(["a"]);
  });

  it("of no use is set aside, so that it can be looked at, and is not met again", () => {
    const store = new MapStore();
    store.write("s", bytes(1, 2, 3));
    const sealed = new SessionStore(store);
    expect(sealed.read("s", () => true)).toBeUndefined();
    expect(sealed.damage).toMatchObject([{ kind: "resource", code: "store-damaged" }]);
    expect(store.values).toEqual(new Map([["xs", bytes(1, 2, 3)]]));
  });

  it("of no use goes even where there is no room to set it aside", () => {
    const store = new MapStore();
    store.write("s", bytes(1, 2, 3));
    store.refuse = (_key, value) => (value === undefined ? undefined : "full");
    new SessionStore(store).read("s", () => true);
    expect(store.keys()).toEqual([]);
  });

  it("that cannot be read is reported and left where it is", () => {
    const store = new Unreadable();
    new SessionStore(store).write("s", bytes(1));
    const sealed = new SessionStore(store);
    expect(sealed.read("s", () => true)).toBeUndefined();
    expect(sealed.damage).toMatchObject([{ code: "store-damaged", message: expect.stringContaining('"s"') }]);
    expect([...store.values.keys()]).toEqual(["s"]);
  });
});

describe("a store that does not say what it holds", () => {
  it("is reported and taken for empty, and the client goes on", () => {
    const sealed = new SessionStore(new Unreadable());
    expect(sealed.keys()).toEqual([]);
    expect(sealed.damage).toMatchObject([{ kind: "resource", code: "store-damaged" }]);
    const rig = new Rig({ store: new Unreadable() });
    rig.connect();
    expect(rig.client.connected).toBe(true);
    expect(rig.errors.map(({ code }) => code)).toContain("store-damaged");
  });
});

describe("the room that nothing new may take", () => {
  it("is given up for what is stored already when there is no other, not because a write failed", () => {
    for (const storage of ["full", "failed"] as const) {
      const store = new MapStore();
      const sealed = new SessionStore(store);
      sealed.reserve();
      store.refuse = (key, value) =>
        key === "s" && value !== undefined && store.values.has("r") ? storage : undefined;
      const write = () => sealed.write("s", bytes(1));
      if (storage === "full") write();
      else expect(thrownBy(write)).toMatchObject({ code: "store-failed" });
      expect(store.keys()).toEqual([storage === "full" ? "s" : "r"]);
    }
  });

  it("is none before it is asked for: a full store is said to be full", () => {
    const store = new MapStore();
    store.refuse = (_key, value) => (value === undefined ? "failed" : "full");
    expect(thrownBy(() => new SessionStore(store).write("s", bytes(1)))).toMatchObject({ code: "store-full" });
  });
});

describe("an accepted message in the store", () => {
  const token = 0x1_0007;
  const id = identifierFor(token);
  const packet = bytes(0x32, 5, 0, 1, 0x61, id >> 8, id & 0xff);

  it("is read under its own token only", () => {
    const store = new MapStore();
    const sealed = new SessionStore(store);
    const outgoing = new OutgoingStore(sealed);
    outgoing.accept(token, packet);
    expect(outgoing.read(token)).toEqual(packet);
    expect(outgoing.read(token + 1)).toBeUndefined();
    expect(sealed.damage).toEqual([]);
    outgoing.write(token + 1, packet);
    expect(outgoing.read(token + 1)).toBeUndefined();
    expect(sealed.damage).toMatchObject([{ code: "store-damaged" }]);
  });

  it("larger than a value may be is refused by name; one of just that size is taken", () => {
    new OutgoingStore(new SessionStore(new MapStore(200))).accept(token, new Uint8Array(198));
    const little = new MapStore(200);
    expect(
      thrownBy(() => new OutgoingStore(new SessionStore(little)).accept(token, new Uint8Array(199))),
    ).toMatchObject({
      kind: "resource",
      code: "message-too-large",
    });
    expect(little.keys()).toEqual([]);
  });

  it("that was refused and may be there all the same is not read, and goes before the next is stored", () => {
    const store = new MapStore();
    const outgoing = new OutgoingStore(new SessionStore(store));
    const changes: string[] = [];
    outgoing.accept(token - 1, packet);
    store.refuse = (key, value) => {
      changes.push(`${value === undefined ? "-" : "+"}${key}`);
      return undefined;
    };
    // Done, and said to have failed.
    const { write } = store;
    store.write = (key, value) => {
      write.call(store, key, value);
      throw Object.assign(new Error("failed"), { storage: "failed" });
    };
    expect(thrownBy(() => outgoing.accept(token, packet))).toMatchObject({ code: "store-failed" });
    store.write = write;
    expect(outgoing.read(token)).toBeUndefined();
    changes.length = 0;
    outgoing.accept(token + 1, packet);
    outgoing.accept(token + 2, packet);
    const key = (n: number) => `o${n.toString(36)}`;
    expect(changes).toEqual([`-${key(token)}`, `+${key(token + 1)}`, `+${key(token + 2)}`]);
  });

  it("has one note beside it, which says what became of it last", () => {
    const store = new MapStore();
    const outgoing = new OutgoingStore(new SessionStore(store));
    for (const note of [PARKED, PARKED_SENT, PUBREC_CAME]) {
      outgoing.mark(token, note);
      expect(outgoing.note(token)).toBe(note);
    }
    expect(store.keys()).toHaveLength(1);
    outgoing.unmark(token);
    expect(store.keys()).toEqual([]);
    expect(outgoing.note(token)).toBeUndefined();
  });
});
