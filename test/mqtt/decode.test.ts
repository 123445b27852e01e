import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode } from "../support/decoded.js";
import { connack, generate, type Packet, PINGRESP, publish, suback, unsuback } from "../support/packets.js";

const id = fc.integer({ min: 1, max: 65_535 });
const topic = fc
  .string({ unit: "binary", maxLength: 12 })
  .map((string) => `t${Buffer.from(string).toString().replaceAll("\u0000", "0").replace(/[+#]/g, "-")}`);
const payload = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 600 })).map(Buffer.from);

/** All that a broker may send. */
const packet: fc.Arbitrary<Packet> = fc.oneof(
  fc
    .tuple(topic, payload, fc.constantFrom(0, 1, 2), id, fc.boolean(), fc.boolean())
    .map(([name, bytes, QoS, messageId, dup, retain]) =>
      publish(name, bytes, QoS as 0 | 1 | 2, messageId, { dup: dup && QoS > 0, retain }),
    ),
  fc
    .tuple(fc.constantFrom("puback", "pubrec", "pubrel", "pubcomp"), id)
    .map(([cmd, messageId]) => ({ cmd, messageId }) as Packet),
  fc
    .tuple(id, fc.array(fc.constantFrom(0, 1, 2, 0x80), { minLength: 1, maxLength: 8 }))
    .map(([messageId, granted]) => suback(messageId, ...granted)),
  id.map(unsuback),
  fc.constant<Packet>(PINGRESP),
  fc.oneof(
    fc.boolean().map((present) => connack(present)),
    fc.integer({ min: 0, max: 5 }).map((code) => connack(false, code)),
  ),
);
const packets = fc.array(packet, { minLength: 1, maxLength: 8 });
const stream = (list: readonly Packet[]) => new Uint8Array(Buffer.concat(list.map((one) => generate(one))));
const chunks = fc.oneof(fc.constant([1]), fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 10 }));

/** What our decoder shall say of a packet that fits its buffer. */
function expected(one: Packet): object {
  const { cmd } = one;
  const type = cmd.toUpperCase();
  if (cmd === "connack") {
    return { type, id: 0, body: Buffer.of(one.sessionPresent ? 1 : 0, one.returnCode as number).toString("hex") };
  }
  if (cmd === "pingresp") return { type, id: 0, body: "" };
  if (cmd !== "publish") {
    const codes = cmd === "suback" ? (one.granted as number[]) : [];
    return { type, id: one.messageId, body: Buffer.from(codes).toString("hex") };
  }
  const bytes = one.payload as Buffer;
  return {
    type,
    id: one.messageId ?? 0,
    flags: (one.dup ? 8 : 0) | (one.qos << 1) | (one.retain ? 1 : 0),
    topic: one.topic,
    byteLength: bytes.length,
    offset: 0,
    unfinished: false,
    body: bytes.toString("hex"),
  };
}

interface Piece {
  type: string;
  offset: number;
  byteLength: number;
  unfinished: boolean;
  body: string;
}

/** Joins pieces to whole messages, and checks that they are in order and without gaps. */
function joined(events: readonly object[]): object[] {
  const whole: Piece[] = [];
  for (const event of events as Piece[]) {
    const before = whole.at(-1);
    if (event.type !== "piece") {
      if (before?.unfinished) throw new Error("a message has no end");
      whole.push({ ...event });
      continue;
    }
    if (before === undefined || !before.unfinished) throw new Error("a piece of nothing");
    expect(event.offset).toBe(before.body.length / 2);
    expect(event.byteLength).toBe(before.byteLength);
    before.body += event.body;
    before.unfinished = event.unfinished;
  }
  return whole;
}

describe("the decoder", () => {
  it("reads the packets of mqtt-packet, however the stream is cut and whatever the buffer's size", () => {
    fc.assert(
      fc.property(packets, chunks, fc.constantFrom(64, 65, 100, 256, 2048), (list, sizes, bufferSize) => {
        const bytes = stream(list);
        const whole = decode(bytes, bufferSize);
        expect(whole.error).toBeUndefined();
        expect(joined(whole.events)).toEqual(list.map(expected));
        // The pieces too are the same: they depend on the buffer's size, not on the chunks.
        expect(decode(bytes, bufferSize, sizes)).toEqual(whole);
      }),
      { numRuns: 1000 },
    );
  });

  it("gives a message whole when its packet fits the buffer to the byte, in pieces when it does not", () => {
    const message = (length: number) => stream([publish("t", Buffer.alloc(length, 1), 1, 5), PINGRESP]);
    // 1 + 1 + 2 + 1 + 2 bytes stand before the payload.
    const fits = decode(message(57), 64).events;
    expect(fits).toMatchObject([{ type: "PUBLISH", unfinished: false, byteLength: 57 }, { type: "PINGRESP" }]);
    expect(decode(message(58), 64, [1]).events).toMatchObject([
      { type: "PUBLISH", unfinished: true, offset: 0 },
      { type: "piece", unfinished: false, offset: 57, body: "01" },
      { type: "PINGRESP" },
    ]);
  });

  it("gives each piece of a long message as large as the buffer", () => {
    const lengths = decode(stream([publish("t", Buffer.alloc(1000))]), 100, [7]).events.map(
      (event) => (event as Piece).body.length / 2,
    );
    expect(lengths).toEqual([94, 100, 100, 100, 100, 100, 100, 100, 100, 100, 6]);
  });

  it("never runs in circles, holds more than its buffer or throws anything but an MqttError, whatever comes", () => {
    const mutation = fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("set", "insert", "remove", "cut"));
    const codes = new Set<string>();
    fc.assert(
      fc.property(packets, fc.array(mutation, { maxLength: 4 }), chunks, (list, mutations, sizes) => {
        let bytes = [...stream(list)];
        for (const [where, byte, how] of mutations) {
          const at = where % (bytes.length + 1);
          if (how === "set") bytes[Math.min(at, bytes.length - 1)] = byte;
          else if (how === "insert") bytes.splice(at, 0, byte);
          else if (how === "remove") bytes.splice(at, 1);
          else bytes = bytes.slice(0, at);
          if (bytes.length === 0) return;
        }
        const whole = decode(Uint8Array.from(bytes), 128);
        expect(decode(Uint8Array.from(bytes), 128, sizes)).toEqual(whole);
        expect([undefined, "peer", "resource"]).toContain(whole.kind);
        if (whole.error !== undefined) codes.add(whole.error);
      }),
      { numRuns: 3000 },
    );
    expect(codes.size).toBeGreaterThan(8);
  });

  it("never does so with bytes that were never a packet", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), chunks, (bytes, sizes) => {
        expect(decode(bytes, 64, sizes)).toEqual(decode(bytes, 64));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the decoder names the rule that is broken by", () => {
  it.each<[string, number[], string]>([
    ["packet type 0", [0x00, 0], "MQTT-2.2.1"],
    ["packet type 15", [0xf0, 0], "MQTT-2.2.1"],
    ["CONNECT", [0x10, 0], "MQTT-2.2.1"],
    ["SUBSCRIBE", [0x82, 0], "MQTT-2.2.1"],
    ["UNSUBSCRIBE", [0xa2, 0], "MQTT-2.2.1"],
    ["PINGREQ", [0xc0, 0], "MQTT-2.2.1"],
    ["DISCONNECT", [0xe0, 0], "MQTT-2.2.1"],
    ["flags on PUBACK", [0x41], "MQTT-2.2.2-2"],
    ["no flags on PUBREL", [0x60], "MQTT-2.2.2-2"],
    ["flags on PINGRESP", [0xd8], "MQTT-2.2.2-2"],
    ["both QoS bits", [0x36], "MQTT-3.3.1-4"],
    ["DUP with QoS 0", [0x38], "MQTT-3.3.1-2"],
    ["a Remaining Length of five bytes", [0x30, 0x80, 0x80, 0x80, 0x80], "MQTT-2.2.3"],
    ["a PUBACK too long", [0x40, 3], "MQTT-2.2.3"],
    ["a PUBACK too short", [0x40, 1], "MQTT-2.2.3"],
    ["a CONNACK too short", [0x20, 0], "MQTT-2.2.3"],
    ["a PINGRESP with a body", [0xd0, 1], "MQTT-2.2.3"],
    ["a SUBACK without return codes", [0x90, 2], "MQTT-2.2.3"],
    ["an UNSUBACK too long", [0xb0, 3], "MQTT-2.2.3"],
    ["a PUBLISH too short", [0x30, 2], "MQTT-2.2.3"],
    ["packet identifier 0 in PUBACK", [0x40, 2, 0, 0], "MQTT-2.3.1-1"],
    ["packet identifier 0 in SUBACK", [0x90, 3, 0, 0, 0], "MQTT-2.3.1-1"],
    ["packet identifier 0 in PUBLISH", [0x32, 5, 0, 1, 0x61, 0, 0], "MQTT-2.3.1-1"],
    ["reserved flags of CONNACK", [0x20, 2, 2, 0], "MQTT-3.2.2.1"],
    ["a reserved return code of CONNACK", [0x20, 2, 0, 6], "MQTT-3.2.2.3"],
    ["a session present that refuses", [0x20, 2, 1, 5], "MQTT-3.2.2-4"],
    ["a reserved return code of SUBACK", [0x90, 3, 0, 1, 3], "MQTT-3.9.3-2"],
    ["an empty topic", [0x30, 3, 0, 0, 0x61], "MQTT-4.7.3-1"],
    ["a topic longer than the packet", [0x30, 4, 0, 3, 0x61, 0x61], "MQTT-3.3.2"],
    ["a topic that leaves no room for the identifier", [0x32, 4, 0, 1, 0x61, 0], "MQTT-3.3.2"],
    ["a topic with +", [0x30, 3, 0, 1, 0x2b], "MQTT-3.3.2-2"],
    ["a topic with #", [0x30, 3, 0, 1, 0x23], "MQTT-3.3.2-2"],
    ["a topic with U+0000", [0x30, 3, 0, 1, 0], "MQTT-1.5.3-2"],
    ["a topic that is no UTF-8", [0x30, 3, 0, 1, 0xff], "MQTT-1.5.3-1"],
    ["a topic with a surrogate", [0x30, 5, 0, 3, 0xed, 0xa0, 0x80], "MQTT-1.5.3-1"],
  ])("%s", (_, bytes, code) => {
    // As soon as the bytes are there that it is about: nothing else need come.
    for (const sizes of [[bytes.length], [1]]) {
      expect(decode(Uint8Array.from(bytes), 64, sizes)).toEqual({ events: [], error: code, kind: "peer" });
    }
  });

  it.each<[string, number[], string]>([
    ["a topic longer than its buffer", [0x30, 0x80, 1, 0, 100], "topic-too-long"],
    ["a SUBACK longer than its buffer", [0x90, 100], "packet-too-large"],
  ])("says at once that it cannot hold %s", (_, bytes, code) => {
    expect(decode(Uint8Array.from(bytes), 64)).toEqual({ events: [], error: code, kind: "resource" });
  });
});
