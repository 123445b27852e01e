import { describe, expect, it } from "vitest";
import type { PayloadSource } from "../../src/mqtt/api.js";
import { puback, pubcomp, publish, pubrec, pubrel } from "../support/packets.js";
import { Rig } from "../support/rig.js";

/** Bytes that tell where they stand. */
const pattern = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff));

/** A source of {@link pattern} that writes down what was asked of it. */
class PatternSource implements PayloadSource {
  readonly byteLength: number;
  readonly reads: [offset: number, length: number][] = [];
  failsAt = Number.POSITIVE_INFINITY;

  constructor(byteLength: number) {
    this.byteLength = byteLength;
  }

  read(into: Uint8Array, offset: number): void {
    if (offset >= this.failsAt) throw new Error("the card was pulled out");
    this.reads.push([offset, into.length]);
    for (let at = 0; at < into.length; at++) into[at] = ((offset + at) * 31 + ((offset + at) >> 8)) & 0xff;
  }
}

describe.each([1, 2, 7, 100, 1536, 8192])("through a window of %i bytes", (window) => {
  it("all packets go out whole, never more at once than there is room", () => {
    const rig = new Rig({ user: "u", password: "p".repeat(50) }, { window });
    rig.client.subscribe(["a/#", "b"], { QoS: 2 }, rig.handler);
    const connection = rig.connect();
    connection.send({ cmd: "suback", messageId: connection.expect("subscribe").messageId as number, granted: [2, 2] });
    const payload = pattern(3000);
    const token = rig.publish("t", payload, 2);
    const messageId = connection.expect("publish", { payload }).messageId as number;
    connection.send(pubrec(messageId), publish("b", "in", 2, 3));
    connection.expect("pubrel", { messageId });
    connection.expect("pubrec", { messageId: 3 });
    connection.send(pubcomp(messageId), pubrel(3));
    connection.expect("pubcomp", { messageId: 3 });
    rig.client.close();
    connection.expect("disconnect");
    connection.expectClosed();
    expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
    expect(Math.max(...connection.writes.map(({ length }) => length))).toBeLessThanOrEqual(window);
  });

  it("a long payload goes out from its source without being held", () => {
    const rig = new Rig({}, { window });
    const connection = rig.connect();
    for (const QoS of [0, 1, 2] as const) {
      const source = new PatternSource(10_000);
      const token = rig.publish("long", source, QoS, true);
      const packet = connection.expect("publish", { topic: "long", qos: QoS, dup: false, retain: true });
      expect(Buffer.compare(packet.payload as Buffer, pattern(10_000))).toBe(0);
      let next = 0;
      for (const [offset, length] of source.reads) {
        expect(offset).toBe(next);
        expect(length).toBeGreaterThan(0);
        expect(length).toBeLessThanOrEqual(Math.min(window, 2048));
        next += length;
      }
      expect(next).toBe(10_000);
      const messageId = packet.messageId as number;
      if (QoS === 1) connection.send(puback(messageId));
      if (QoS === 2) {
        connection.send(pubrec(messageId));
        connection.expect("pubrel");
        connection.send(pubcomp(messageId));
      }
      rig.settle();
      expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
    }
  });

  it("a long payload is read from its start again when it must be sent again", () => {
    const rig = new Rig({}, { window });
    let connection = rig.connect();
    const source = new PatternSource(5000);
    rig.publish("long", source, 1);
    connection.expect("publish");
    source.reads.length = 0;
    connection = rig.reconnect(connection);
    const packet = connection.expect("publish", { dup: true });
    expect(Buffer.compare(packet.payload as Buffer, pattern(5000))).toBe(0);
    expect(source.reads[0]?.[0]).toBe(0);
  });
});

describe("a long payload from a source", () => {
  it("cut off in the middle is sent again from the start, with DUP", () => {
    const rig = new Rig({}, { window: 100, peerWindow: 500 });
    let connection = rig.connect();
    const source = new PatternSource(5000);
    const token = rig.client.publish("long", source, { QoS: 2 });
    connection.pause();
    rig.settle();
    expect(source.reads.length).toBeGreaterThan(0);
    connection = rig.reconnect(connection);
    const { messageId, payload } = connection.expect("publish", { dup: true });
    expect(Buffer.compare(payload as Buffer, pattern(5000))).toBe(0);
    connection.send(pubrec(messageId as number));
    connection.expect("pubrel");
    connection.send(pubcomp(messageId as number));
    rig.settle();
    expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
  });

  it("with QoS 0 cut off in the middle is lost", () => {
    const rig = new Rig({}, { window: 100, peerWindow: 500 });
    const connection = rig.connect();
    connection.pause();
    const token = rig.client.publish("long", new PatternSource(5000));
    rig.settle();
    rig.reconnect(connection).expectNothing(1000);
    expect(rig.news("published")).toEqual([["published", token, "lost"]]);
  });

  it.each([0, 1, 2] as const)("with QoS %i whose source fails ends the connection and is given up", (QoS) => {
    const rig = new Rig({}, { window: 100 });
    let connection = rig.connect();
    const source = new PatternSource(5000);
    source.failsAt = 1000;
    const token = rig.client.publish("long", source, { QoS });
    const next = rig.client.publish("next", "x", { QoS: 1 });
    rig.settle();
    expect(rig.news()).toEqual([
      ["published", token, "lost"],
      ["disconnected", "source-failed", expect.any(Number)],
    ]);
    expect(rig.errors[0]).toMatchObject({ kind: "resource", message: expect.stringContaining("byte") });
    expect(rig.errors[0]?.cause).toEqual(new Error("the card was pulled out"));
    connection = rig.broker.welcome({ sessionPresent: true, within: 2000 });
    connection.send(puback(connection.expect("publish", { topic: "next" }).messageId as number));
    connection.expectNothing(1000);
    expect(rig.news("published")).toEqual([["published", next, "delivered"]]);
  });

  it("may be empty, and need not be asked then", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const source = new PatternSource(0);
    rig.publish("long", source, 1);
    connection.expect("publish", { payload: "" });
    expect(source.reads).toEqual([]);
  });

  it("counts against the bound with its header only", () => {
    const rig = new Rig({ maximumQueued: 100 });
    rig.client.publish("long", new PatternSource(1_000_000), { QoS: 1 });
    rig.client.publish("long", new PatternSource(1_000_000), { QoS: 1 });
    expect(rig.client.pending).toBe(2);
  });

  it("does not keep acknowledgements from going out before and behind it", () => {
    const rig = new Rig({}, { window: 100 });
    const connection = rig.connect();
    connection.send(publish("in", "1", 1, 1));
    rig.client.publish("long", new PatternSource(2000), { QoS: 1 });
    rig.settle();
    connection.send(publish("in", "2", 1, 2));
    rig.settle();
    expect(connection.packets.map(({ cmd }) => cmd)).toEqual(["connect", "puback", "publish", "puback"]);
  });
});

describe("a long message that comes", () => {
  it("is handed over in pieces, each as large as the buffer, with one token", () => {
    const rig = new Rig({ receiveBuffer: 100 });
    const connection = rig.connect();
    const payload = pattern(1000);
    for (const QoS of [0, 1, 2] as const) {
      connection.send(publish("long", payload, QoS, 5, { retain: true }));
      if (QoS === 1) connection.expect("puback", { messageId: 5 });
      if (QoS === 2) connection.expect("pubrec", { messageId: 5 });
      rig.settle();
      const pieces = rig.messages.splice(0);
      expect(pieces.length).toBe(11);
      expect(pieces.map(({ text }) => text).join("")).toBe(payload.toString("latin1"));
      let offset = 0;
      pieces.forEach((piece, index) => {
        expect(piece).toMatchObject({ topic: "long", QoS, retain: true, byteLength: 1000, offset });
        expect(piece.more).toBe(index < pieces.length - 1);
        expect(piece.token).toBe(pieces[0]?.token);
        offset += piece.text.length;
      });
    }
  });

  it("with QoS 2 is handed over once, though it comes in pieces and again", () => {
    const rig = new Rig({ receiveBuffer: 100 });
    let connection = rig.connect();
    connection.send(publish("long", pattern(300), 2, 5));
    connection.expect("pubrec", { messageId: 5 });
    const count = rig.messages.length;
    connection.send(publish("long", pattern(300), 2, 5, { dup: true }));
    connection.expect("pubrec", { messageId: 5 });
    connection = rig.reconnect(connection);
    connection.send(publish("long", pattern(300), 2, 5, { dup: true }));
    connection.expect("pubrec", { messageId: 5 });
    connection.send(pubrel(5));
    connection.expect("pubcomp");
    expect(rig.messages).toHaveLength(count);
    expect(rig.news("aborted")).toEqual([]);
  });

  it("cut off in the middle is aborted, not answered, and whole the next time under the same token", () => {
    const rig = new Rig({ receiveBuffer: 100 });
    let connection = rig.connect();
    const bytes = Buffer.concat([Buffer.from([0x34, 0xac, 2, 0, 1, 0x61, 0, 5]), pattern(295)]);
    connection.sendBytes(bytes.subarray(0, 250));
    rig.settle();
    const { token } = rig.messages.at(-1) as { token: number };
    connection = rig.reconnect(connection);
    expect(rig.news("aborted")).toEqual([["aborted", "a", token]]);
    rig.messages.length = 0;
    connection.sendBytes(bytes);
    connection.expect("pubrec", { messageId: 5 });
    expect(rig.messages.map(({ text }) => text).join("")).toBe(pattern(295).toString("latin1"));
    expect(rig.messages.every((piece) => piece.token === token)).toBe(true);
    connection.reset();
    rig.settle();
    expect(rig.news("aborted")).toEqual([]);
  });
});

describe("a broker that floods while nothing can leave", () => {
  it.each([1, 2] as const)("with QoS %i is not read any further, and nothing is lost when it goes on", (QoS) => {
    const rig = new Rig({ maximumReceived: 2000, keepAlive: 0 }, { window: 8, peerWindow: 8, receiveWindow: 64_000 });
    const connection = rig.connect();
    connection.pause();
    for (let n = 1; n <= 1000; n++) connection.send(publish("f", `${n}`, QoS, n));
    rig.advance(15_000);
    // 8 bytes with the peer, 8 in the window, 32 answers waiting; what has been read may fill the buffer, not more.
    expect(rig.messages.length).toBeLessThan(100);
    connection.resume();
    for (let n = 1; n <= 1000; n++) connection.expect(QoS === 1 ? "puback" : "pubrec", { messageId: n });
    expect(rig.messages.map(({ text }) => Number(text))).toEqual(Array.from({ length: 1000 }, (_, n) => n + 1));
    expect(rig.client.connected).toBe(true);
  });

  it("for ever is given up", () => {
    const rig = new Rig({ keepAlive: 0 }, { window: 8, peerWindow: 8 });
    const connection = rig.connect();
    connection.pause();
    for (let n = 1; n <= 200; n++) connection.send(publish("f", "x", 1, n));
    rig.advance(20_000);
    expect(rig.errors).toMatchObject([{ code: "response-timeout", message: "the peer took no bytes within 20000 ms" }]);
  });
});
