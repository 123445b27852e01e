import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { type Call, call, toHex } from "../../host-sim/xs/programs/calls.js";
import * as types from "../../src/mqtt/wire/packet.js";
import { describeWith } from "../support/describe-with.js";
import { generate, type Packet, publish } from "../support/packets.js";
import { ANSWERS } from "../vectors/answers.js";
import { BREACHES, TOO_LARGE } from "../vectors/streams.js";
import { FILTERS, LONGEST, MATCHES, NAMES, NOT_FILTERS, NOT_NAMES } from "../vectors/topics.js";
import { PLENTY, runOnXs } from "./rig.js";

vi.setConfig({ testTimeout: 120_000 });

/** A call, and what it gives: what an oracle says, or Node.js where there is none. */
interface Vector {
  readonly call: Call;
  readonly expected: object;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const oracle = (packet: object) => hex(generate(packet as Packet));
const vector = (name: Call["name"], args: readonly unknown[], expected: object): Vector => ({
  call: { name, args },
  expected,
});
/** What Node.js makes of it, where tests of its own hold it to an oracle. */
const asInNode = (name: Call["name"], ...args: unknown[]): Vector =>
  vector(name, args, JSON.parse(call({ name, args })) as object);

/** The same ones each time: a failure can be run again. */
const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number) => fc.sample(arbitrary, { seed: 5, numRuns: count });

const text = fc.string({ unit: "binary", maxLength: 30 }).map((string) => string.replaceAll("\u0000", "0"));
const units = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdfff, 0xe000),
    ),
  )
  .map((list) => String.fromCharCode(...list));
const id = fc.integer({ min: 1, max: 65_535 });
const QoSs = fc.constantFrom(0, 1, 2);
const wellFormed = (string: string) => Buffer.from(string).toString().replaceAll("\u0000", "0");

/** @throws AssertionError that names the vectors that gave something else on XS */
async function expectOnXs(vectors: readonly Vector[]): Promise<void> {
  const results: unknown[] = [];
  const { code, words, told } = await runOnXs({
    entry: "host-sim/xs/programs/vectors.ts",
    memory: PLENTY,
    onAsk: (_name, [index]) => {
      const vector = vectors[Number(index)];
      return vector && JSON.stringify(vector.call);
    },
  });
  for (const [name, index, json] of told) if (name === "result") results[Number(index)] = JSON.parse(String(json));
  const wrong = vectors.flatMap(({ call, expected }, index) =>
    JSON.stringify(results[index]) === JSON.stringify(expected) ? [] : [{ ...call, expected, result: results[index] }],
  );
  expect({ code, words, wrong }).toEqual({ code: 0, words: "", wrong: [] });
}

describeWith("C compiler", "on XS, as in Node.js,", () => {
  it("topics are checked and matched", () =>
    expectOnXs([
      ...NAMES.map((topic) => vector("checkTopicName", [topic], { result: Buffer.byteLength(topic) })),
      ...FILTERS.map((filter) => vector("checkTopicFilter", [filter], { result: Buffer.byteLength(filter) })),
      vector("checkTopicName", [LONGEST], { result: 65_535 }),
      vector("checkTopicName", [`${LONGEST}y`], { code: "MQTT-4.7.3-3", kind: "misuse" }),
      ...NOT_NAMES.map(([topic, code]) => vector("checkTopicName", [topic], { code, kind: "misuse" })),
      ...NOT_FILTERS.map(([filter, code]) => vector("checkTopicFilter", [filter], { code, kind: "misuse" })),
      ...MATCHES.map(([filter, topic, result]) => vector("matches", [filter, topic], { result })),
    ]));

  it("text is measured, written and read", () =>
    expectOnXs([
      vector("utf8Length", ["😀", false], { result: 4 }),
      vector("utf8Length", ["a\u0000b", false], { result: -1 }),
      vector("utf8Length", ["a\u0000b", true], { result: 3 }),
      ...sample(units, 300).map((string) => asInNode("utf8Length", string, true)),
      ...sample(text, 200).map((string) =>
        vector("writeUtf8", [wellFormed(string), 2], {
          result: [
            2 + Buffer.byteLength(wellFormed(string)),
            `eeee${Buffer.from(wellFormed(string)).toString("hex")}ee`,
          ],
        }),
      ),
      ...sample(text, 200).map((string) => {
        const bytes = Buffer.from(string);
        const points = Array.from(bytes.toString(), (character) => character.codePointAt(0));
        return vector("readUtf8", [hex(bytes), 0, bytes.length], { result: points });
      }),
      ...sample(fc.uint8Array({ maxLength: 12 }), 300).map((bytes) =>
        asInNode("readUtf8", hex(bytes), 0, bytes.length),
      ),
    ]));

  it("packets are encoded to the bytes of mqtt-packet", () =>
    expectOnXs([
      ...sample(fc.tuple(text, text, QoSs, fc.boolean(), id), 200).map(([name, payload, qos, retain, messageId]) => {
        const topic = `t${wellFormed(name).replace(/[+#]/g, "-")}`;
        const packet = { cmd: "publish", topic, payload: Buffer.from(wellFormed(payload)), qos, retain, dup: false };
        const result = oracle({ ...packet, ...(qos > 0 && { messageId }) });
        return vector("encodePublish", [topic, wellFormed(payload), qos, retain, messageId], { result });
      }),
      ...[127, 128, 129, 16_383, 16_384, 16_385].map((remaining) => {
        const payload = Buffer.alloc(remaining - 3, 0x61);
        const result = oracle({ cmd: "publish", topic: "t", payload, qos: 0, retain: false, dup: false });
        return vector("encodePublish", ["t", { hex: hex(payload) }, 0, false, 0], { result });
      }),
      ...sample(fc.tuple(text, text, text, QoSs, fc.boolean(), fc.nat(65_535)), 150).map(
        ([name, user, message, QoS, retain, keepAlive]) => {
          const [clientId, username, payload] = [name, user, message].map(wellFormed) as [string, string, string];
          const result = oracle({
            cmd: "connect",
            protocolId: "MQTT",
            protocolVersion: 4,
            clientId: `c${clientId}`,
            clean: false,
            keepalive: keepAlive,
            will: { topic: "w", payload: Buffer.from(payload), qos: QoS, retain },
            username: Buffer.from(username),
            password: Buffer.from(payload),
          });
          const will = { topic: "w", message: payload, QoS, retain };
          const fields = { id: `c${clientId}`, clean: false, keepAlive, will, user: username, password: payload };
          return vector("encodeConnect", [fields], { result });
        },
      ),
      ...sample(fc.tuple(id, fc.array(fc.tuple(text, QoSs), { minLength: 1, maxLength: 4 })), 100).map(
        ([messageId, list]) => {
          const filters = list.map(([filter, QoS]) => ({ filter: `f${wellFormed(filter)}`, QoS }));
          const subscriptions = filters.map(({ filter, QoS }) => ({ topic: filter, qos: QoS }));
          const result = oracle({ cmd: "subscribe", messageId, subscriptions });
          return vector("encodeRequest", [types.SUBSCRIBE, messageId, filters], { result });
        },
      ),
      ...[1, 127, 128, 255, 256, 0x1234, 65_535].map((messageId) =>
        vector("writeAcknowledgement", [types.PUBREL, types.RESERVED_FLAGS, messageId], {
          result: oracle({ cmd: "pubrel", messageId }),
        }),
      ),
    ]));

  it("streams are decoded, in whatever chunks they come", () => {
    const message = fc.tuple(text, fc.uint8Array({ maxLength: 300 }), QoSs, id);
    const chunks = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });
    const stream = fc.tuple(fc.array(message, { minLength: 1, maxLength: 5 }), chunks, fc.constantFrom(64, 256));
    return expectOnXs(
      sample(stream, 200).map(([list, sizes, bufferSize]) => {
        const packets = list.map(([name, payload, QoS, messageId]) =>
          generate(
            publish(`t${wellFormed(name).replace(/[+#]/g, "-")}`, Buffer.from(payload), QoS as 0 | 1 | 2, messageId),
          ),
        );
        return asInNode("decode", toHex(Buffer.concat(packets)), bufferSize, sizes);
      }),
    );
  });

  it("the rule that a stream breaks is named, as soon as the bytes are there", () =>
    expectOnXs([
      ...BREACHES.flatMap(([, bytes, error]) =>
        [bytes.length, 1].map((size) =>
          vector("decode", [hex(Uint8Array.from(bytes)), 64, [size]], { result: { events: [], error, kind: "peer" } }),
        ),
      ),
      ...TOO_LARGE.map(([, bytes, error]) =>
        vector("decode", [hex(Uint8Array.from(bytes)), 64, [bytes.length]], {
          result: { events: [], error, kind: "resource" },
        }),
      ),
    ]));

  it("an answer has the effect that its table says", () =>
    expectOnXs(
      ANSWERS.map(([answer, sent, expected]) =>
        vector(
          "answer",
          [answer, sent],
          typeof expected === "number" ? { result: expected } : { code: expected, kind: "peer" },
        ),
      ),
    ));
});
