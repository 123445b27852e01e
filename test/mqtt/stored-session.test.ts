/** What of a store is gone on with at a start, and what happens when it does not take what is noted of the session. */
import { describe, expect, it } from "vitest";
import { Session } from "../../src/mqtt/session.js";
import { SessionStore } from "../../src/mqtt/session-store.js";
import { MapStore } from "../support/map-store.js";
import { puback, pubcomp, pubrec, suback } from "../support/packets.js";
import { Rig } from "../support/rig.js";
import type { Connection } from "../support/scripted-broker.js";

const filters = (connection: Connection) => connection.expect("subscribe").subscriptions.map(({ topic }) => topic);

describe("a stored session", () => {
  /** A store with this under the session's key, sealed as it should be. */
  function storeWith(stored: unknown): MapStore {
    const store = new MapStore();
    new SessionStore(store).write("s", new TextEncoder().encode(JSON.stringify(stored)));
    return store;
  }
  function sessionOn(store: MapStore, first = 1): Session {
    return new Session({ store, durability: "always", identity: "me", window: 8, maximumReceived: 8, first });
  }
  const sound = { format: 3, identity: "me", next: 5000, subscriptions: [], risky: 0 };

  it("goes on with its counter and is established, when it is with the same broker", () => {
    const session = sessionOn(storeWith(sound));
    expect(session.takeDamage()).toEqual([]);
    expect(session.established).toBe(true);
    expect(session.nextToken()).toBe(5000);
    const other = sessionOn(storeWith({ ...sound, identity: "other" }));
    expect(other.established).toBe(false);
    expect(other.nextToken()).toBe(5000);
  });

  it.each([{ format: 1 }, { format: 4 }, { next: "many" }, { next: 0 }, { next: 1.5 }, { subscriptions: {} }])(
    "with %j is reported, and not gone on with",
    (wrong) => {
      const session = sessionOn(storeWith({ ...sound, ...wrong }));
      expect(session.takeDamage()).toMatchObject([{ kind: "resource", code: "store-damaged" }]);
      expect(session.takeDamage()).toEqual([]);
      expect(session.established).toBe(false);
      expect(session.nextToken()).toBe(1);
    },
  );

  it("that is gone leaves its messages, which new ones come behind", () => {
    const store = new MapStore();
    const before = new Rig({ store });
    const connection = before.connect();
    const tokens = [0, 1].map((n) => before.publish("a", `${n}`, 1));
    connection.send(puback(connection.expect("publish").messageId as number));
    before.settle();
    store.values.delete("s");
    const session = sessionOn(store, tokens[0]);
    expect(session.outbox.length).toBe(1);
    expect(session.nextToken()).toBeGreaterThan(tokens[1] as number);
  });

  it("has messages under its own keys only: what looks like one is left alone", () => {
    const store = new MapStore();
    const sealed = new SessionStore(store);
    const id = 10;
    const packet = Uint8Array.of(0x32, 5, 0, 1, 0x61, 0, id);
    const held = Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0x61);
    const foreign = ["o0a", "o-a", "o.a", "oa.b", "o", "oz.", `i${(65_536).toString(36)}`, "i0", "i0a", "q", "xoa"];
    foreign.forEach((key) => {
      sealed.write(key, key.startsWith("i") ? held : packet);
    });
    sealed.write("oa", packet);
    sealed.write(`i${(65_535).toString(36)}`, held);
    const session = sessionOn(store);
    expect(session.takeDamage()).toEqual([]);
    expect(session.outbox.length).toBe(1);
    expect(session.inbox.held.map((message) => message.id)).toEqual([65_535]);
    expect(store.keys()).toEqual(expect.arrayContaining(foreign));
  });

  it("has the release of a message stored after a restart as before it", () => {
    const store = new MapStore();
    const before = new Rig({ store });
    const first = before.connect();
    before.publish("a", "x", 2);
    const messageId = first.expect("publish").messageId as number;
    const copy = store.copy();
    const between = new Rig({ store: copy });
    const second = between.connect({ sessionPresent: true });
    second.expect("publish", { messageId, dup: true });
    second.send(pubrec(messageId));
    second.expect("pubrel");
    const last = new Rig({ store: copy.copy() });
    last.connect({ sessionPresent: true }).expect("pubrel", { messageId });
  });
});

describe("a store of the version before, in format 2", () => {
  /** A client's store with one message that PUBREC has come for, and what format 2 had in its place: PUBREL. */
  function formerStore(): { store: MapStore; messageId: number } {
    const store = new MapStore();
    const before = new Rig({ store });
    const connection = before.connect();
    before.publish("a", "released", 2);
    const messageId = connection.expect("publish").messageId as number;
    const sealed = new SessionStore(store);
    const session = sealed.read("s", (value) => new TextDecoder().decode(value)) as string;
    expect(session).toContain('"format":3');
    sealed.write("s", new TextEncoder().encode(session.replace('"format":3', '"format":2')));
    const key = store.keys().find((name) => name.startsWith("o")) as string;
    sealed.write(key, Uint8Array.of(0x62, 2, messageId >> 8, messageId & 0xff));
    return { store, messageId };
  }

  it("is gone on with: PUBREL is sent, and PUBCOMP ends it", () => {
    const { store, messageId } = formerStore();
    const rig = new Rig({ store });
    expect(rig.client.pending).toBe(1);
    const connection = rig.connect({ sessionPresent: true });
    connection.expect("pubrel", { messageId });
    connection.send(pubcomp(messageId));
    rig.settle();
    expect(rig.news("published").map(([, , outcome]) => outcome)).toEqual(["delivered"]);
    expect(rig.client.pending).toBe(0);
    expect(rig.errors).toEqual([]);
    rig.publish("a", "next", 1);
    expect(new SessionStore(store).read("s", (value) => new TextDecoder().decode(value))).toContain('"format":3');
  });

  it("has nothing left to publish again to a broker that has lost the session: the message is reported as lost", () => {
    const { store } = formerStore();
    const rig = new Rig({ store });
    rig.client.open();
    const connection = rig.broker.welcome();
    connection.expectNothing(1000);
    expect(rig.news("published").map(([, , outcome]) => outcome)).toEqual(["lost"]);
    expect(store.keys().filter((key) => key.startsWith("o"))).toEqual([]);
  });
});

describe("a store that does not take the note", () => {
  it("that the session holds, is complained of once and given it with the next change", () => {
    const store = new MapStore();
    store.refuse = (key, value) => (key === "c" && value !== undefined ? "failed" : undefined);
    const rig = new Rig({ store });
    const connection = rig.connect();
    expect(rig.client.connected).toBe(true);
    rig.client.subscribe("a", {}, rig.handler);
    connection.send(suback(connection.expect("subscribe").messageId as number, 0));
    rig.settle();
    expect(rig.errors).toMatchObject([{ kind: "resource", code: "store-failed" }]);
    expect(store.keys()).not.toContain("c");
    // As long as it is not there, the broker is not believed to have the subscription.
    const next = new Rig({ store: store.copy() });
    next.client.subscribe("a", {}, next.handler);
    expect(filters(next.connect({ sessionPresent: true }))).toEqual(["a"]);
    store.refuse = undefined;
    rig.publish("b", "x", 1);
    connection.expect("publish");
    expect(store.keys()).toContain("c");
  });

  it("of a request, has it wait, the first time too, and is asked again when something has left", () => {
    const store = new MapStore();
    const rig = new Rig({ store });
    const connection = rig.connect();
    rig.publish("b", "x", 1);
    const messageId = connection.expect("publish").messageId as number;
    store.refuse = (key, value) => (key === "s" && value !== undefined ? "full" : undefined);
    rig.client.subscribe("a", {}, rig.handler);
    connection.expectNothing(1000);
    store.refuse = undefined;
    connection.send(puback(messageId));
    connection.expect("subscribe");
  });
});
