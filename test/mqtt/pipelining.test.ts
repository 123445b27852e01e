import { describe, expect, it } from "vitest";
import { Outbox } from "../../src/mqtt/outbox.js";
import { earlyMessages } from "../../src/mqtt/pipelining.js";
import { SessionStore } from "../../src/mqtt/session-store.js";
import { encodePublish } from "../../src/mqtt/wire/encode.js";
import { MapStore } from "../support/map-store.js";
import { connack, puback, pubrec } from "../support/packets.js";
import { Rig, type RigOptions } from "../support/rig.js";
import type { Connection } from "../support/scripted-broker.js";

const NEXT = 70_000;

/** A client that knows its session, and whose connection was lost with nothing outstanding. */
function known(options: RigOptions = {}): Rig {
  const rig = new Rig({ pipelining: true, ...options });
  const connection = rig.connect();
  connection.reset();
  rig.settle();
  rig.told.length = 0;
  rig.errors.length = 0;
  return rig;
}

/** The next connection, of which CONNECT has come and nothing has been answered. */
function asked(rig: Rig): Connection {
  const connection = rig.broker.accept(NEXT);
  connection.expect("connect");
  return connection;
}

describe("a message that is sent behind CONNECT", () => {
  it("is in one write with it, and delivered in one round trip", () => {
    const rig = known();
    const token = rig.client.publish("a", "x", { QoS: 1 });
    const connection = asked(rig);
    const { messageId } = connection.expect("publish", { payload: "x", qos: 1, dup: false }, 0);
    expect(connection.writes).toHaveLength(1);
    connection.send(connack(true), puback(messageId as number));
    rig.settle();
    expect(rig.news()).toEqual([
      ["connected", true],
      ["published", token, "delivered"],
    ]);
    connection.expectNothing(1000);
  });

  it("is not sent a second time, nor doubted, when the broker turns out to have lost the session", () => {
    const rig = known();
    const token = rig.client.publish("a", "x", { QoS: 1 });
    const connection = asked(rig);
    const { messageId } = connection.expect("publish");
    connection.send(connack(false));
    connection.expectNothing(1000);
    connection.send(puback(messageId as number));
    rig.settle();
    expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
  });

  it("goes with Clean Session too, already on the first connection", () => {
    const rig = new Rig({ pipelining: true, clean: true });
    const token = rig.client.publish("a", "x", { QoS: 1 });
    rig.client.open();
    const connection = asked(rig);
    const { messageId } = connection.expect("publish", { dup: false });
    connection.send(connack(false), puback(messageId as number));
    rig.settle();
    expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
  });

  it("is followed by those accepted before CONNACK only once that has come", () => {
    const rig = known();
    rig.client.publish("a", "1", { QoS: 1 });
    const connection = asked(rig);
    connection.expect("publish", { payload: "1" });
    rig.publish("a", "2", 2);
    connection.expectNothing(1000);
    connection.send(connack(true));
    connection.expect("publish", { payload: "2", qos: 2, dup: false });
  });

  it("counts as sent when the connection ends unanswered: it is sent again with DUP, behind CONNACK", () => {
    const rig = known();
    const token = rig.client.publish("a", "x", { QoS: 1 });
    const first = asked(rig);
    const { messageId } = first.expect("publish");
    first.reset();
    const second = asked(rig);
    second.expectNothing(1000);
    second.send(connack(true));
    second.expect("publish", { messageId, dup: true, payload: "x" });
    second.send(puback(messageId as number));
    rig.settle();
    expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
  });

  it("may be there twice when the session was lost after a connection that ended unanswered", () => {
    const rig = known();
    const token = rig.client.publish("a", "x", { QoS: 1 });
    const first = asked(rig);
    first.expect("publish");
    first.reset();
    const second = asked(rig);
    second.send(connack(false));
    const { messageId } = second.expect("publish", { dup: false });
    second.send(puback(messageId as number));
    rig.settle();
    expect(rig.news("published")).toEqual([["published", token, "may-be-duplicated"]]);
  });

  it("survives a loss of power before CONNACK, and is sent again with DUP behind it", () => {
    const store = new MapStore();
    const rig = known({ store });
    rig.client.publish("a", "x", { QoS: 1 });
    const { messageId } = asked(rig).expect("publish");
    const later = new Rig({ pipelining: true, store: store.copy() });
    later.client.open();
    const connection = asked(later);
    connection.expectNothing(1000);
    connection.send(connack(true));
    connection.expect("publish", { messageId, dup: true, payload: "x" });
  });

  it("is not answered before CONNACK by a broker that keeps to the specification", () => {
    const rig = known();
    rig.client.publish("a", "x", { QoS: 1 });
    const connection = asked(rig);
    const { messageId } = connection.expect("publish");
    connection.send(puback(messageId as number));
    connection.expectClosed();
    expect(rig.errors.at(-1)?.code).toBe("MQTT-3.2.0-1");
  });

  it("is not the reason of a close before CONNACK: it is never put aside for that", () => {
    const rig = known();
    rig.client.publish("a", "x", { QoS: 1 });
    for (let n = 0; n < 8; n++) asked(rig).reset();
    const connection = asked(rig);
    connection.send(connack(true));
    connection.expect("publish", { payload: "x" });
    expect(rig.client.parked).toEqual([]);
  });

  it("goes out in pieces where the socket is narrow, CONNACK in the middle", () => {
    const rig = new Rig({ pipelining: true }, { window: 24 });
    const begun = rig.connect();
    begun.reset();
    rig.settle();
    const token = rig.client.publish("a", "0123456789012345678901234567890123456789", { QoS: 1 });
    const connection = asked(rig);
    connection.send(connack(true));
    const { messageId } = connection.expect("publish", { dup: false });
    connection.send(puback(messageId as number));
    rig.settle();
    expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
  });
});

describe("a refusal of a connection with messages behind its CONNECT", () => {
  it("is told by its code when that arrives, and the next attempt waits", () => {
    const rig = known();
    rig.client.publish("a", "x", { QoS: 1 });
    const first = asked(rig);
    first.expect("publish");
    first.send(connack(false, 5));
    first.expectClosed();
    expect(rig.errors.at(-1)).toMatchObject({ code: "refused", message: expect.stringContaining("not authorized") });
    const second = asked(rig);
    second.expectNothing(1000);
  });

  it("may be lost to a reset: the error says so, and the next attempt waits and tells the reason", () => {
    const rig = known();
    rig.client.publish("a", "x", { QoS: 1 });
    const first = asked(rig);
    first.expect("publish");
    first.reset();
    rig.settle();
    expect(rig.errors.at(-1)).toMatchObject({
      code: "connection-closed",
      message: expect.stringContaining("the reason, if it was refused: messages had been sent behind CONNECT"),
    });
    const second = asked(rig);
    second.expectNothing(1000);
    second.send(connack(false, 5));
    second.expectClosed();
    expect(rig.errors.at(-1)?.code).toBe("refused");
  });

  it("is not suspected where nothing was sent behind it", () => {
    const rig = known();
    asked(rig).reset();
    rig.settle();
    expect(rig.errors.at(-1)?.message).not.toContain("refused");
  });
});

describe("CONNACK is waited for", () => {
  function expectsToWait(rig: Rig): void {
    asked(rig).expectNothing(1000);
  }

  it("unless it is asked for", () => {
    const rig = known({ pipelining: false });
    rig.client.publish("a", "x", { QoS: 1 });
    expectsToWait(rig);
  });

  it("while the session is not known to both sides", () => {
    const rig = new Rig({ pipelining: true }, { showsIntroductions: true });
    rig.client.publish("a", "x", { QoS: 1 });
    rig.client.open();
    const introduction = asked(rig);
    introduction.expectNothing(1000);
    introduction.send(connack());
    introduction.expect("disconnect");
    expectsToWait(rig);
  });

  it("while a foreign session may be kept", () => {
    const rig = new Rig({ pipelining: true, foreignSession: "random" });
    rig.client.publish("a", "x", { QoS: 1 });
    rig.client.open();
    expectsToWait(rig);
  });

  it("when any message has QoS 2", () => {
    const rig = known();
    rig.client.publish("a", "1", { QoS: 1 });
    rig.client.publish("a", "2", { QoS: 2 });
    expectsToWait(rig);
  });

  it("when any message was sent before", () => {
    const rig = new Rig({ pipelining: true });
    const first = rig.connect();
    rig.publish("a", "1");
    first.expect("publish");
    first.reset();
    rig.settle();
    rig.client.publish("a", "2", { QoS: 1 });
    expectsToWait(rig);
  });

  it("when a QoS 2 message was released before", () => {
    const rig = new Rig({ pipelining: true });
    const first = rig.connect();
    rig.publish("a", "1", 2);
    const { messageId } = first.expect("publish");
    first.send(pubrec(messageId as number));
    first.expect("pubrel");
    first.reset();
    rig.settle();
    rig.client.publish("a", "2", { QoS: 1 });
    expectsToWait(rig);
  });

  it("when there are more than a window of messages", () => {
    const rig = known({ window: 2 });
    for (const payload of ["1", "2", "3"]) rig.client.publish("a", payload, { QoS: 1 });
    expectsToWait(rig);
  });

  it("when they do not fit one write", () => {
    const rig = known({ transmitBuffer: 64 });
    rig.client.publish("a", "x".repeat(60), { QoS: 1 });
    expectsToWait(rig);
  });

  it("when a payload comes from a source", () => {
    const rig = known();
    rig.client.publish("a", { byteLength: 3, read: (into) => into.fill(1) }, { QoS: 1 });
    expectsToWait(rig);
  });

  it("by subscriptions always", () => {
    const rig = known();
    rig.client.subscribe("b", { QoS: 1 }, rig.handler);
    rig.client.publish("a", "x", { QoS: 1 });
    const connection = asked(rig);
    connection.expect("publish");
    connection.expectNothing(1000);
    connection.send(connack(true));
    connection.expect("subscribe");
  });
});

describe("the messages that may be sent behind CONNECT", () => {
  const packet = (token: number) => encodePublish("a", 1, "x", 1, false, token);

  function outboxWith(...tokens: number[]): Outbox {
    const outbox = new Outbox(new SessionStore(new MapStore()), "always", 3);
    for (const token of tokens) outbox.accept(token, packet(token), undefined);
    return outbox;
  }

  it("are a whole window of them, and fill the room to the brim", () => {
    const room = 3 * packet(1).length;
    expect(earlyMessages(outboxWith(1, 2, 3), 3, room)).toBe(3);
    expect(earlyMessages(outboxWith(1, 2, 3), 2, room)).toBe(0);
    expect(earlyMessages(outboxWith(1, 2, 3), 3, room - 1)).toBe(0);
    expect(earlyMessages(outboxWith(), 3, room)).toBe(0);
  });

  it("are none when one waits in the store or rests", () => {
    expect(earlyMessages(outboxWith(1, 2, 3, 4), 8, 1000)).toBe(0);
    const outbox = outboxWith(1, 2);
    outbox.park(0);
    expect(earlyMessages(outbox, 8, 1000)).toBe(0);
  });
});
