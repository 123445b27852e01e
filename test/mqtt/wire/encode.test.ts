import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PayloadSource, QoS } from "../../../src/mqtt/api.js";
import {
  type ConnectFields,
  checkField,
  encodeConnect,
  encodePublish,
  encodeRequest,
  headerLength,
  identifierOf,
  isOfOneStream,
  viewPublish,
  writeAcknowledgement,
  writeBare,
} from "../../../src/mqtt/wire/encode.js";
import * as types from "../../../src/mqtt/wire/packet.js";
import { checkTopicName } from "../../../src/mqtt/wire/topic.js";
import { generate, type Packet } from "../../support/packets.js";
import { thrownBy } from "../../support/rig.js";

/** Text that may stand in a field. */
const text = fc.string({ unit: "binary" }).map((string) => Buffer.from(string).toString().replaceAll("\u0000", "0"));
const filled = text.map((string) => `t${string}`);
const topic = filled.map((string) => string.replace(/[+#]/g, "-"));
const binary = fc.oneof(text, fc.uint8Array(), fc.constant(""), fc.constant(new Uint8Array(0)));
const QoSs = fc.constantFrom<QoS[]>(0, 1, 2);
const id = fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom(1, 255, 256, 65_535));
const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const buffer = (value: string | Uint8Array) => Buffer.from(value as Uint8Array);
const oracle = (packet: object) => new Uint8Array(generate(packet as Packet));

describe("our bytes are those of mqtt-packet for", () => {
  it("CONNECT with every combination of will, user, password, Clean Session and keepalive", () => {
    const fields = fc.record({
      id: text,
      clean: fc.boolean(),
      keepAlive: fc.oneof(fc.integer({ min: 0, max: 65_535 }), fc.constantFrom(0, 1, 255, 256, 65_535)),
      will: option(fc.record({ topic, message: binary, QoS: QoSs, retain: fc.boolean() })),
      user: option(text),
      password: option(binary),
    });
    fc.assert(
      fc.property(fields, (generated) => {
        // A password needs a user [MQTT-3.1.2-22], an empty id needs clean [MQTT-3.1.3-7].
        const connect: ConnectFields = {
          ...generated,
          clean: generated.clean || generated.id === "",
          password: generated.user === undefined ? undefined : generated.password,
        };
        const { will, user, password } = connect;
        const expected = oracle({
          cmd: "connect",
          protocolId: "MQTT",
          protocolVersion: 4,
          clientId: connect.id,
          clean: connect.clean,
          keepalive: connect.keepAlive,
          ...(will && {
            will: { topic: will.topic, payload: buffer(will.message), qos: will.QoS, retain: will.retain },
          }),
          ...(user !== undefined && { username: buffer(user) }),
          ...(password !== undefined && { password: buffer(password) }),
        });
        expect(encodeConnect(connect)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  /** Topic and payload whose packet has this Remaining Length. */
  const ofLength = (remaining: number, QoS: QoS) => Buffer.alloc(remaining - 2 - 1 - (QoS > 0 ? 2 : 0), 0x61);

  function expectPublish(name: string, payload: string | Uint8Array, QoS: QoS, retain: boolean, messageId: number) {
    const packet = encodePublish(name, checkTopicName(name), payload, QoS, retain, messageId);
    const expected = { cmd: "publish", topic: name, payload: buffer(payload), qos: QoS, retain, dup: false };
    expect(packet).toEqual(oracle({ ...expected, ...(QoS > 0 && { messageId }) }));
    if (QoS === 0) return;
    expect(identifierOf(packet)).toBe(messageId);
    packet[0] = (packet[0] as number) | types.DUP;
    expect(packet).toEqual(oracle({ ...expected, messageId, dup: true }));
  }

  it("PUBLISH with every QoS and retain", () => {
    fc.assert(
      fc.property(topic, binary, QoSs, fc.boolean(), id, (name, payload, QoS, retain, messageId) => {
        expectPublish(name, payload, QoS, retain, messageId);
      }),
      { numRuns: 500 },
    );
  });

  it.each([127, 128, 129, 16_383, 16_384, 16_385, 2_097_151, 2_097_152])(
    "PUBLISH with a Remaining Length of %i",
    (remaining) => {
      for (const QoS of [0, 1, 2] as const) {
        const payload = ofLength(remaining, QoS);
        const packet = encodePublish("t", 1, payload, QoS, false, 7);
        const expected = oracle({
          cmd: "publish",
          topic: "t",
          payload,
          qos: QoS,
          retain: false,
          dup: false,
          ...(QoS > 0 && { messageId: 7 }),
        });
        // Compared as buffers: quick for megabytes.
        expect(Buffer.compare(packet, expected)).toBe(0);
        expect(packet.length - headerLength(packet)).toBe(remaining);
      }
    },
  );

  it("SUBSCRIBE and UNSUBSCRIBE with several filters", () => {
    const filters = fc.array(fc.record({ filter: filled, QoS: QoSs }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(filters, id, (list, messageId) => {
        const subscriptions = list.map(({ filter, QoS }) => ({ topic: filter, qos: QoS }));
        const unsubscriptions = list.map(({ filter }) => filter);
        expect(encodeRequest(types.SUBSCRIBE, messageId, list)).toEqual(
          oracle({ cmd: "subscribe", messageId, subscriptions }),
        );
        expect(encodeRequest(types.UNSUBSCRIBE, messageId, list)).toEqual(
          oracle({ cmd: "unsubscribe", messageId, unsubscriptions }),
        );
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["puback", types.PUBACK],
    ["pubrec", types.PUBREC],
    ["pubrel", types.PUBREL],
    ["pubcomp", types.PUBCOMP],
  ] as const)("%s", (cmd, type) => {
    const into = new Uint8Array(4);
    for (const messageId of [1, 127, 128, 255, 256, 0x1234, 65_535]) {
      expect(writeAcknowledgement(type, cmd === "pubrel" ? types.RESERVED_FLAGS : 0, messageId, into)).toBe(4);
      expect(into).toEqual(oracle({ cmd, messageId }));
      expect(identifierOf(into)).toBe(messageId);
    }
  });

  it("PINGREQ and DISCONNECT", () => {
    const into = new Uint8Array(2);
    expect(writeBare(types.PINGREQ, into)).toBe(2);
    expect(into).toEqual(oracle({ cmd: "pingreq" }));
    expect(writeBare(types.DISCONNECT, into)).toBe(2);
    expect(into).toEqual(oracle({ cmd: "disconnect" }));
  });
});

describe("a payload from a source", () => {
  it("is announced in the header, and only what stands before it is encoded", () => {
    const source: PayloadSource = { byteLength: 1_000_000, read: () => {} };
    const packet = encodePublish("long", 4, source, 1, true, 0x0102);
    const whole = encodePublish("long", 4, new Uint8Array(1_000_000), 1, true, 0x0102);
    expect(packet).toEqual(whole.subarray(0, packet.length));
    expect(packet.length).toBe(whole.length - 1_000_000);
    expect(identifierOf(packet)).toBe(0x0102);
  });

  it("may be as long as the protocol allows, and no longer", () => {
    const most = 268_435_455 - 2 - 1 - 2;
    const source = (byteLength: number): PayloadSource => ({ byteLength, read: () => {} });
    expect(encodePublish("t", 1, source(most), 2, false, 1).subarray(0, 5)).toEqual(
      Uint8Array.of(0x34, 0xff, 0xff, 0xff, 0x7f),
    );
    expect(thrownBy(() => encodePublish("t", 1, source(most + 1), 2, false, 1))).toMatchObject({
      kind: "misuse",
      code: "payload-too-large",
    });
  });
});

it("a payload of text that is not well-formed is refused", () => {
  expect(thrownBy(() => encodePublish("t", 1, "a\ud800", 0, false, 0))).toMatchObject({ code: "MQTT-1.5.3-1" });
});

it("a password of text may hold U+0000, for it is binary data", () => {
  const fields = { id: "m", clean: true, keepAlive: 60, user: "u", will: undefined } as const;
  expect(encodeConnect({ ...fields, password: "a\u0000b" })).toEqual(
    encodeConnect({ ...fields, password: Uint8Array.of(0x61, 0, 0x62) }),
  );
});

it.each([
  ["a\u0000", "MQTT-1.5.3-1"],
  ["\ud800", "MQTT-1.5.3-1"],
  [new Uint8Array(65_536), "field-too-long"],
])("a field that cannot be written is refused by its rule, and named (%#)", (field, code) => {
  expect(thrownBy(() => checkField(field, "option user"))).toMatchObject({
    kind: "misuse",
    code,
    message: expect.stringContaining("option user"),
  });
  expect(() => checkField(new Uint8Array(65_535), "option user")).not.toThrow();
});

it("an encoded PUBLISH is read back as it was given", () => {
  fc.assert(
    fc.property(
      topic,
      fc.uint8Array({ maxLength: 300 }),
      QoSs,
      fc.boolean(),
      id,
      (name, payload, QoS, retain, number) => {
        const packet = encodePublish(name, checkTopicName(name), payload, QoS, retain, number);
        const view = viewPublish(packet);
        expect({ ...view, payload: [...view.payload] }).toEqual({ topic: name, payload: [...payload], QoS, retain });
      },
    ),
  );
});

it("an encoded PUBLISH is written into the array that is given for it", () => {
  const given: Uint8Array[] = [];
  const allocate = (byteLength: number) => {
    given.push(new Uint8Array(byteLength));
    return given[0] as Uint8Array;
  };
  const packet = encodePublish("t", 1, "x", 1, false, 5, allocate);
  expect(packet).toBe(given[0]);
  expect(packet).toEqual(encodePublish("t", 1, "x", 1, false, 5));
});

describe("two packets are of one stream", () => {
  const one = encodePublish("a/b", 3, "x", 1, false, 5);
  const is = (other: Uint8Array) => isOfOneStream(one, other) && isOfOneStream(other, one);

  it("when both are PUBLISH to one topic with one QoS, whatever else they say", () => {
    expect(is(encodePublish("a/b", 3, "y".repeat(200), 1, true, 6))).toBe(true);
    const again = one.slice();
    again[0] = (again[0] as number) | 8;
    expect(is(again)).toBe(true);
  });

  it("and not with another topic or QoS, nor as PUBREL", () => {
    for (const topic of ["a/c", "c/b", "a/bb", "a"]) {
      expect(is(encodePublish(topic, topic.length, "x", 1, false, 5))).toBe(false);
    }
    expect(is(encodePublish("a/c", 3, "y".repeat(200), 1, false, 5))).toBe(false);
    expect(is(encodePublish("a/b", 3, "x", 2, false, 5))).toBe(false);
    const release = Uint8Array.of(0x62, 2, 0, 5);
    expect(isOfOneStream(release, release)).toBe(false);
    expect(is(release)).toBe(false);
  });
});
