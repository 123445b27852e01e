import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connack, generate, type Packet, pubcomp, publish, pubrec, suback } from "../support/packets.js";
import { Rig } from "../support/rig.js";

/** A message that must not be processed, for it stands behind a broken rule. */
const BEHIND = [0x30, 4, 0, 1, 0x62, 0x21];

describe("the connection is closed at once, and nothing behind is processed, after", () => {
  it.each<[string, number[], string]>([
    ["a reserved packet type", [0xf0, 0], "MQTT-2.2.1"],
    ["a packet only clients send", [0x82, 8, 0, 1, 0, 3, 0x61, 0x2f, 0x62, 0], "MQTT-2.2.1"],
    ["wrong flags", [0x41, 2, 0, 1], "MQTT-2.2.2-2"],
    ["a length of five bytes", [0x30, 0xff, 0xff, 0xff, 0xff, 0x7f], "MQTT-2.2.3"],
    ["a wrong length", [0x40, 3, 0, 1, 0], "MQTT-2.2.3"],
    ["packet identifier 0", [0x40, 2, 0, 0], "MQTT-2.3.1-1"],
    ["QoS 3", [0x36, 5, 0, 1, 0x61, 0, 1], "MQTT-3.3.1-4"],
    ["DUP with QoS 0", [0x38, 3, 0, 1, 0x61], "MQTT-3.3.1-2"],
    ["a topic that is no UTF-8", [0x30, 4, 0, 2, 0xc0, 0x80], "MQTT-1.5.3-1"],
    ["a topic with U+0000", [0x30, 3, 0, 1, 0], "MQTT-1.5.3-2"],
    ["a topic with a wildcard", [0x30, 3, 0, 1, 0x23], "MQTT-3.3.2-2"],
    ["a second CONNACK", [0x20, 2, 0, 0], "MQTT-3.2.0-2"],
    ["a SUBACK that nobody waits for", [0x90, 3, 0, 9, 0], "MQTT-3.8.4-2"],
    ["an UNSUBACK that nobody waits for", [0xb0, 2, 0, 9], "MQTT-3.10.4-4"],
    ["a packet that its buffer cannot hold", [0x90, 0x80, 0x20], "packet-too-large"],
  ])("%s", (_, bytes, code) => {
    const rig = new Rig();
    const connection = rig.connect();
    connection.sendBytes([...bytes, ...BEHIND]);
    connection.expectClosed(0);
    expect(rig.news()).toEqual([["disconnected", code, expect.any(Number)]]);
    expect(rig.errors).toMatchObject([{ kind: code === "packet-too-large" ? "resource" : "peer" }]);
    expect(rig.messages).toEqual([]);
    rig.broker.welcome({ sessionPresent: true, within: 2000 });
  });

  it.each([
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "is it the port of a web page?"],
    ["TLS", "\x15\x03\x01\0\x02\x02\x46", "is it the port of TLS?"],
  ])("an answer of %s, which is called that", (_, text, words) => {
    const rig = new Rig();
    rig.client.open();
    const connection = rig.broker.accept();
    connection.expect("connect");
    connection.sendBytes([...Buffer.from(text, "latin1")]);
    connection.expectClosed();
    expect(rig.errors[0]?.message).toContain(words);
  });

  it.each<[string, (id: number) => Packet, 1 | 2, string]>([
    ["PUBACK to QoS 2", (messageId) => ({ cmd: "puback", messageId }), 2, "MQTT-4.3.2-2"],
    ["PUBREC to QoS 1", (messageId) => ({ cmd: "pubrec", messageId }), 1, "MQTT-4.3.3-2"],
    ["PUBCOMP to QoS 1", (messageId) => ({ cmd: "pubcomp", messageId }), 1, "MQTT-4.3.3-2"],
    ["PUBCOMP before PUBREC", (messageId) => ({ cmd: "pubcomp", messageId }), 2, "MQTT-4.3.3-2"],
  ])("%s, and the message is still to be delivered", (_, answer, QoS, code) => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.publish("a", "x", QoS);
    connection.send(answer(connection.expect("publish").messageId as number));
    connection.expectClosed(0);
    expect(rig.news()).toEqual([["disconnected", code, expect.any(Number)]]);
    rig.broker.welcome({ sessionPresent: true, within: 2000 }).expect("publish", { dup: true });
  });

  it("an acknowledgement of what is not sent on this connection yet, or not whole", () => {
    for (const payload of ["waits behind the window", "y".repeat(500)]) {
      const rig = new Rig({ window: 1 }, { window: 100, peerWindow: 100 });
      const connection = rig.connect();
      if (payload.length < 100) rig.publish("a", "x", 1);
      else connection.pause();
      const token = rig.publish("b", payload, 1);
      connection.sendBytes([0x40, 2, token >> 8, token & 0xff, ...BEHIND]);
      rig.settle();
      expect(rig.news("disconnected")).toEqual([["disconnected", "MQTT-4.3.2-2", expect.any(Number)]]);
      expect(rig.messages).toEqual([]);
    }
  });

  it.each<[string, number[], string]>([
    ["too few return codes", [0], "MQTT-3.8.4-5"],
    ["too many return codes", [0, 0, 0], "MQTT-3.8.4-5"],
    ["a reserved return code", [0, 3], "MQTT-3.9.3-2"],
    ["more than was asked for", [0, 2], "MQTT-3.8.4-6"],
  ])("a SUBACK with %s", (_, granted, code) => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe(["a", "b"], { QoS: 1 }, rig.handler);
    const { messageId } = connection.expect("subscribe");
    connection.sendBytes([0x90, 2 + granted.length, 0, messageId as number, ...granted, ...BEHIND]);
    connection.expectClosed(0);
    expect(rig.news()).toEqual([["disconnected", code, expect.any(Number)]]);
  });

  it.each<[string, Packet, string]>([
    ["PUBLISH", publish("a", "x"), "MQTT-3.2.0-1"],
    ["SUBACK", suback(1, 0), "MQTT-3.2.0-1"],
    ["PINGRESP", { cmd: "pingresp" }, "MQTT-3.2.0-1"],
  ])("%s before CONNACK", (_, packet, code) => {
    const rig = new Rig();
    rig.client.open();
    const connection = rig.broker.accept();
    connection.expect("connect");
    connection.send(packet, connack());
    connection.expectClosed(0);
    expect(rig.news()).toEqual([["disconnected", code, expect.any(Number)]]);
  });

  it("CONNACK before CONNECT was sent", () => {
    const rig = new Rig({}, { window: 1, showsIntroductions: true });
    rig.client.open();
    const connection = rig.broker.accept();
    connection.send(connack());
    rig.settle();
    expect(rig.news()).toEqual([["disconnected", "MQTT-3.2.0-1", expect.any(Number)]]);
  });
});

describe("what was whole in front of a broken rule is processed", () => {
  it("and answered on the next connection only", () => {
    const rig = new Rig();
    const connection = rig.connect();
    connection.sendBytes([...generate(publish("a", "x", 2, 5)), 0xf0, 0]);
    connection.expectClosed(0);
    expect(rig.messages).toHaveLength(1);
    const next = rig.broker.welcome({ sessionPresent: true, within: 2000 });
    next.send(publish("a", "x", 2, 5, { dup: true }));
    next.expect("pubrec", { messageId: 5 });
    expect(rig.messages).toHaveLength(1);
  });
});

describe("a broker with more QoS 2 messages under way than maximumReceived", () => {
  it("is left, by name", () => {
    const rig = new Rig({ maximumReceived: 3 });
    const connection = rig.connect();
    for (const id of [1, 2, 3]) connection.send(publish("a", "x", 2, id));
    for (const id of [1, 2, 3]) connection.expect("pubrec", { messageId: id });
    connection.send(publish("a", "x", 2, 2, { dup: true }));
    connection.expect("pubrec", { messageId: 2 });
    connection.send(publish("a", "x", 2, 4));
    connection.expectClosed(0);
    expect(rig.errors).toMatchObject([{ kind: "resource", code: "received-full" }]);
    expect(rig.messages).toHaveLength(3);
  });

  it("is not left for messages with QoS 0 and QoS 1", () => {
    const rig = new Rig({ maximumReceived: 1 });
    const connection = rig.connect();
    connection.send(publish("a", "2", 2, 1));
    connection.expect("pubrec", { messageId: 1 });
    connection.send(publish("a", "1", 1, 2), publish("a", "0", 0));
    connection.expect("puback", { messageId: 2 });
    rig.settle();
    expect(rig.messages.map(({ text }) => text)).toEqual(["2", "1", "0"]);
  });
});

describe("PUBCOMP for a PUBREL of which only a part is sent", () => {
  it("breaks the rule that it is an answer", () => {
    const rig = new Rig({}, { window: 1, peerWindow: 1 });
    const connection = rig.connect();
    rig.publish("a", "x", 2);
    const messageId = connection.expect("publish").messageId as number;
    connection.pause();
    connection.send(pubrec(messageId));
    rig.settle();
    connection.send(pubcomp(messageId));
    rig.settle();
    expect(rig.errors).toMatchObject([{ kind: "peer", code: "MQTT-4.3.2-2" }]);
    expect(rig.client.pending).toBe(1);
  });
});

describe("whatever a broker sends", () => {
  const packet = fc.oneof(
    fc
      .tuple(fc.constantFrom("a", "b/c"), fc.nat(40), fc.constantFrom(0, 1, 2), fc.integer({ min: 1, max: 6 }))
      .map(([topic, length, QoS, id]) => publish(topic, "p".repeat(length * 5), QoS as 0, id)),
    fc
      .tuple(fc.constantFrom("puback", "pubrec", "pubrel", "pubcomp", "unsuback"), fc.integer({ min: 1, max: 6 }))
      .map(([cmd, messageId]) => ({ cmd, messageId }) as Packet),
    fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom(0, 1, 0x80)).map(([id, code]) => suback(id, code)),
    fc.constant({ cmd: "pingresp" } as Packet),
    fc.constant(connack()),
  );
  const damage = fc.option(fc.tuple(fc.nat(), fc.nat(255)), { nil: undefined });

  it("the client reports errors of the peer's or of resources only, goes on, and keeps its books", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(packet, damage), { maxLength: 12 }), fc.nat(3), (script, busy) => {
        const rig = new Rig({ receiveBuffer: 64, backoff: { minimum: 1, maximum: 10 } });
        let connection = rig.connect();
        rig.client.subscribe("a", { QoS: 1 }, rig.handler);
        for (let n = 0; n < busy; n++) rig.client.publish("o", `${n}`, { QoS: n % 2 ? 1 : 2 });
        rig.settle();
        for (const [one, where] of script) {
          const bytes = [...generate(one)];
          if (where !== undefined) bytes[where[0] % bytes.length] = where[1];
          connection.sendBytes(bytes);
          rig.settle();
          if (connection.closed !== undefined) connection = rig.broker.welcome({ sessionPresent: true });
          // What we send is read by mqtt-packet, or this throws.
          while (connection.unread.length > 0) connection.next();
        }
        for (const { kind } of rig.errors) expect(["peer", "resource"]).toContain(kind);
        const done = rig.told.filter(([name]) => name === "published").length;
        expect(done + rig.client.pending).toBe(busy);
        rig.client.close();
        rig.advance(30_000);
        expect(rig.told.at(-1)).toEqual(["disconnected", undefined, undefined]);
        expect(rig.broker.clock.pending).toBe(0);
      }),
      { numRuns: 400 },
    );
  });
});
