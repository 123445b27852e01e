import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MapStore } from "../support/map-store.js";
import { publish, suback } from "../support/packets.js";
import { Rig } from "../support/rig.js";

const PAYLOADS = Array.from({ length: 4 }, (_, n) => `\u0000${n}`);

/** A store with all that a session can hold: a backlog behind the window, a released message, both kinds of incoming. */
function used(): MapStore {
  const store = new MapStore();
  let atHandler: Uint8Array | undefined;
  const rig = new Rig({
    store,
    window: 2,
    onReadable: () => {
      atHandler = store.read("ia");
    },
  });
  const connection = rig.connect();
  rig.client.subscribe(["s", "t/#"], {}, rig.handler);
  connection.send(suback(connection.expect("subscribe").messageId as number, 0, 0));
  connection.send(publish("b", "done", 2, 9), publish("b", "held", 2, 10));
  rig.settle();
  for (const payload of PAYLOADS) rig.publish("a", payload, 2);
  connection.reset();
  rig.settle();
  store.values.set("ia", atHandler as Uint8Array);
  return store;
}

/** What a new client makes of it: with a broker that has lost the session, so that it sends all it has. */
function revived(store: MapStore) {
  const rig = new Rig({ store, window: 2 });
  const connection = rig.connect();
  const sent: string[] = [];
  for (let packet = connection.unread[0]; packet !== undefined; packet = connection.unread[0]) {
    connection.next();
    if (packet.cmd === "publish") {
      sent.push(String(packet.payload));
      connection.send({ cmd: "pubrec", messageId: packet.messageId as number });
    } else if (packet.cmd === "pubrel") connection.send({ cmd: "pubcomp", messageId: packet.messageId as number });
    rig.settle();
  }
  expect(rig.client.connected).toBe(true);
  expect(rig.client.pending).toBe(0);
  return { rig, sent, held: rig.messages.map(({ text }) => text) };
}

/** Exactly that value is missed, reported and set aside. */
function expectOnly(key: string, damaged: Uint8Array): void {
  const store = used();
  store.values.set(key, damaged.slice());
  const { rig, sent, held } = revived(store);
  expect(rig.errors).toMatchObject([{ kind: "resource", code: "store-damaged" }]);
  expect(rig.errors[0]?.message).toContain(`"${key}"`);
  const lost = PAYLOADS.filter((payload) => !sent.includes(payload));
  expect(lost).toHaveLength(key.startsWith("o") ? 1 : 0);
  expect(sent).toEqual(PAYLOADS.filter((payload) => payload !== lost[0]));
  expect(held).toEqual(key === "ia" ? [] : ["held"]);
  expect(store.read(`x${key}`)).toEqual(damaged);
}

/** Keys of values that say something: the reserve is only there. */
function valuesOf(store: MapStore): string[] {
  return store.keys().filter((key) => key !== "r");
}

describe("a damaged store", () => {
  it("is whole before it is damaged", () => {
    const { rig, sent, held } = revived(used());
    expect(rig.errors).toEqual([]);
    expect(sent).toEqual(PAYLOADS);
    expect(held).toEqual(["held"]);
  });

  it("is reported and set aside value by value, whichever bit of whichever byte has turned, and the rest goes on", () => {
    const original = used();
    for (const key of valuesOf(original)) {
      const value = original.read(key) as Uint8Array;
      for (let at = 0; at < value.length; at++) {
        for (const turned of [0x01, 0x80, 0xff]) {
          expectOnly(
            key,
            value.map((byte, index) => (index === at ? byte ^ turned : byte)),
          );
        }
      }
    }
  });

  it("is so wherever a value was cut off, and when bytes were added", () => {
    const original = used();
    for (const key of valuesOf(original)) {
      const value = original.read(key) as Uint8Array;
      for (let length = 0; length < value.length; length++) expectOnly(key, value.subarray(0, length));
      expectOnly(key, Uint8Array.from([...value, 0]));
      expectOnly(key, Uint8Array.from([...value, 0xff]));
    }
  });

  it("is so when a value was erased to zeros or ones, whole or from somewhere on", () => {
    const original = used();
    for (const key of valuesOf(original)) {
      const value = original.read(key) as Uint8Array;
      for (const erased of [0x00, 0xff]) {
        for (let from = 0; from < value.length - 1; from++) expectOnly(key, value.slice().fill(erased, from));
      }
    }
  });

  it("whose values were exchanged is not taken for what it was", () => {
    const original = used();
    const [a, b] = original.keys().filter((key) => key.startsWith("o")) as [string, string];
    const store = used();
    store.values.set(a, original.read(b) as Uint8Array);
    store.values.set(b, original.read(a) as Uint8Array);
    const { rig, sent } = revived(store);
    expect(rig.errors.map(({ code }) => code)).toEqual(["store-damaged", "store-damaged"]);
    expect(sent).toHaveLength(PAYLOADS.length - 2);
  });

  it("is a store that reads badly, too: what it cannot read it keeps", () => {
    const store = used();
    const key = store.keys().find((name) => name.startsWith("o")) as string;
    const { read } = store;
    store.read = (name) => {
      if (name === key) throw new Error("flash does not answer");
      return read.call(store, name);
    };
    const { rig, sent } = revived(store);
    expect(rig.errors).toMatchObject([{ code: "store-damaged" }]);
    expect(rig.errors[0]?.message).toContain("flash does not answer");
    expect(sent).toHaveLength(PAYLOADS.length - 1);
    expect(store.values.has(key)).toBe(true);
  });

  it("that cannot even say what it holds is like an empty one, and is said to be damaged", () => {
    const store = used();
    store.keys = () => {
      throw new Error("flash does not answer");
    };
    const rig = new Rig({ store });
    rig.connect();
    expect(rig.errors).toMatchObject([{ kind: "resource", code: "store-damaged" }]);
    rig.publish("a", "new", 1);
    expect(rig.client.pending).toBe(1);
  });
});

describe("a store that another program has written", () => {
  const key = fc.oneof(
    fc.stringMatching(/^[a-z0-9._-]{1,15}$/),
    fc.stringMatching(/^[osip][a-z0-9._-]{0,14}$/),
    fc.constantFrom("o", "i", "s", "c", "r", "o0", "i0", "ozzzzzzzzzzzzzz", "i1ekg", "o-1", "o1.5", "i01", "o01"),
  );

  it("is never fatal: the client sends nothing of it, and works", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.uint8Array({ maxLength: 40 })), { maxLength: 6 }), (entries) => {
        const store = new MapStore();
        for (const [name, value] of entries) store.values.set(name, value);
        const ours = new Set(entries.map(([name]) => name).filter((name) => /^([osip]|[cr]$)/.test(name)));
        const rig = new Rig({ store });
        expect(rig.client.pending).toBe(0);
        const connection = rig.connect();
        const token = rig.publish("a", "x", 1);
        expect(token).toBeLessThan(10);
        const { messageId } = connection.expect("publish", { payload: "x", dup: false });
        connection.send({ cmd: "puback", messageId: messageId as number });
        rig.settle();
        expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
        expect(rig.errors.every(({ code }) => code === "store-damaged")).toBe(true);
        expect(rig.errors.length).toBeLessThanOrEqual(ours.size);
        // What does not look like ours is not touched.
        for (const [name, value] of new Map(entries)) {
          if (!/^([osipx]|[cr]$)/.test(name)) expect(store.read(name)).toEqual(value);
        }
      }),
    );
  });

  it("keeps what it called by a name that none of ours has", () => {
    const store = new MapStore();
    const foreign = ["o", "i", "o0", "ozzzzzzzzzzzzzz", "i1ekg", "o01", "online", "ip.address", "ssid", "settings"];
    for (const name of foreign) store.values.set(name, Uint8Array.of(1, 2, 3));
    const rig = new Rig({ store });
    rig.connect();
    rig.publish("a", "x", 1);
    for (const name of foreign) {
      const value = store.read(name) ?? store.read(`x${name}`);
      expect(value, name).toEqual(Uint8Array.of(1, 2, 3));
    }
    expect(store.keys()).toContain("s");
  });
});
