import { describe, expect, it } from "vitest";
import { puback, pubcomp, publish, pubrec, suback } from "../support/packets.js";
import { Rig, thrownBy } from "../support/rig.js";

/** Statements of the specification that no other test shows by itself; test/conformance/statements names the others. */
describe("the client", () => {
  it("sends CONNECT once on a connection, whatever happens on it", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe("a", { QoS: 2 }, rig.handler);
    connection.send(suback(connection.expect("subscribe").messageId as number, 2));
    rig.publish("a", "x", 1);
    connection.send(puback(connection.expect("publish").messageId as number));
    rig.client.open();
    rig.advance(200_000);
    rig.client.close();
    rig.settle();
    for (const { packets } of rig.broker.connections) {
      expect(packets.filter(({ cmd }) => cmd === "connect")).toHaveLength(1);
      expect(packets[0]?.cmd).toBe("connect");
    }
  });

  it("takes nothing of one clean session into the next: identifiers, DUP and subscriptions begin anew", () => {
    const rig = new Rig({ clean: true });
    let connection = rig.connect();
    rig.client.subscribe("in", { QoS: 2 }, rig.handler);
    connection.send(suback(connection.expect("subscribe").messageId as number, 2));
    connection.send(publish("in", "1", 2, 7));
    connection.expect("pubrec");
    rig.publish("a", "released", 2);
    connection.send(pubrec(connection.expect("publish").messageId as number));
    connection.expect("pubrel");
    rig.publish("a", "not acknowledged", 1);
    connection.expect("publish");
    connection.reset();
    connection = rig.broker.accept(2000);
    connection.expect("connect", { clean: true });
    connection.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
    connection.expect("subscribe");
    // The application's messages are new ones to the next session.
    for (const payload of ["released", "not acknowledged"]) connection.expect("publish", { payload, dup: false });
    connection.send(publish("in", "2", 2, 7));
    connection.expect("pubrec", { messageId: 7 });
    expect(rig.messages.map(({ text }) => text)).toEqual(["1", "2"]);
    connection.expectNothing(1000);
  });

  it("acknowledges in the order in which messages came, of one QoS and of both", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const ids = [9, 3, 200, 65_535, 1, 50];
    connection.send(...ids.map((id) => publish("a", "x", 1, id)));
    for (const messageId of ids) connection.expect("puback", { messageId });
    connection.send(...ids.map((id) => publish("a", "x", 2, id)));
    for (const messageId of ids) connection.expect("pubrec", { messageId });
    connection.send(...ids.map((_, index) => publish("a", "x", index % 2 ? 1 : 2, 1000 + index)));
    for (const [index] of ids.entries())
      connection.expect(index % 2 ? "puback" : "pubrec", { messageId: 1000 + index });
  });

  it("acknowledges what nobody has subscribed to, and what its handler throws at", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe("bad", {}, () => {
      throw new Error("no");
    });
    connection.send(suback(connection.expect("subscribe").messageId as number, 0));
    for (const topic of ["unknown", "bad"]) {
      connection.send(publish(topic, "x", 1, 5), publish(topic, "x", 2, topic === "bad" ? 6 : 7));
      connection.expect("puback", { messageId: 5 });
      connection.expect("pubrec");
    }
    expect(rig.client.connected).toBe(true);
  });

  it("sends nothing behind DISCONNECT, not even what is accepted while it is on its way", () => {
    const rig = new Rig({}, { window: 9, peerWindow: 9 });
    const connection = rig.connect();
    connection.pause();
    // The first, of nine bytes, fills the peer; the second leaves room for one byte, and DISCONNECT has two.
    rig.client.publish("a", "wxyz");
    rig.settle();
    rig.client.publish("a", "xyz");
    rig.settle();
    rig.client.close();
    rig.settle();
    rig.client.publish("a", "late", { QoS: 1 });
    connection.resume();
    connection.expect("publish", { payload: "wxyz" });
    connection.expect("publish", { payload: "xyz" });
    connection.expect("disconnect");
    connection.expectClosed();
    expect(rig.client.pending).toBe(1);
  });

  it.each(["a\ud800", "\udc00", "a\u0000"])("takes no filter, user name or will topic that is no UTF-8: %j", (text) => {
    const rig = new Rig();
    const connection = rig.connect();
    expect(thrownBy(() => rig.client.subscribe(text, {}, rig.handler))).toMatchObject({ kind: "misuse" });
    rig.client.unsubscribe(text);
    connection.expectNothing(1000);
    expect(thrownBy(() => new Rig({ will: { topic: text, message: "" } }))).toMatchObject({ kind: "misuse" });
    expect(thrownBy(() => new Rig({ user: text }))).toMatchObject({ kind: "misuse" });
  });

  it("sends filters as UTF-8, and no SUBSCRIBE or UNSUBSCRIBE without any", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe([], {}, rig.handler);
    rig.client.unsubscribe([]);
    connection.expectNothing(1000);
    rig.client.subscribe("grüße/😀/+", { QoS: 1 }, rig.handler);
    const { subscriptions, messageId } = connection.expect("subscribe");
    expect(subscriptions.map(({ topic }) => topic)).toEqual(["grüße/😀/+"]);
    connection.send(suback(messageId as number, 1));
    rig.settle();
    rig.client.unsubscribe("grüße/😀/+");
    expect(connection.expect("unsubscribe").unsubscriptions).toEqual(["grüße/😀/+"]);
  });

  it("keeps what is not acknowledged for as long as the session lasts, over any number of connections", () => {
    const rig = new Rig();
    let connection = rig.connect();
    rig.publish("a", "one", 1);
    rig.publish("a", "two", 2);
    const one = connection.expect("publish").messageId as number;
    const two = connection.expect("publish").messageId as number;
    for (let n = 0; n < 10; n++) {
      connection = rig.reconnect(connection);
      connection.expect("publish", { payload: "one", messageId: one, dup: true });
      connection.expect("publish", { payload: "two", messageId: two, dup: true });
      rig.advance(15_000);
    }
    connection.send(puback(one), pubrec(two));
    connection.expect("pubrel", { messageId: two });
    connection.send(pubcomp(two));
    rig.settle();
    expect(rig.client.pending).toBe(0);
  });
});
