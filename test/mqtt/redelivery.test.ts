import { describe, expect, it } from "vitest";
import { puback, pubcomp, publish, pubrec, pubrel } from "../support/packets.js";
import { Rig, type RigOptions, thrownBy } from "../support/rig.js";

describe("after a reconnect to the same session, the client", () => {
  it("sends again what was not acknowledged, with DUP and the same identifier", () => {
    const rig = new Rig();
    let connection = rig.connect();
    const token = rig.publish("a", "x", 1);
    const { messageId } = connection.expect("publish", { dup: false });
    connection = rig.reconnect(connection);
    connection.expect("publish", { topic: "a", payload: "x", qos: 1, dup: true, messageId });
    connection.send(puback(messageId as number));
    rig.settle();
    expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
    connection.expectNothing(1000);
  });

  it("sends without DUP what was not sent before", () => {
    const rig = new Rig({ window: 1 });
    let connection = rig.connect();
    rig.publish("a", "1");
    rig.publish("a", "2");
    connection.expect("publish", { payload: "1" });
    connection = rig.reconnect(connection);
    const { messageId } = connection.expect("publish", { payload: "1", dup: true });
    connection.send(puback(messageId as number));
    connection.expect("publish", { payload: "2", dup: false });
  });

  it("sends without DUP what it took while there was no connection", () => {
    const rig = new Rig();
    let connection = rig.connect();
    connection.reset();
    rig.settle();
    expect(rig.client.connected).toBe(false);
    rig.publish("a", "offline", 2);
    connection = rig.broker.welcome({ sessionPresent: true, within: 70_000 });
    connection.expect("publish", { payload: "offline", dup: false });
  });

  it("keeps the original order, PUBREL and PUBLISH mixed, the backlog behind", () => {
    const rig = new Rig({ window: 4 });
    let connection = rig.connect();
    const kinds = [2, 1, 2, 1, 1, 2] as const;
    kinds.forEach((QoS, n) => {
      rig.client.publish("a", `${n}`, { QoS });
    });
    const ids = [0, 1, 2, 3].map((n) => connection.expect("publish", { payload: `${n}` }).messageId as number);
    connection.send(pubrec(ids[2] as number));
    connection.expect("pubrel", { messageId: ids[2] });
    connection.send(puback(ids[1] as number));
    connection.expect("publish", { payload: "4", dup: false });

    connection = rig.reconnect(connection);
    connection.expect("publish", { payload: "0", dup: true, messageId: ids[0] });
    connection.expect("pubrel", { messageId: ids[2] });
    connection.expect("publish", { payload: "3", dup: true, messageId: ids[3] });
    connection.expect("publish", { payload: "4", dup: true });
    connection.expectNothing(1000);
    connection.send(pubcomp(ids[2] as number));
    connection.expect("publish", { payload: "5", dup: false });
  });

  it("goes on with PUBREL after PUBREC, and never sends the message again", () => {
    const rig = new Rig();
    let connection = rig.connect();
    const token = rig.publish("a", "once", 2);
    const messageId = connection.expect("publish").messageId as number;
    connection.send(pubrec(messageId));
    rig.settle();
    for (let n = 0; n < 3; n++) {
      connection = rig.reconnect(connection);
      connection.expect("pubrel", { messageId });
    }
    connection.send(pubcomp(messageId));
    rig.settle();
    expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
  });

  it("answers a PUBREC that the broker repeats, and one for a message that is done", () => {
    const rig = new Rig();
    let connection = rig.connect();
    rig.publish("a", "once", 2);
    const messageId = connection.expect("publish").messageId as number;
    connection.send(pubrec(messageId));
    connection.expect("pubrel", { messageId });
    connection.send(pubrec(messageId));
    connection.expect("pubrel", { messageId });
    connection.send(pubcomp(messageId));
    connection = rig.reconnect(connection);
    connection.send(pubrec(messageId));
    connection.expect("pubrel", { messageId });
    connection.send(pubcomp(messageId));
    connection.expectNothing(1000);
    expect(rig.news("published")).toHaveLength(1);
  });

  it("ignores a PUBACK or PUBCOMP that comes twice", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.publish("a", "1", 1);
    rig.publish("a", "2", 2);
    const one = connection.expect("publish").messageId as number;
    const two = connection.expect("publish").messageId as number;
    connection.send(puback(one), puback(one), pubrec(two));
    connection.expect("pubrel");
    connection.send(pubcomp(two), pubcomp(two));
    connection.expectNothing(1000);
    expect(rig.news("published")).toHaveLength(2);
    expect(rig.client.connected).toBe(true);
  });

  it("does not send again QoS 0, but reports it lost when it had not left", () => {
    const rig = new Rig({ keepAlive: 0 }, { window: 10, peerWindow: 10 });
    let connection = rig.connect();
    connection.pause();
    const tokens = ["fills the window", "waits"].map((payload) => rig.client.publish("a", payload));
    rig.settle();
    expect(rig.client.pending).toBe(1);
    connection = rig.reconnect(connection);
    connection.expectNothing(1000);
    expect(rig.news("published")).toEqual(tokens.map((token) => ["published", token, "lost"]));
    expect(rig.client.pending).toBe(0);
  });
});

/** A client that has sent PUBREL and then meets a broker that says it has no session. */
function released(options: RigOptions = {}) {
  const rig = new Rig(options);
  const first = rig.connect();
  const token = rig.publish("a", "x", 2);
  const messageId = first.expect("publish").messageId as number;
  first.send(pubrec(messageId));
  first.expect("pubrel");
  rig.news();
  return { rig, token, connection: rig.reconnect(first, { sessionPresent: false }) };
}

describe("when the broker has lost the session, the client", () => {
  it("sends messages without PUBREC again with DUP 0 and says that they may be duplicated", () => {
    const rig = new Rig();
    let connection = rig.connect();
    const tokens = [rig.publish("a", "1", 1), rig.publish("a", "2", 2)];
    connection.expect("publish");
    connection.expect("publish");
    connection = rig.reconnect(connection, { sessionPresent: false });
    const one = connection.expect("publish", { payload: "1", dup: false }).messageId as number;
    const two = connection.expect("publish", { payload: "2", dup: false }).messageId as number;
    connection.send(puback(one), pubrec(two));
    connection.expect("pubrel", { messageId: two });
    connection.send(pubcomp(two));
    rig.settle();
    expect(rig.news("published")).toEqual(tokens.map((token) => ["published", token, "may-be-duplicated"]));
  });

  it.each(["discard", "random"] as const)(
    "publishes released messages again as new ones, for it may pass them on at PUBREL only (foreignSession %s)",
    (foreignSession) => {
      const { rig, token, connection } = released({ foreignSession });
      const messageId = connection.expect("publish", { payload: "x", qos: 2, dup: false }).messageId as number;
      connection.send(pubrec(messageId));
      connection.expect("pubrel", { messageId });
      expect(rig.news("published")).toEqual([]);
      connection.send(pubcomp(messageId));
      connection.expectNothing(1000);
      expect(rig.news("published")).toEqual([["published", token, "may-be-duplicated"]]);
    },
  );

  it("does so with clean, where each connection is a new session", () => {
    const rig = new Rig({ clean: true });
    const first = rig.connect();
    const token = rig.publish("a", "x", 2);
    first.send(pubrec(first.expect("publish").messageId as number));
    first.expect("pubrel");
    const connection = rig.reconnect(first, { sessionPresent: false });
    const messageId = connection.expect("publish", { payload: "x", dup: false }).messageId as number;
    connection.send(pubrec(messageId));
    connection.expect("pubrel", { messageId });
    connection.send(pubcomp(messageId));
    rig.settle();
    expect(rig.news("published")).toEqual([["published", token, "may-be-duplicated"]]);
  });

  it("keeps their order, and that of those that PUBREC has not come for", () => {
    const rig = new Rig();
    let connection = rig.connect();
    for (const payload of ["1", "2", "3", "4"]) rig.publish("a", payload, 2);
    const ids = [1, 2, 3, 4].map(() => connection.expect("publish").messageId as number);
    for (const id of ids.slice(0, 3)) connection.send(pubrec(id));
    connection.send(pubcomp(ids[1] as number));
    connection = rig.reconnect(connection, { sessionPresent: false });
    for (const payload of ["1", "3", "4"]) connection.expect("publish", { payload, dup: false });
    connection.expectNothing(1000);
  });

  it("reads a source again after PUBREC, and until PUBCOMP its bytes count", () => {
    let reads = 0;
    const source = {
      byteLength: 3,
      read(into: Uint8Array, offset: number) {
        if (offset === 0) reads++;
        for (let at = 0; at < into.length; at++) into[at] = 0x61 + offset + at;
      },
    };
    const rig = new Rig({ maximumQueued: 60 });
    let connection = rig.connect();
    rig.publish("a", source, 2);
    rig.publish("a", "x".repeat(40), 2);
    for (let n = 0; n < 2; n++) connection.send(pubrec(connection.expect("publish").messageId as number));
    rig.settle();
    expect(thrownBy(() => rig.client.publish("a", "x".repeat(40), { QoS: 2 }))).toMatchObject({ code: "queue-full" });
    connection = rig.reconnect(connection, { sessionPresent: false });
    const { messageId } = connection.expect("publish", { payload: "abc", dup: false });
    connection.send(pubrec(messageId as number), pubcomp(messageId as number));
    const other = connection.expect("publish").messageId as number;
    connection.send(pubrec(other), pubcomp(other));
    rig.settle();
    expect(reads).toBe(2);
    expect(rig.client.pending).toBe(0);
    rig.client.publish("a", "x".repeat(40), { QoS: 2 });
  });

  it("says nothing of duplication for messages that were never sent", () => {
    const rig = new Rig({ window: 1 });
    let connection = rig.connect();
    rig.publish("a", "1", 1);
    const second = rig.publish("a", "2", 1);
    connection = rig.reconnect(connection, { sessionPresent: false });
    const one = connection.expect("publish", { payload: "1" }).messageId as number;
    connection.send(puback(one));
    connection.send(puback(connection.expect("publish", { payload: "2", dup: false }).messageId as number));
    rig.settle();
    expect(rig.news("published")).toContainEqual(["published", second, "delivered"]);
  });

  it("sets DUP again on the connection after that", () => {
    const rig = new Rig();
    let connection = rig.connect();
    const token = rig.publish("a", "1", 1);
    connection = rig.reconnect(connection, { sessionPresent: false });
    connection.expect("publish", { dup: false });
    connection = rig.reconnect(connection, { sessionPresent: true });
    connection.send(puback(connection.expect("publish", { dup: true }).messageId as number));
    rig.settle();
    expect(rig.news("published")).toEqual([["published", token, "may-be-duplicated"]]);
  });

  it("takes an incoming QoS 2 message with an identifier of the past for a new one", () => {
    const rig = new Rig();
    let connection = rig.connect();
    connection.send(publish("a", "1", 2, 7));
    connection.expect("pubrec", { messageId: 7 });
    connection = rig.reconnect(connection, { sessionPresent: false });
    connection.send(publish("a", "2", 2, 7));
    connection.expect("pubrec", { messageId: 7 });
    expect(rig.messages.map(({ text }) => text)).toEqual(["1", "2"]);
  });
});

describe("a message that comes", () => {
  it("with QoS 0 is handed over and not answered", () => {
    const rig = new Rig();
    const connection = rig.connect();
    connection.send(publish("a/b", "hello", 0, undefined, { retain: true }));
    connection.expectNothing(1000);
    expect(rig.messages).toEqual([
      {
        topic: "a/b",
        text: "hello",
        QoS: 0,
        retain: true,
        duplicate: false,
        byteLength: 5,
        offset: 0,
        more: false,
        token: expect.any(Number),
      },
    ]);
  });

  it("with QoS 1 is handed over as often as it comes, and answered each time", () => {
    const rig = new Rig();
    let connection = rig.connect();
    connection.send(publish("a", "x", 1, 9));
    connection.expect("puback", { messageId: 9 });
    connection = rig.reconnect(connection);
    connection.send(publish("a", "x", 1, 9, { dup: true }));
    connection.expect("puback", { messageId: 9 });
    expect(rig.messages.map(({ duplicate, QoS }) => [duplicate, QoS])).toEqual([
      [false, 1],
      [true, 1],
    ]);
  });

  it("with QoS 2 is handed over once, however often it comes, also across reconnects", () => {
    const rig = new Rig();
    let connection = rig.connect();
    connection.send(publish("a", "x", 2, 9));
    connection.expect("pubrec", { messageId: 9 });
    connection.send(publish("a", "x", 2, 9, { dup: true }));
    connection.expect("pubrec", { messageId: 9 });
    connection = rig.reconnect(connection);
    connection.send(publish("a", "x", 2, 9, { dup: true }));
    connection.expect("pubrec", { messageId: 9 });
    connection.send(pubrel(9));
    connection.expect("pubcomp", { messageId: 9 });
    expect(rig.messages).toHaveLength(1);
    // Released: the identifier stands for another message now.
    connection.send(publish("a", "y", 2, 9));
    connection.expect("pubrec", { messageId: 9 });
    expect(rig.messages.map(({ text }) => text)).toEqual(["x", "y"]);
  });

  it("is released as often as the broker asks, known or not", () => {
    const rig = new Rig();
    const connection = rig.connect();
    connection.send(pubrel(4), pubrel(4));
    connection.expect("pubcomp", { messageId: 4 });
    connection.expect("pubcomp", { messageId: 4 });
  });

  it("may be empty", () => {
    const rig = new Rig();
    const connection = rig.connect();
    connection.send(publish("a", "", 0), publish("a", "", 1, 1), publish("a", "", 2, 1));
    connection.expect("puback");
    connection.expect("pubrec");
    expect(rig.messages.map(({ text, QoS, byteLength }) => [text, QoS, byteLength])).toEqual([
      ["", 0, 0],
      ["", 1, 0],
      ["", 2, 0],
    ]);
  });

  it("has a token of its own", () => {
    const rig = new Rig();
    const connection = rig.connect();
    connection.send(publish("a", "1"), publish("a", "2"), publish("a", "3", 1, 3));
    rig.settle();
    expect(new Set(rig.messages.map(({ token }) => token)).size).toBe(3);
  });
});
