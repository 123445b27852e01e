import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MapStore } from "../support/map-store.js";
import { generate, publish, pubrel } from "../support/packets.js";
import { Rig } from "../support/rig.js";
import type { Connection } from "../support/scripted-broker.js";

/** The client's default buffer. */
const BUFFER = 2048;
const MINUTE = 60_000;

/** A topic of so many bytes that nobody else's test uses. */
const topicOf = (length: number, start = "command/") => start + "x".repeat(length - start.length);

/** Shows that the connection goes on: what stands behind is handed over, and answered. */
function expectAlive(rig: Rig, connection: Connection): void {
  connection.send(publish("command/after", "still here", 1, 999));
  connection.expect("puback", { messageId: 999 });
  expect(rig.messages.splice(0)).toMatchObject([{ topic: "command/after", text: "still here" }]);
}

describe("a message whose topic the receive buffer cannot hold", () => {
  it.each<[0 | 1 | 2, number, number]>(
    ([0, 1, 2] as const).flatMap((QoS) =>
      [2039, 2040, 2041, 2042, 2043, 2044, 2047, 2048, 2049, 4096, 65_000, 65_535].flatMap((length) =>
        [0, 1, 5000].map((payload): [0 | 1 | 2, number, number] => [QoS, length, payload]),
      ),
    ),
  )(
    "with QoS %i, a topic of %i bytes and a payload of %i bytes is acknowledged, and the connection stays",
    (QoS, length, size) => {
      const rig = new Rig();
      rig.client.subscribe("command/+", { QoS: 2 }, rig.handler);
      const connection = rig.connect();
      connection.expect("subscribe");
      const packet = publish(topicOf(length), "p".repeat(size), QoS, QoS > 0 ? 7 : undefined);
      connection.send(packet);
      if (QoS === 1) connection.expect("puback", { messageId: 7 });
      if (QoS === 2) {
        connection.expect("pubrec", { messageId: 7 });
        connection.send(pubrel(7));
        connection.expect("pubcomp", { messageId: 7 });
      }
      rig.settle();
      // What stands before the payload must fit, and a byte of the payload where there is one.
      if (generate(packet).byteLength - size + Math.min(size, 1) > BUFFER) {
        expect(rig.messages).toEqual([]);
        expect(rig.errors).toMatchObject([{ kind: "resource", code: "topic-too-long" }]);
      } else {
        expect(
          rig.messages
            .splice(0)
            .map(({ text }) => text)
            .join(""),
        ).toBe("p".repeat(size));
        expect(rig.errors).toEqual([]);
      }
      expectAlive(rig, connection);
      expect(connection.closed).toBeUndefined();
    },
  );

  it("that just fits comes in pieces of which none is empty", () => {
    for (let length = 2030; length < 2050; length++) {
      const rig = new Rig();
      const connection = rig.connect();
      connection.send(publish(topicOf(length), "p".repeat(100), 0));
      rig.settle();
      for (const { text } of rig.messages) expect(text).not.toBe("");
    }
  });

  it("is read past however the bytes are cut, and whatever the buffer's size", () => {
    const topic = fc
      .string({ unit: "binary", minLength: 60, maxLength: 400 })
      .map((text) => `t${Buffer.from(text).toString().replaceAll("\u0000", "0").replace(/[+#]/g, "-")}`);
    fc.assert(
      fc.property(
        topic,
        fc.nat(300),
        fc.constantFrom(0, 1, 2),
        fc.constantFrom(64, 65, 70),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 }),
        (name, size, QoS, receiveBuffer, cuts) => {
          const rig = new Rig({ receiveBuffer });
          const connection = rig.connect();
          const bytes = Buffer.concat([
            generate(publish(name, "p".repeat(size), QoS as 0, 5)),
            generate(publish("a", "behind", 0)),
          ]);
          for (let at = 0, n = 0; at < bytes.length; n++) {
            const end = at + (cuts[n % cuts.length] as number);
            connection.sendBytes(bytes.subarray(at, end));
            rig.settle();
            at = end;
          }
          if (QoS > 0) connection.expect(QoS === 1 ? "puback" : "pubrec", { messageId: 5 });
          expect(rig.messages.map(({ text }) => text)).toEqual(["behind"]);
          expect(rig.errors).toMatchObject([{ code: "topic-too-long" }]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is named by its first 64 bytes, cut where a character ends", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const start = `${"é".repeat(31)}a`;
    connection.send(publish(`${start}é${"x".repeat(3000)}`, "", 0));
    rig.settle();
    expect(rig.errors[0]?.message).toContain(`"${start}…"`);
    expect(rig.errors[0]?.message).toContain(`${64 + 1 + 3000}`);
  });

  it.each<[string, number[], string]>([
    ["holds U+0000", [0], "MQTT-1.5.3-2"],
    ["is no UTF-8", [0xff], "MQTT-1.5.3-1"],
    ["has a continuation byte alone", [0x80], "MQTT-1.5.3-1"],
    ["has a character in too many bytes", [0xe0, 0x9f, 0xbf], "MQTT-1.5.3-1"],
    ["has a surrogate", [0xed, 0xa0, 0x80], "MQTT-1.5.3-1"],
    ["has a code point that is none", [0xf4, 0x90, 0x80, 0x80], "MQTT-1.5.3-1"],
    ["has a character that another one breaks off", [0xe2, 0x82, 0x61], "MQTT-1.5.3-1"],
    ["holds +", [0x2b], "MQTT-3.3.2-2"],
    ["holds #", [0x23], "MQTT-3.3.2-2"],
  ])("and %s closes the connection, wherever that stands", (_, bad, code) => {
    for (const [before, behind] of [
      [10, 5000],
      [2000, 3000],
      [2047, 2000],
      [2048, 2000],
      [4990, 0],
    ] as const) {
      const rig = new Rig();
      const connection = rig.connect();
      const topic = Buffer.concat([Buffer.alloc(before, 0x61), Buffer.from(bad), Buffer.alloc(behind, 0x61)]);
      const packet = Buffer.concat([
        Buffer.from([topic.length >> 8, topic.length & 0xff]),
        topic,
        Buffer.from([0, 5, 1]),
      ]);
      const { length } = packet;
      connection.sendBytes(Buffer.concat([Buffer.from([0x32, 0x80 | (length & 0x7f), length >> 7]), packet]));
      connection.expectClosed(0);
      expect(rig.errors.map((error) => error.code)).toEqual([code]);
    }
  });

  it("whose last character is cut off closes the connection", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const topic = Buffer.concat([Buffer.alloc(2998, 0x61), Buffer.from([0xe2, 0x82])]);
    const packet = Buffer.concat([Buffer.from([3000 >> 8, 3000 & 0xff]), topic, Buffer.from([0, 5, 1])]);
    connection.sendBytes(
      Buffer.concat([Buffer.from([0x32, 0x80 | (packet.length & 0x7f), packet.length >> 7]), packet]),
    );
    connection.expectClosed(0);
    expect(rig.errors.map((error) => error.code)).toEqual(["MQTT-1.5.3-1"]);
  });

  it("is held to the same rules as one that fits, whatever its bytes", () => {
    const codeOf = (bytes: Uint8Array, receiveBuffer: number, cut: number) => {
      const rig = new Rig({ receiveBuffer });
      const connection = rig.connect();
      for (let at = 0; at < bytes.length; at += cut) {
        connection.sendBytes(bytes.subarray(at, at + cut));
        rig.settle();
      }
      return rig.errors.map((error) => error.code);
    };
    // Bytes of which much is well-formed.
    const part = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }).map((text) => [...Buffer.from(text.replace(/[\0+#]/g, "-"))]),
      fc.constantFrom([0], [0x2b], [0xc1, 0x80], [0xc3], [0xe0, 0x9f, 0x80], [0xe0, 0xa0, 0x80], [0xed, 0x9f, 0xbf]),
      fc.constantFrom(
        [0xed, 0xa0, 0x80],
        [0xef, 0xbf],
        [0xf0, 0x8f, 0xbf, 0xbf],
        [0xf4, 0x8f, 0xbf, 0xbf],
        [0xf4, 0x90],
      ),
      fc.array(fc.nat(255), { maxLength: 3 }),
    );
    const topic = fc.array(part, { maxLength: 20 }).map((parts) => Buffer.from(parts.flat()));
    fc.assert(
      fc.property(topic, fc.nat(60), fc.integer({ min: 1, max: 70 }), (bytes, filler, cut) => {
        const name = Buffer.concat([Buffer.alloc(filler, 0x61), bytes, Buffer.alloc(64 - filler, 0x62)]);
        const { length } = name;
        const packet = Buffer.concat([
          Buffer.from([0x30, 0x80 | ((length + 2) & 0x7f), (length + 2) >> 7, 0, length]),
          name,
        ]);
        if (length > 255) return;
        const whole = codeOf(packet, 1000, 1000);
        expect(codeOf(packet, 64, cut)).toEqual(whole.length > 0 ? whole : ["topic-too-long"]);
      }),
      { numRuns: 500 },
    );
  });

  it("with packet identifier 0 closes the connection", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const bytes = Uint8Array.from(generate(publish(topicOf(3000), "x", 1, 0x0101)));
    bytes[bytes.length - 2] = bytes[bytes.length - 3] = 0;
    connection.sendBytes(bytes);
    connection.expectClosed(0);
    expect(rig.errors.map((error) => error.code)).toEqual(["MQTT-2.3.1-1"]);
  });
});

describe("a QoS 2 message with such a topic", () => {
  it("is told apart from another with its identifier after a CONNECT that was not answered", () => {
    const store = new MapStore();
    const rig = new Rig({ store });
    const first = rig.connect();
    const long = publish(topicOf(3000), "x", 2, 7);
    first.send(long);
    first.expect("pubrec", { messageId: 7 });
    // A CONNECT that is not answered: the next session may be another one.
    first.reset();
    const silent = rig.broker.accept(70_000);
    silent.expect("connect");
    silent.reset();
    const next = rig.broker.welcome({ sessionPresent: true, within: 70_000 });
    next.send(publish("command/other", "new", 2, 7));
    next.expect("pubrec", { messageId: 7 });
    expect(rig.messages.map(({ text }) => text)).toEqual(["new"]);
  });

  it("is remembered until PUBREL, over a restart too, with one write and one delete", () => {
    const store = new MapStore();
    const rig = new Rig({ store });
    let connection = rig.connect();
    const incoming = () => store.keys().filter((key) => key.startsWith("i"));
    const before = store.writes;
    connection.send(publish(topicOf(3000), "x", 2, 7));
    connection.expect("pubrec", { messageId: 7 });
    expect(incoming()).toEqual(["i7"]);
    expect(store.writes - before).toBe(1);
    connection = rig.reconnect(connection);
    connection.send(publish(topicOf(3000), "x", 2, 7, { dup: true }));
    connection.expect("pubrec", { messageId: 7 });
    expect(store.writes - before).toBeLessThanOrEqual(2);
    connection.send(pubrel(7));
    connection.expect("pubcomp", { messageId: 7 });
    expect(incoming()).toEqual([]);
    expect(rig.messages).toEqual([]);
  });
});

describe("the report of such topics", () => {
  const sent = (rig: Rig, connection: Connection, start: string) => {
    connection.send(publish(topicOf(3000, start), "", 0));
    rig.settle();
  };
  const reports = (rig: Rig) => rig.errors.splice(0).map(({ message }) => message);

  it("comes once for a topic, and not again for it however often it comes", () => {
    const rig = new Rig({ keepAlive: 0 });
    const connection = rig.connect();
    for (let n = 0; n < 5; n++) {
      sent(rig, connection, "a/");
      rig.advance(2 * MINUTE - 1000);
    }
    expect(reports(rig)).toHaveLength(1);
  });

  it("comes once a minute at most, and says how many were not reported", () => {
    const rig = new Rig({ keepAlive: 0 });
    const connection = rig.connect();
    for (const name of ["a/", "b/", "c/", "a/"]) sent(rig, connection, name);
    expect(reports(rig)).toMatchObject([expect.stringContaining('"a/')]);
    rig.advance(MINUTE);
    sent(rig, connection, "c/");
    expect(reports(rig)).toMatchObject([expect.stringMatching(/"c\/.* 3 more/)]);
    rig.advance(MINUTE);
    sent(rig, connection, "d/");
    const [last] = reports(rig);
    expect(last).toContain('"d/');
    expect(last).not.toContain("more");
  });

  it("remembers the last eight", () => {
    const rig = new Rig({ keepAlive: 0 });
    const connection = rig.connect();
    const one = (name: string) => {
      rig.advance(MINUTE);
      sent(rig, connection, name);
      return reports(rig).length;
    };
    for (let n = 0; n < 8; n++) expect(one(`${n}/`)).toBe(1);
    for (let n = 0; n < 8; n++) expect(one(`${n}/`)).toBe(0);
    expect(one("8/")).toBe(1);
    expect(one("0/")).toBe(1);
    expect(one("2/")).toBe(0);
  });
});
