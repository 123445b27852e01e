import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Decoder, PACKET } from "../../../src/mqtt/wire/decode.js";
import { decode } from "../../support/decoded.js";
import { connack, generate, type Packet, PINGRESP, publish, suback, unsuback } from "../../support/packets.js";
import { BREACHES, TOO_LARGE } from "../../vectors/streams.js";

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

  it("gives them so behind other packets, too, wherever these end", () => {
    for (const before of [1, 2, 5, 20]) {
      const list = [...Array(before).fill(PINGRESP), publish("t", Buffer.alloc(300))];
      for (const cuts of [[7], [100], [41, 59]]) {
        const lengths = decode(stream(list), 100, cuts)
          .events.slice(before)
          .map((event) => (event as Piece).body.length / 2);
        expect(lengths).toEqual([94, 100, 100, 6]);
      }
    }
  });

  it("takes a topic that just fits, and a Remaining Length of four bytes", () => {
    // 1 + 1 + 2 bytes stand before it.
    const longest = "t".repeat(60);
    expect(decode(stream([publish(longest, "")]), 64, [7]).events).toMatchObject([{ topic: longest }]);
    const decoder = new Decoder(64);
    const header = [0x30, 0x80, 0x80, 0x80, 0x01, 0, 1, 0x74];
    decoder.room().set([...header, ...Array(64 - header.length).fill(7)]);
    decoder.filled(64);
    expect(decoder.next()).toBe(PACKET);
    expect(decoder.byteLength).toBe(2_097_152 - 3);
    expect(decoder.body()).toEqual(new Uint8Array(64 - header.length).fill(7));
    expect(decoder.unfinished).toBe(true);
  });

  it("tells a message from another by topic, identifier and payload, one in pieces by its length", () => {
    const printed = (one: Packet, size = 200) => {
      const decoder = new Decoder(size);
      const bytes = stream([one]);
      const here = Math.min(size, bytes.length);
      decoder.room().set(bytes.subarray(0, here));
      decoder.filled(here);
      expect(decoder.next()).toBe(PACKET);
      return decoder.print();
    };
    const print = printed(publish("t", "x", 2, 5));
    expect(printed(publish("t", "x", 2, 5, { dup: true, retain: true }))).toBe(print);
    for (const other of [publish("u", "x", 2, 5), publish("t", "y", 2, 5), publish("t", "x", 2, 6)]) {
      expect(printed(other)).not.toBe(print);
    }
    // The rest of it may be another each time that it begins: what is here of it does not count.
    const long = printed(publish("t", Buffer.alloc(300, 1), 2, 5));
    expect(printed(publish("t", Buffer.alloc(300, 2), 2, 5))).toBe(long);
    expect(printed(publish("t", Buffer.alloc(301, 1), 2, 5))).not.toBe(long);
    expect(printed(publish("t", Buffer.alloc(300, 1), 2, 5), 100)).toBe(long);
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
  it.each(BREACHES)("%s", (_, bytes, code) => {
    // As soon as the bytes are there that it is about: nothing else need come.
    for (const sizes of [[bytes.length], [1]]) {
      expect(decode(Uint8Array.from(bytes), 64, sizes)).toEqual({ events: [], error: code, kind: "peer" });
    }
  });

  it.each(TOO_LARGE)("says at once that it cannot hold %s", (_, bytes, code) => {
    expect(decode(Uint8Array.from(bytes), 64)).toEqual({ events: [], error: code, kind: "resource" });
  });
});
