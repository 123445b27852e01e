import type { QoS } from "../../../src/mqtt/api.js";
import { utf8Length, writeUtf8 } from "../../../src/mqtt/wire/utf8.js";

/** An application message as the broker holds it. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The QoS it was published with. */
  readonly QoS: QoS;
  readonly retain: boolean;
  /** Its {@link fingerprint}. */
  readonly print: number;
}

/** Whether a client must close the connection at it: a strict broker would not pass it on. [MQTT-1.5.3-2] */
export function isMalformed({ topic }: BrokerMessage): boolean {
  return topic.includes("\0");
}

/**
 * Tells messages apart without their bytes: a number below 2^53 from topic and payload. Text counts as its UTF-8.
 */
export function fingerprint(topic: string, payload: Uint8Array | string): number {
  let a = 0x811c9dc5;
  let b = 0x2f0b4c47;
  for (let index = 0; index < topic.length; index++) {
    a = Math.imul(a ^ topic.charCodeAt(index), 0x01000193);
    b = Math.imul(b ^ topic.charCodeAt(index), 0x5bd1e995);
    b ^= b >>> 13;
  }
  const text = typeof payload === "string";
  if (text && !isAscii(payload)) return fingerprint(topic, utf8(payload));
  const { length } = payload;
  for (let index = 0; index < length; index++) {
    const byte = text ? payload.charCodeAt(index) : (payload[index] as number);
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x5bd1e995);
    b ^= b >>> 13;
  }
  return (a >>> 0) * 0x200000 + (b & 0x1fffff);
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

export function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, utf8Length(text, true)));
  writeUtf8(text, bytes, 0);
  return bytes;
}
