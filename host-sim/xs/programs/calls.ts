/**
 * The codec and the engine's tables as functions from JSON to JSON, so that the same vectors run in Node.js and on XS.
 * Bytes are hexadecimal text.
 */

import type { QoS } from "../../../src/mqtt/api.js";
import { MqttError } from "../../../src/mqtt/errors.js";
import { entryOf, OutgoingLog } from "../../../src/mqtt/inflight.js";
import { Decoder, NOTHING, PIECE } from "../../../src/mqtt/wire/decode.js";
import {
  type ConnectFields,
  encodeConnect,
  encodePublish,
  encodeRequest,
  writeAcknowledgement,
} from "../../../src/mqtt/wire/encode.js";
import { PACKET_NAMES, PUBACK, PUBCOMP, PUBLISH, PUBREC } from "../../../src/mqtt/wire/packet.js";
import { checkTopicFilter, checkTopicName, matches } from "../../../src/mqtt/wire/topic.js";
import { readUtf8, utf8Length, writeUtf8 } from "../../../src/mqtt/wire/utf8.js";

export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

type Bytes = string | { readonly hex: string };
const field = (value: Bytes) => (typeof value === "string" ? value : fromHex(value.hex));

interface ConnectVector extends Omit<ConnectFields, "will" | "user" | "password"> {
  readonly will?: { readonly topic: string; readonly message: Bytes; readonly QoS: QoS; readonly retain: boolean };
  readonly user?: string;
  readonly password?: Bytes;
}

/** Each by its name; what is thrown is a result too. */
const functions = Object.freeze({
  utf8Length: (text: string, allowNull: boolean) => utf8Length(text, allowNull),
  writeUtf8(text: string, offset: number) {
    const into = new Uint8Array(offset + utf8Length(text, true) + 1).fill(0xee);
    const end = writeUtf8(text, into, offset);
    return [end, toHex(into)];
  },
  /** The code points of what was read. */
  readUtf8: (hex: string, start: number, end: number) =>
    Array.from(readUtf8(fromHex(hex), start, end), (character) => character.codePointAt(0)),
  checkTopicName: (topic: string) => checkTopicName(topic),
  checkTopicFilter: (filter: string) => checkTopicFilter(filter),
  matches: (filter: string, topic: string) => matches(filter, topic),
  encodeConnect({ will, user, password, ...rest }: ConnectVector) {
    return toHex(
      encodeConnect({
        ...rest,
        will: will && { ...will, message: field(will.message) },
        user,
        password: password === undefined ? undefined : field(password),
      } as ConnectFields),
    );
  },
  encodePublish: (topic: string, payload: Bytes, QoS: QoS, retain: boolean, id: number) =>
    toHex(encodePublish(topic, checkTopicName(topic), field(payload), QoS, retain, id)),
  encodeRequest: (type: 8 | 10, id: number, list: { filter: string; QoS: QoS }[]) =>
    toHex(encodeRequest(type, id, list)),
  writeAcknowledgement(type: number, flags: number, id: number) {
    const into = new Uint8Array(4);
    writeAcknowledgement(type, flags, id, into);
    return toHex(into);
  },
  decode(hex: string, bufferSize: number, chunks: readonly number[]) {
    const events: unknown[] = [];
    try {
      decodeInto(events, fromHex(hex), bufferSize, chunks);
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      return { events, error: error.code, kind: error.kind };
    }
    return { events };
  },
  answer(name: "PUBACK" | "PUBREC" | "PUBCOMP", sent: string) {
    const log = new OutgoingLog();
    const types = { PUBACK, PUBREC, PUBCOMP };
    const isQoS2 = sent === "PUBREL" || sent === "PUBLISH with QoS 2";
    const entry = entryOf(7, encodePublish("t", 1, "", isQoS2 ? 2 : 1, false, 7), undefined, false);
    entry.released = sent === "PUBREL";
    if (sent !== "nothing: the identifier is free") log.append(entry);
    if (!sent.startsWith("nothing")) log.advance();
    return log.answer(types[name], 7, log.indexOf(7));
  },
});

export type CallName = keyof typeof functions;

/** One vector: a function's name and what it is given. */
export interface Call {
  readonly name: CallName;
  readonly args: readonly unknown[];
}

/** @returns JSON: `{"result": …}`, or `{"code": …, "kind": …}` of an MqttError, or `{"thrown": …}` */
export function call({ name, args }: Call): string {
  try {
    const result = (functions[name] as (...args: readonly unknown[]) => unknown)(...args);
    return JSON.stringify({ result });
  } catch (error) {
    if (error instanceof MqttError) return JSON.stringify({ code: error.code, kind: error.kind });
    return JSON.stringify({ thrown: String(error) });
  }
}

function decodeInto(events: unknown[], stream: Uint8Array, bufferSize: number, chunks: readonly number[]): void {
  const decoder = new Decoder(bufferSize);
  let at = 0;
  for (let n = 0; at < stream.length; n++) {
    const room = decoder.room();
    const chunk = stream.subarray(at, at + Math.min(room.length, chunks[n % chunks.length] ?? 1));
    room.set(chunk);
    at += chunk.length;
    decoder.filled(chunk.length);
    for (let found = decoder.next(); found !== NOTHING; found = decoder.next()) {
      const { type, id, flags, topic, byteLength, offset, unfinished } = decoder;
      const body = toHex(decoder.body());
      if (type !== PUBLISH) events.push([PACKET_NAMES[type], id, body]);
      // A string's length is not the same on both engines, but its code points are.
      else
        events.push([
          found === PIECE ? "piece" : "PUBLISH",
          id,
          flags,
          codePoints(topic),
          byteLength,
          offset,
          unfinished,
          body,
        ]);
    }
  }
}

function codePoints(text: string): unknown[] {
  return Array.from(text, (character) => character.codePointAt(0));
}
