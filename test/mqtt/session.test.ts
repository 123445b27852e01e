import { describe, expect, it } from "vitest";
import { identifierFor } from "../../src/mqtt/inflight.js";
import { Session } from "../../src/mqtt/session.js";
import { MapStore } from "../support/map-store.js";
import { puback, pubcomp, publish, pubrec, pubrel, suback, unsuback } from "../support/packets.js";
import { Rig, type RigOptions } from "../support/rig.js";
import type { Connection } from "../support/scripted-broker.js";

/** A client after a loss of power: a new one on what the store holds at this moment. */
function reborn(store: MapStore, options: RigOptions = {}): Rig {
  return new Rig({ store: store.copy(), ...options });
}

const filters = (connection: Connection) => connection.expect("subscribe").subscriptions.map(({ topic }) => topic);

describe("a message that was accepted survives a loss of power", () => {
  it("before it was sent", () => {
    const store = new MapStore();
    const token = new Rig({ store }).client.publish("a/é", "grüße", { QoS: 1, retain: true });
    const rig = reborn(store);
    expect(rig.client.pending).toBe(1);
    const connection = rig.connect();
    const { messageId } = connection.expect("publish", { topic: "a/é", payload: "grüße", qos: 1, retain: true });
    connection.send(puback(messageId as number));
    rig.settle();
    expect(rig.news("published").map(([, one]) => one)).toEqual([token]);
  });

  it.each([1, 2] as const)("after it was sent with QoS %i: it is sent again with DUP and its identifier", (QoS) => {
    const store = new MapStore();
    const before = new Rig({ store });
    const first = before.connect();
    const token = before.publish("a", "x", QoS);
    const { messageId } = first.expect("publish");
    const rig = reborn(store);
    const connection = rig.connect({ sessionPresent: true });
    connection.expect("publish", { payload: "x", qos: QoS, dup: true, messageId });
    connection.send(QoS === 1 ? puback(messageId as number) : pubrec(messageId as number));
    if (QoS === 2) connection.send(pubcomp(connection.expect("pubrel").messageId as number));
    rig.settle();
    expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
  });

  it("after PUBREC: only PUBREL is sent", () => {
    const store = new MapStore();
    const before = new Rig({ store });
    const first = before.connect();
    const token = before.publish("a", "x", 2);
    const messageId = first.expect("publish").messageId as number;
    first.send(pubrec(messageId));
    first.expect("pubrel");
    const rig = reborn(store);
    const connection = rig.connect({ sessionPresent: true });
    connection.expect("pubrel", { messageId });
    connection.send(pubcomp(messageId));
    connection.expectNothing(1000);
    expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
  });

  it("and is gone after PUBACK and PUBCOMP", () => {
    const store = new MapStore();
    const before = new Rig({ store });
    const first = before.connect();
    before.publish("a", "1", 1);
    first.send(puback(first.expect("publish").messageId as number));
    before.publish("a", "2", 2);
    const messageId = first.expect("publish").messageId as number;
    first.send(pubrec(messageId));
    first.expect("pubrel");
    first.send(pubcomp(messageId));
    before.settle();
    expect(store.keys().sort()).toEqual(["c", "r", "s"]);
    const rig = reborn(store);
    rig.connect({ sessionPresent: true }).expectNothing(1000);
  });

  it("in the order of acceptance, and what comes then is behind it, under other identifiers", () => {
    const store = new MapStore();
    const before = new Rig({ store });
    for (let n = 0; n < 40; n++) before.client.publish("a", `${n}`, { QoS: 1 });
    const rig = reborn(store, { window: 3 });
    rig.client.publish("a", "40", { QoS: 1 });
    const connection = rig.connect();
    const ids = new Set<number>();
    for (let n = 0; n <= 40; n++) {
      const messageId = connection.expect("publish", { payload: `${n}` }).messageId as number;
      ids.add(messageId);
      connection.send(puback(messageId));
    }
    expect(ids.size).toBe(41);
  });

  it("at every single write of a busy day: nothing accepted is lost, nothing is sent with an identifier in use", () => {
    const states: MapStore[] = [];
    const accepted: string[][] = [];
    const store = new MapStore();
    const before = new Rig({ store });
    const taken: string[] = [];
    store.refuse = () => {
      states.push(store.copy());
      accepted.push([...taken]);
      return undefined;
    };
    const connection = before.connect();
    const done = new Set<string>();
    for (let n = 0; n < 12; n++) {
      before.client.publish("a", `${n}`, { QoS: n % 2 ? 1 : 2 });
      taken.push(`${n}`);
      before.settle();
      for (const packet of connection.unread.slice()) {
        connection.next();
        if (packet.cmd === "publish") {
          if (n % 3 === 0) continue;
          done.add(String(packet.payload));
          connection.send(packet.qos === 1 ? puback(packet.messageId as number) : pubrec(packet.messageId as number));
        } else if (packet.cmd === "pubrel" && n % 4 !== 0) connection.send(pubcomp(packet.messageId as number));
      }
      before.settle();
    }
    states.forEach((state, index) => {
      const rig = new Rig({ store: state, window: 100 });
      let again = rig.connect({ sessionPresent: false });
      if (!rig.client.connected) {
        // A message was released: the session that the broker says it has lost is discarded first.
        again.expect("disconnect");
        again = rig.broker.welcome();
      }
      const sent = again.packets.flatMap((packet) => (packet.cmd === "publish" ? [packet] : []));
      const payloads = sent.map(({ payload }) => String(payload));
      for (const payload of accepted[index] as string[]) {
        if (!done.has(payload)) expect(payloads).toContain(payload);
      }
      expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(sent.length);
    });
    expect(states.length).toBeGreaterThan(20);
  });
});

describe("an incoming QoS 2 message", () => {
  it("that was answered is not handed over again after a loss of power", () => {
    const store = new MapStore();
    const before = new Rig({ store });
    const first = before.connect();
    first.send(publish("a", "x", 2, 9));
    first.expect("pubrec");
    const rig = reborn(store);
    const connection = rig.connect({ sessionPresent: true });
    connection.send(publish("a", "x", 2, 9, { dup: true }));
    connection.expect("pubrec", { messageId: 9 });
    connection.send(pubrel(9));
    connection.expect("pubcomp");
    expect(rig.messages).toEqual([]);
    connection.send(publish("a", "new", 2, 9));
    connection.expect("pubrec");
    expect(rig.messages).toHaveLength(1);
  });

  it("whose handler was interrupted is handed over again with the same token, and not when it comes again", () => {
    const store = new MapStore();
    let atHandler: MapStore | undefined;
    const before = new Rig({
      store,
      onReadable: () => {
        atHandler = store.copy();
      },
    });
    const first = before.connect();
    first.send(publish("a/é", "x", 2, 9, { retain: true }));
    first.expect("pubrec");

    const rig = new Rig({ store: atHandler as MapStore });
    rig.client.subscribe("a/+", {}, rig.handler);
    const connection = rig.connect({ sessionPresent: true });
    connection.expect("subscribe");
    connection.send(publish("a/é", "x", 2, 9, { dup: true }));
    connection.expect("pubrec", { messageId: 9 });
    expect(rig.messages).toEqual([{ ...before.messages[0], duplicate: true }]);
    expect(reborn(atHandler as MapStore).messages).toEqual([]);
  });

  it("that was released is forgotten", () => {
    const store = new MapStore();
    const rig = new Rig({ store });
    const connection = rig.connect();
    connection.send(publish("a", "x", 2, 9), pubrel(9));
    connection.expect("pubrec");
    connection.expect("pubcomp");
    expect(store.keys().sort()).toEqual(["c", "s"]);
  });

  it("longer than a value of the store may be is handed over all the same", () => {
    const rig = new Rig({ store: new MapStore(200) });
    const connection = rig.connect();
    connection.send(publish("a", "x".repeat(500), 2, 9));
    connection.expect("pubrec");
    connection.send(publish("a", "x".repeat(500), 2, 9, { dup: true }));
    connection.expect("pubrec");
    expect(rig.messages).toHaveLength(1);
  });
});

describe("what the broker knows of subscriptions survives a loss of power", () => {
  function subscribed(store: MapStore): [Rig, Connection] {
    const rig = new Rig({ store });
    const connection = rig.connect();
    rig.client.subscribe(["a", "b"], {}, rig.handler);
    connection.send(suback(connection.expect("subscribe").messageId as number, 0, 0));
    rig.settle();
    return [rig, connection];
  }

  it("so that only the difference to what is wanted is asked for", () => {
    const store = new MapStore();
    subscribed(store);
    const rig = reborn(store);
    rig.client.subscribe(["b", "c"], {}, rig.handler);
    const connection = rig.connect({ sessionPresent: true });
    expect(filters(connection)).toEqual(["c"]);
    expect(connection.expect("unsubscribe").unsubscriptions).toEqual(["a"]);
  });

  it("and where nothing differs nothing is asked for, which costs the two changes of a connection", () => {
    const store = new MapStore();
    subscribed(store);
    const again = store.copy();
    const changes: string[] = [];
    again.refuse = (key) => void changes.push(key);
    const rig = new Rig({ store: again });
    rig.client.subscribe(["a", "b"], {}, rig.handler);
    rig.connect({ sessionPresent: true }).expectNothing(1000);
    // That it asks, and that it was answered.
    expect(changes).toEqual(["c", "c"]);
  });

  it("unless power was lost before a CONNECT was answered: then all is asked for again, for the session may be another", () => {
    const store = new MapStore();
    const [before, first] = subscribed(store);
    first.reset();
    before.broker.accept(9000).expect("connect");
    const rig = new Rig({ store: store.copy() });
    rig.client.subscribe(["a", "b"], {}, rig.handler);
    expect(filters(rig.connect({ sessionPresent: true }))).toEqual(["a", "b"]);
  });

  it("in the middle of a request, too: then it is asked for again", () => {
    const store = new MapStore();
    const [before, first] = subscribed(store);
    before.client.unsubscribe("a");
    before.client.subscribe("new", {}, before.handler);
    first.expect("subscribe");
    first.expect("unsubscribe");
    const rig = reborn(store);
    rig.client.subscribe(["a", "b"], {}, rig.handler);
    const connection = rig.connect({ sessionPresent: true });
    expect(filters(connection)).toEqual(["a"]);
    expect(connection.expect("unsubscribe").unsubscriptions).toEqual(["new"]);
    connection.send(unsuback(connection.packets.at(-1)?.messageId as number));
  });

  it("but not a session that the broker has lost and that was begun anew", () => {
    const store = new MapStore();
    const [before, first] = subscribed(store);
    before.reconnect(first, { sessionPresent: false });
    const between = store.copy();
    const rig = new Rig({ store: between });
    rig.client.subscribe(["a", "b"], {}, rig.handler);
    expect(filters(rig.connect({ sessionPresent: true }))).toEqual(["a", "b"]);
  });

  it("with a broker of another name or a client of another id only", () => {
    const store = new MapStore();
    subscribed(store);
    const rig = new Rig({ store, id: "other" }, { showsIntroductions: true });
    rig.client.subscribe("a", {}, rig.handler);
    rig.client.open();
    const introduction = rig.broker.accept();
    introduction.expect("connect", { clean: true, clientId: "other" });
    introduction.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
    introduction.expect("disconnect");
    expect(filters(rig.broker.welcome())).toEqual(["a"]);
  });
});

describe("a session", () => {
  it("that was only ever connected is known after a loss of power", () => {
    const store = new MapStore();
    new Rig({ store }).connect();
    const rig = reborn(store);
    rig.connect({ sessionPresent: true });
    expect(rig.client.connected).toBe(true);
    expect(rig.errors).toEqual([]);
  });

  it.each<RigOptions>([{ clean: true }, { durability: "never" }])("is not stored with %j", (options) => {
    const store = new MapStore();
    const rig = new Rig({ store, ...options });
    const connection = rig.connect();
    rig.publish("a", "x", 2);
    connection.send(publish("b", "y", 2, 7));
    rig.settle();
    expect(store.keys()).toEqual([]);
  });

  it("never gives an identifier that is in use, however many messages came and went", () => {
    const session = new Session({
      store: undefined,
      durability: "never",
      identity: "",
      window: 8,
      maximumReceived: 8,
      first: 65_000,
    });
    const inUse = new Set<number>();
    for (const QoS of [0x32, 0x34]) {
      const token = session.nextToken();
      const id = identifierFor(token);
      session.outbox.accept(token, Uint8Array.of(QoS, 5, 0, 1, 0x61, id >> 8, id & 0xff), undefined);
      inUse.add(id);
    }
    const seen = new Set<number>();
    for (let n = 0; n < 140_000; n++) {
      const id = identifierFor(session.nextToken());
      seen.add(id);
      if (id < 1 || id > 65_535 || inUse.has(id)) throw new Error(`identifier ${id} was given`);
    }
    expect(seen.size).toBe(65_535 - 2);
  });

  it("does not give a token twice, across losses of power", () => {
    const store = new MapStore();
    const tokens = new Set<number>();
    let state = store;
    for (let n = 0; n < 5; n++) {
      state = state.copy();
      const rig = new Rig({ store: state });
      const connection = rig.connect({ sessionPresent: n > 0 });
      tokens.add(rig.publish("a", "x", 0));
      tokens.add(rig.publish("a", "x", 0));
      connection.expect("publish");
    }
    expect(tokens.size).toBe(10);
  });
});
