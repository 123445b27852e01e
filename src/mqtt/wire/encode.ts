/**
 * Packets of the client as bytes, each in the fewest the specification allows. Chapter 3.
 *
 * What is longer than four bytes is encoded once into an array of its own, which then is what is stored, sent and sent
 * again: there is no second form of a packet to keep in step. Fields are measured (`…Length`) before anything is written.
 */
import type { PayloadSource, QoS } from "../api.js";
import { misuse } from "../errors.js";
import {
  CLEAN_SESSION,
  CONNECT,
  MAXIMUM_FIELD_LENGTH,
  MAXIMUM_REMAINING_LENGTH,
  PASSWORD_FLAG,
  PROTOCOL_LEVEL,
  PUBLISH,
  RESERVED_FLAGS,
  RETAIN,
  SUBSCRIBE,
  type UNSUBSCRIBE,
  USER_NAME_FLAG,
  uint16At,
  WILL_FLAG,
  WILL_RETAIN,
} from "./packet.js";
import { readUtf8, utf8Length, writeUtf8 } from "./utf8.js";

/** Text to be written as UTF-8, or bytes as they are. */
export type Field = string | Uint8Array;

export function fieldLength(field: Field, allowNull = false): number {
  return typeof field === "string" ? utf8Length(field, allowNull) : field.byteLength;
}

function writeField(field: Field, into: Uint8Array, offset: number): number {
  if (typeof field === "string") return writeUtf8(field, into, offset);
  into.set(field, offset);
  return offset + field.byteLength;
}

function writeUint16(value: number, into: Uint8Array, offset: number): number {
  into[offset] = value >> 8;
  into[offset + 1] = value & 0xff;
  return offset + 2;
}

/** A field behind its length in two bytes. Section 1.5.3. */
function writePrefixed(field: Field, into: Uint8Array, offset: number): number {
  const end = writeField(field, into, offset + 2);
  writeUint16(end - offset - 2, into, offset);
  return end;
}

function remainingLengthBytes(remaining: number): number {
  return remaining < 0x80 ? 1 : remaining < 0x4000 ? 2 : remaining < 0x200000 ? 3 : 4;
}

/**
 * Makes room for a packet and writes its fixed header. Section 2.2.
 * @param remaining the Remaining Length field
 * @param held of those, the bytes that belong into the array
 */
function begin(
  first: number,
  remaining: number,
  held = remaining,
  allocate?: (byteLength: number) => Uint8Array,
): Uint8Array {
  const byteLength = 1 + remainingLengthBytes(remaining) + held;
  const packet = allocate === undefined ? new Uint8Array(byteLength) : allocate(byteLength);
  packet[0] = first;
  let at = 1;
  for (let rest = remaining; ; ) {
    const low = rest & 0x7f;
    rest >>= 7;
    packet[at++] = rest > 0 ? low | 0x80 : low;
    if (rest === 0) return packet;
  }
}

/** Where the variable header of a packet begins. */
export function headerLength(packet: Uint8Array): number {
  let at = 1;
  while ((packet[at++] as number) & 0x80);
  return at;
}

/** What CONNECT says; all checked. Section 3.1. */
export interface ConnectFields {
  readonly id: string;
  readonly clean: boolean;
  /** Seconds. */
  readonly keepAlive: number;
  readonly user: string | undefined;
  readonly password: Field | undefined;
  readonly will:
    | { readonly topic: string; readonly message: Field; readonly QoS: QoS; readonly retain: boolean }
    | undefined;
}

export function encodeConnect(fields: ConnectFields): Uint8Array {
  const { id, will, user, password } = fields;
  let flags = fields.clean ? CLEAN_SESSION : 0;
  let remaining = 10 + 2 + fieldLength(id);
  if (will !== undefined) {
    flags |= WILL_FLAG | (will.QoS << 3) | (will.retain ? WILL_RETAIN : 0);
    remaining += 4 + fieldLength(will.topic) + fieldLength(will.message, true);
  }
  if (user !== undefined) {
    flags |= USER_NAME_FLAG;
    remaining += 2 + fieldLength(user);
  }
  if (password !== undefined) {
    flags |= PASSWORD_FLAG;
    remaining += 2 + fieldLength(password, true);
  }
  const packet = begin(CONNECT << 4, remaining);
  let at = writePrefixed("MQTT", packet, headerLength(packet));
  packet[at++] = PROTOCOL_LEVEL;
  packet[at++] = flags;
  at = writeUint16(fields.keepAlive, packet, at);
  at = writePrefixed(id, packet, at);
  if (will !== undefined) at = writePrefixed(will.message, packet, writePrefixed(will.topic, packet, at));
  if (user !== undefined) at = writePrefixed(user, packet, at);
  if (password !== undefined) writePrefixed(password, packet, at);
  return packet;
}

/**
 * PUBLISH, whole; of a payload that comes from a source only what stands before it. Section 3.3.
 * @param id the packet identifier; not sent with QoS 0
 * @param allocate as `ClientPlatform` has it
 * @throws MqttError of kind `misuse` when the payload cannot be sent
 */
export function encodePublish(
  topic: string,
  topicLength: number,
  payload: Field | PayloadSource,
  QoS: QoS,
  retain: boolean,
  id: number,
  allocate?: (byteLength: number) => Uint8Array,
): Uint8Array {
  const held = typeof payload === "string" || payload instanceof Uint8Array;
  const payloadLength = held ? fieldLength(payload, true) : payload.byteLength;
  if (payloadLength < 0) throw misuse("MQTT-1.5.3-1", "the payload holds half a surrogate pair");
  const variable = 2 + topicLength + (QoS > 0 ? 2 : 0);
  const remaining = variable + payloadLength;
  if (remaining > MAXIMUM_REMAINING_LENGTH) {
    throw misuse("payload-too-large", `the payload is larger than ${MAXIMUM_REMAINING_LENGTH - variable} bytes`);
  }
  const first = (PUBLISH << 4) | (QoS << 1) | (retain ? RETAIN : 0);
  const packet = begin(first, remaining, held ? remaining : variable, allocate);
  let at = writePrefixed(topic, packet, headerLength(packet));
  if (QoS > 0) at = writeUint16(id, packet, at);
  if (held) writeField(payload, packet, at);
  return packet;
}

/** SUBSCRIBE (with the QoS of each filter) or UNSUBSCRIBE (without). Sections 3.8 and 3.10. */
export function encodeRequest(
  type: typeof SUBSCRIBE | typeof UNSUBSCRIBE,
  id: number,
  filters: readonly { readonly filter: string; readonly QoS: QoS }[],
): Uint8Array {
  const withQoS = type === SUBSCRIBE ? 1 : 0;
  let remaining = 2;
  filters.forEach((one) => {
    remaining += 2 + withQoS + utf8Length(one.filter);
  });
  const packet = begin((type << 4) | RESERVED_FLAGS, remaining);
  let at = writeUint16(id, packet, headerLength(packet));
  filters.forEach((one) => {
    at = writePrefixed(one.filter, packet, at);
    if (withQoS) packet[at++] = one.QoS;
  });
  return packet;
}

/** A packet that is nothing but a type and an identifier: PUBACK, PUBREC, PUBREL, PUBCOMP. @returns its length */
export function writeAcknowledgement(type: number, flags: number, id: number, into: Uint8Array): number {
  into[0] = (type << 4) | flags;
  into[1] = 2;
  return writeUint16(id, into, 2);
}

/** A packet that is nothing but a type: PINGREQ, DISCONNECT. @returns its length */
export function writeBare(type: number, into: Uint8Array): number {
  into[0] = type << 4;
  into[1] = 0;
  return 2;
}

export function isPublish(packet: Uint8Array): boolean {
  return (packet[0] as number) >> 4 === PUBLISH;
}

/** The packet identifier of an encoded PUBLISH with QoS 1 or 2, or of an acknowledgement. */
export function identifierOf(packet: Uint8Array): number {
  let at = headerLength(packet);
  if (isPublish(packet)) at += 2 + uint16At(packet, at);
  return uint16At(packet, at);
}

/** What an encoded PUBLISH says. */
export interface PublishView {
  readonly topic: string;
  /** A view of the packet. */
  readonly payload: Uint8Array;
  readonly QoS: QoS;
  readonly retain: boolean;
}

/** Reads a PUBLISH of our own. */
export function viewPublish(packet: Uint8Array): PublishView {
  const first = packet[0] as number;
  const QoS = ((first >> 1) & 3) as QoS;
  const at = headerLength(packet);
  const topicEnd = at + 2 + uint16At(packet, at);
  return {
    topic: readUtf8(packet, at + 2, topicEnd),
    payload: packet.subarray(QoS > 0 ? topicEnd + 2 : topicEnd),
    QoS,
    retain: (first & RETAIN) !== 0,
  };
}

/** Whether two encoded packets are PUBLISH to one topic with one QoS: those that keep their order. Section 4.6. */
export function isOfOneStream(one: Uint8Array, other: Uint8Array): boolean {
  return (((one[0] as number) ^ (other[0] as number)) & 0x06) === 0 && isToOneTopic(one, other);
}

/** Whether two packets are PUBLISH to one topic. */
export function isToOneTopic(one: Uint8Array, other: Uint8Array): boolean {
  if (!isPublish(one) || !isPublish(other)) return false;
  const at = headerLength(one);
  const shift = headerLength(other) - at;
  const end = at + 2 + uint16At(one, at);
  // Of a topic of another length, the length differs.
  for (let index = at; index < end; index++) if (one[index] !== other[index + shift]) return false;
  return true;
}

/** Refuses text or bytes that do not fit a field with a length of two bytes. @throws MqttError of kind `misuse` */
export function checkField(field: Field, name: string): void {
  const length = fieldLength(field);
  if (length < 0) throw misuse("MQTT-1.5.3-1", `${name} holds U+0000 or half a surrogate pair`);
  if (length > MAXIMUM_FIELD_LENGTH) throw misuse("field-too-long", `${name} is longer than 65,535 bytes`);
}
