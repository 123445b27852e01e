import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../host-sim/core/storage/memory-store.js";
import { Session } from "../../src/mqtt/session.js";
import type { StorageError } from "../../src/platform.js";
import { MapStore } from "../support/map-store.js";
import { connack, puback, pubcomp, publish, pubrec, pubrel, suback } from "../support/packets.js";
import { Rig, thrownBy } from "../support/rig.js";
import type { Connection } from "../support/scripted-broker.js";

/** Has the store refuse to write what is kept of the session as a whole. */
function refuseSession(store: MapStore, why: StorageError["storage"] = "full"): void {
  store.refuse = (key, value) => (key === "s" && value !== undefined ? why : undefined);
}

/** A client with a message accepted before its first connection, at which the store has no room for the session. */
function degraded(QoS: 1 | 2): { store: MapStore; rig: Rig; connection: Connection } {
  const store = new MapStore();
  const rig = new Rig({ store });
  rig.client.publish("a", "early", { QoS });
  refuseSession(store);
  rig.client.open();
  return { store, rig, connection: rig.broker.welcome() };
}

/** A client after a loss of power, that meets a broker that has a session for it. */
function reborn(store: MapStore): { rig: Rig; connect: () => Connection; introduces: boolean } {
  const rig = new Rig({ store: store.copy() }, { showsIntroductions: true });
  rig.client.open();
  const first = rig.broker.accept();
  const introduces = first.expect("connect").clean === true;
  return {
    rig,
    introduces,
    connect: () => {
      if (!introduces) {
        first.send(connack(true));
        return first;
      }
      first.send(connack());
      first.expect("disconnect");
      return rig.broker.welcome();
    },
  };
}

/** What was sent before power was lost may have arrived: it is sent as new, and its outcome says so. */
function expectSentAgain(store: MapStore, payload: string): void {
  const { rig, introduces, connect } = reborn(store);
  expect(introduces).toBe(true);
  const connection = connect();
  const { messageId, qos } = connection.expect("publish", { payload, dup: false });
  if (qos === 2) {
    connection.send(pubrec(messageId as number));
    connection.expect("pubrel");
  }
  connection.send(qos === 2 ? pubcomp(messageId as number) : puback(messageId as number));
  rig.settle();
  expect(rig.news("published").map(([, , outcome]) => outcome)).toEqual(["may-be-duplicated"]);
}

describe("a store full of accepted messages", () => {
  it("takes incoming QoS 2 messages all the same, a few a connection, and what it took is answered", () => {
    const store = new MemoryStore({ capacity: 1500 });
    const rig = new Rig({ store });
    let connection = rig.connect();
    connection.reset();
    rig.settle();
    const fill = () => {
      for (;;) rig.client.publish("a", "x".repeat(50), { QoS: 1 });
    };
    expect(thrownBy(fill)).toMatchObject({ code: "store-full" });
    const accepted = rig.client.pending;
    expect(accepted).toBeGreaterThan(10);
    // What is kept for the changes of these is not spent on one more.
    expect(store.keys()).toContain("r");
    const waiting = Array.from({ length: 40 }, (_, at) => at + 1);
    while (waiting.length > 0) {
      const before = waiting.length;
      connection = rig.broker.welcome({ sessionPresent: true, within: 400_000 });
      connection.send(...waiting.map((id) => publish("b", `${id}`.padEnd(60), 2, id)));
      rig.settle();
      for (const { cmd, messageId } of connection.unread) {
        if (cmd === "pubrec") waiting.splice(waiting.indexOf(messageId as number), 1);
      }
      expect(waiting.length).toBeLessThan(before);
      connection.reset();
      connection = rig.broker.welcome({ sessionPresent: true, within: 400_000 });
      for (let id = 1; id <= 40; id++) if (!waiting.includes(id)) connection.send(pubrel(id));
      rig.settle();
      connection.reset();
    }
    expect(rig.messages.map(({ text }) => Number(text))).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    expect(rig.client.pending).toBe(accepted);
  });
});

describe("a store that does not take what is kept of the session", () => {
  it.each(["full", "failed"] as const)(
    "because it is %s: the session goes on in memory, and that is said once",
    (why) => {
      const store = new MapStore();
      refuseSession(store, why);
      const rig = new Rig({ store });
      rig.client.open();
      const connection = rig.broker.welcome();
      rig.client.subscribe("a", {}, rig.handler);
      connection.send(suback(connection.expect("subscribe").messageId as number, 0));
      rig.publish("b", "x", 0);
      connection.expect("publish");
      expect(rig.client.connected).toBe(true);
      // The session is still the same for the broker and for us.
      rig.reconnect(connection, { sessionPresent: true }).expectNothing(1000);
      expect(rig.news("error")).toEqual([["error", `store-${why}`]]);
      expect(rig.errors[0]).toMatchObject({ kind: "resource", message: expect.stringContaining("refused a write") });
      expect(store.keys()).toEqual([]);
    },
  );

  it.each([1, 2] as const)(
    "has, after a loss of power, no session: what was sent with QoS %i is sent as new",
    (QoS) => {
      const { store, connection } = degraded(QoS);
      connection.expect("publish", { payload: "early" });
      expectSentAgain(store, "early");
    },
  );

  it("keeps a QoS 2 message beyond PUBREC, for the broker's session with it will be discarded", () => {
    const { store, rig, connection } = degraded(2);
    connection.send(pubrec(connection.expect("publish").messageId as number));
    connection.expect("pubrel");
    rig.settle();
    expectSentAgain(store, "early");
  });

  it("keeps one so, too, when it was to forget a session that the broker has lost, and forgot it", () => {
    const store = new MapStore();
    const rig = new Rig({ store });
    let connection = rig.connect();
    rig.publish("a", "early", 2);
    connection.expect("publish");
    connection.send(publish("a", "x", 2, 1));
    connection.expect("pubrec");
    refuseSession(store);
    connection = rig.reconnect(connection, { sessionPresent: false });
    connection.send(pubrec(connection.expect("publish").messageId as number));
    connection.expect("pubrel");
    rig.settle();
    expectSentAgain(store, "early");
  });

  it("keeps none so when a loss of power was long ago, and the session is known", () => {
    const store = new MapStore();
    new Rig({ store }).connect();
    refuseSession(store);
    const rig = new Rig({ store });
    const connection = rig.connect({ sessionPresent: true });
    rig.publish("a", "x", 2);
    const messageId = connection.expect("publish").messageId as number;
    connection.send(pubrec(messageId));
    connection.expect("pubrel");
    rig.settle();
    const { introduces, connect } = reborn(store);
    expect(introduces).toBe(false);
    connect().expect("pubrel", { messageId });
  });

  it("but has taken it although it says that it failed: that is the session then, and no error", () => {
    const store = new MapStore();
    const { write } = store;
    store.write = (key, value) => {
      write.call(store, key, value);
      if (key === "s") throw Object.assign(new Error("flash does not answer"), { storage: "failed" });
    };
    const rig = new Rig({ store });
    const connection = rig.connect();
    rig.publish("a", "x", 2);
    const messageId = connection.expect("publish").messageId as number;
    connection.send(pubrec(messageId));
    connection.expect("pubrel");
    rig.settle();
    const { introduces, connect } = reborn(store);
    expect(introduces).toBe(false);
    connect().expect("pubrel", { messageId });
    expect(rig.errors).toEqual([]);
  });

  it("is given it again when a message was completed, and with it the release of others", () => {
    const { store, rig, connection } = degraded(2);
    const released = connection.expect("publish").messageId as number;
    connection.send(pubrec(released));
    connection.expect("pubrel");
    rig.publish("a", "2", 1);
    const other = connection.expect("publish", { payload: "2" }).messageId as number;
    // Refused once more.
    rig.publish("a", "3", 1);
    connection.send(puback(connection.expect("publish", { payload: "3" }).messageId as number));
    rig.settle();
    expect(reborn(store).introduces).toBe(true);
    store.refuse = undefined;
    connection.send(puback(other));
    rig.settle();
    const { introduces, connect } = reborn(store);
    expect(introduces).toBe(false);
    const again = connect();
    again.expect("pubrel", { messageId: released });
    again.expectNothing(1000);
    expect(rig.news("error")).toEqual([["error", "store-full"]]);
  });

  it("is complained of again when it was in order in between", () => {
    const { store, rig, connection } = degraded(1);
    store.refuse = undefined;
    connection.send(puback(connection.expect("publish").messageId as number));
    rig.settle();
    refuseSession(store);
    rig.client.subscribe("a", {}, rig.handler);
    rig.settle();
    expect(rig.news("error")).toEqual([
      ["error", "store-full"],
      ["error", "store-full"],
    ]);
  });

  it("has what was sent before a loss of power reported as a risk, when the broker lost its session meanwhile", () => {
    const store = new MapStore();
    const before = new Rig({ store });
    let connection = before.connect();
    before.publish("a", "x", 2);
    connection.expect("publish");
    store.refuse = (_key, value) => (value === undefined ? undefined : "full");
    // The broker's answer, that it has begun a new session, is never seen.
    connection.reset();
    connection = before.broker.accept(9000);
    connection.expect("connect");
    const after = new Rig({ store: store.copy() });
    connection = after.connect({ sessionPresent: true });
    const { messageId } = connection.expect("publish", { payload: "x" });
    connection.send(pubrec(messageId as number));
    connection.expect("pubrel");
    connection.send(pubcomp(messageId as number));
    after.settle();
    expect(after.news("published").map(([, , outcome]) => outcome)).toEqual(["may-be-duplicated"]);
  });

  it("has a request wait that it takes no note of, until there is room", () => {
    const store = new MapStore();
    const rig = new Rig({ store });
    const connection = rig.connect();
    refuseSession(store);
    rig.client.subscribe("a", {}, rig.handler);
    rig.publish("b", "x", 1);
    connection.expect("publish");
    connection.expectNothing(1000);
    store.refuse = undefined;
    rig.publish("b", "y", 1);
    connection.expect("subscribe");
  });

  it("has a request wait no longer than that, though nothing else is sent and no time is kept for a ping", () => {
    const store = new MapStore();
    const rig = new Rig({ store, keepAlive: 0 }, { window: 8 });
    const connection = rig.connect();
    refuseSession(store);
    rig.client.subscribe("a", {}, rig.handler);
    connection.expectNothing(149_999);
    connection.expect("subscribe", {}, 1);
    // From then on none does, and no timer runs for it.
    connection.send(suback(connection.packets.at(-1)?.messageId as number, 0));
    rig.client.subscribe("b", {}, rig.handler);
    connection.expect("subscribe", {}, 0);
    connection.send(suback(connection.packets.at(-1)?.messageId as number, 0));
    connection.expectNothing(1_000_000);
  });

  it("does not believe, either, a session that is stored with somebody else", () => {
    const store = new MapStore();
    new Rig({ store, id: "other" }).connect();
    refuseSession(store);
    new Rig({ store, id: "mote" }).connect();
    const rig = new Rig({ store, id: "other" }, { showsIntroductions: true });
    rig.client.open();
    rig.broker.accept().expect("connect", { clientId: "other", clean: true });
  });

  it("goes on with the one it has when its news find no room for long", () => {
    const store = new MapStore();
    const rig = new Rig({ store, keepAlive: 0 });
    const connection = rig.connect();
    refuseSession(store);
    rig.client.subscribe("a", {}, rig.handler);
    rig.publish("b", "x", 0);
    rig.advance(150_000);
    rig.publish("b", "x", 0);
    connection.expect("publish");
    connection.send(suback(connection.expect("subscribe").messageId as number, 0));
    rig.reconnect(connection, { sessionPresent: false }).expect("subscribe");
    expect(rig.client.connected).toBe(true);
    expect(reborn(store).introduces).toBe(false);
  });

  it("and has the identifiers of a session that the broker lost: none hides a message of the next", () => {
    const store = new MapStore();
    const rig = new Rig({ store });
    let connection = rig.connect();
    connection.send(publish("a", "old", 2, 1), publish("a", "old too", 2, 2));
    connection.expect("pubrec");
    connection.expect("pubrec");
    refuseSession(store);
    const states: MapStore[] = [];
    const { refuse } = store;
    store.refuse = (key, value) => {
      states.push(store.copy());
      return refuse?.(key, value);
    };
    connection = rig.reconnect(connection, { sessionPresent: false });
    expect(rig.client.connected).toBe(true);
    connection.send(publish("a", "new", 2, 1));
    rig.settle();
    expect(rig.messages.at(-1)?.text).toBe("new");
    // In the first, before what it refuses is deleted, the session is still what it was.
    expect(states.length).toBeGreaterThan(4);
    for (const state of states.slice(3)) expect(reborn(state).introduces).toBe(true);
  });

  it.each([0, 1] as const)(
    "takes incoming messages with QoS %i nevertheless, more than tokens are reserved for",
    (QoS) => {
      const store = new MapStore();
      const rig = new Rig({ store });
      const connection = rig.connect();
      store.refuse = () => "full";
      const count = 2500;
      for (let n = 1; n <= count; n++) {
        connection.send(publish("a", `${n}`, QoS, n));
        rig.settle();
        if (QoS > 0) connection.expect("puback", { messageId: n });
      }
      expect(rig.messages).toHaveLength(count);
      expect(new Set(rig.messages.map(({ token }) => token)).size).toBe(count);
      expect(rig.news("error", "disconnected")).toEqual([["error", "store-full"]]);
      // The next token is reserved as soon as that is possible.
      store.refuse = undefined;
      connection.send(publish("a", "last", QoS, 9));
      rig.settle();
      const after = new Rig({ store });
      after.connect({ sessionPresent: true }).send(publish("a", "x", QoS, 10));
      after.settle();
      expect(after.messages[0]?.token).toBeGreaterThan(rig.messages.at(-1)?.token as number);
    },
  );
});

describe("the patience of a request that the store takes no note of", () => {
  it("is told until it is over, and only while a request is due", () => {
    const store = new MapStore();
    const options = { durability: "always", identity: "me", window: 8, maximumReceived: 8, first: 1 } as const;
    const session = new Session({ store, ...options });
    session.online(false, false);
    // A block of tokens, so that no write is due for that.
    session.nextToken();
    refuseSession(store);
    expect(session.patience(0)).toBe(-1);
    session.subscriptions.add("a", 0, () => {});
    expect(session.patience(0)).toBe(-1);
    expect(session.subscriptionRequest(1000)).toBeUndefined();
    expect(session.patience(1000)).toBe(150_000);
    expect(session.patience(150_999)).toBe(1);
    expect(session.subscriptionRequest(150_999)).toBeUndefined();
    // Then it goes as soon as there is room, which no timer brings.
    expect(session.patience(151_000)).toBe(-1);
    expect(session.patience(200_000)).toBe(-1);
    expect(session.subscriptionRequest(151_000)).toBeDefined();
    expect(session.patience(151_000)).toBe(-1);
  });
});
