/**
 * Packets of a broker from a stream of bytes. Chapter 3.
 *
 * One buffer, filled by the owner and never grown. A packet that fits it is given whole; a PUBLISH that does not is given in
 * pieces, and where the pieces end depends on the buffer's size alone, never on how the bytes happened to arrive. One whose
 * topic does not fit is read past, and told of when it has come to its end. Every rule is checked as soon as the bytes it is
 * about are there, so that a peer that breaks one is not waited for.
 */
import type { QoS } from "../api.js";
import { resource, violation } from "../errors.js";
import { checksum } from "./checksum.js";
import { LongTopic, NAMED } from "./long-topic.js";
import {
  CONNACK,
  DUP,
  PACKET_NAMES,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
  RESERVED_FLAGS,
  SUBACK,
  SUBSCRIBE_FAILURE,
  UNSUBACK,
  uint16At,
} from "./packet.js";
import { hasWildcard } from "./topic.js";
import { readStart, readUtf8 } from "./utf8.js";

/** {@link Decoder.next} has found no whole packet or piece. */
export const NOTHING = 0;
/** {@link Decoder.next} has found a packet, the first piece of a PUBLISH, or the end of one with a {@link LongTopic}. */
export const PACKET = 1;
/** {@link Decoder.next} has found a further piece of the PUBLISH that came before. */
export const PIECE = 2;

/** What a broker may send, by packet type: the least and the largest Remaining Length; -1 where it may not send it. */
const LEAST: readonly number[] = Object.freeze(Array.of(-1, -1, 2, 3, 2, 2, 2, 2, -1, 3, -1, 2, -1, 0, -1, -1));
const MOST: readonly number[] = Object.freeze(
  Array.of(-1, -1, 2, 0x0fffffff, 2, 2, 2, 2, -1, 0xffff, -1, 2, -1, 0, -1, -1),
);

export class Decoder {
  private readonly buffer: Uint8Array;
  /** The bytes not yet given are those from start to end. */
  private start = 0;
  private end = 0;
  /** Bytes of a PUBLISH's payload that are still to be given. */
  private left = 0;

  // What `next` has found.
  type = 0;
  /** The lower four bits of the first byte. */
  flags = 0;
  /** The packet identifier; 0 where the packet has none. */
  id = 0;
  /** Of a PUBLISH. */
  topic = "";
  /** Of a PUBLISH: bytes of the whole payload. */
  byteLength = 0;
  /** Of a PUBLISH: where the piece stands in the payload. */
  offset = 0;
  /** The PUBLISH that is being read past, or just was: no topic, payload or piece is given of it. */
  long: LongTopic | undefined;
  /** Where the variable header of a PUBLISH stands, and its topic ends; 0 while that is not known. */
  private topicStart = 0;
  private topicEnd = 0;
  /** Where the payload or piece (PUBLISH), the return codes (SUBACK) or flags and return code (CONNACK) stand. */
  private bodyStart = 0;
  private bodyEnd = 0;

  /** @param size bytes of the buffer, 64 at least; bounds pieces and the topics that are handed over */
  constructor(size: number) {
    this.buffer = new Uint8Array(size);
  }

  /** Forgets everything: for a new connection. */
  reset(): void {
    this.start = this.end = this.left = this.bodyStart = this.bodyEnd = 0;
    this.long = undefined;
  }

  /** Whether a PUBLISH has been given, or read past, in part. */
  get unfinished(): boolean {
    return this.left > 0;
  }

  get QoS(): QoS {
    return ((this.flags >> 1) & 3) as QoS;
  }

  /** Where to put the next bytes; empty only while `next` has not been called until it finds nothing. */
  room(): Uint8Array {
    if (this.start > 0) {
      if (this.start < this.end) this.buffer.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    return this.buffer.subarray(this.end);
  }

  /** `count` bytes have been put into {@link room}. */
  filled(count: number): void {
    this.end += count;
  }

  /** The bytes found; a view that the next {@link room} makes invalid. */
  body(): Uint8Array {
    return this.buffer.subarray(this.bodyStart, this.bodyEnd);
  }

  /**
   * A checksum of the PUBLISH just found, to tell it from another with its identifier: of topic, identifier and payload, or of
   * the payload's length where that is not here whole.
   */
  print(): number {
    const end = this.left > 0 ? this.bodyStart : this.bodyEnd;
    const sum = checksum(this.buffer, this.topicStart, end);
    return this.left > 0 ? sum ^ (this.byteLength & 0xffff) : sum;
  }

  /** The first characters of the topic of the PUBLISH just found or at which `next` threw, as far as they are well-formed. */
  get topicKnown(): string | undefined {
    const long = this.long;
    if (long !== undefined) return readStart(long.known, 0, long.known.length);
    if (this.topicEnd === 0) return undefined;
    return readStart(this.buffer, this.topicStart + 2, Math.min(this.topicEnd, this.topicStart + 2 + NAMED));
  }

  /** One byte of the body. */
  byte(index: number): number {
    return this.buffer[this.bodyStart + index] as number;
  }

  /**
   * Finds the next packet or piece.
   * @returns NOTHING, PACKET or PIECE
   * @throws MqttError of kind `peer` that names the rule broken, or of kind `resource` for what the buffer cannot hold;
   * after that there is nothing to go on with
   */
  next(): number {
    if (this.left > 0) return this.long === undefined ? this.nextPiece(this.start) : this.readPast();
    if (this.start === this.end) return NOTHING;
    const first = this.buffer[this.start] as number;
    const type = first >> 4;
    const flags = first & 0x0f;
    this.long = undefined;
    this.topicStart = this.topicEnd = 0;
    // Whose packet it is that breaks a rule is asked for afterwards.
    this.type = type;
    this.flags = flags;
    this.id = 0;
    this.checkFirst(type, flags);

    let at = this.start + 1;
    let remaining = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift > 21) throw violation("MQTT-2.2.3", "the Remaining Length has more than four bytes");
      if (at === this.end) return NOTHING;
      const byte = this.buffer[at++] as number;
      remaining |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (remaining < (LEAST[type] as number) || remaining > (MOST[type] as number)) {
      throw violation("MQTT-2.2.3", `${PACKET_NAMES[type]} has a Remaining Length of ${remaining}`);
    }

    const end = at + remaining;
    if (type !== PUBLISH && end - this.start > this.buffer.length) {
      throw resource(
        "packet-too-large",
        `${PACKET_NAMES[type]} of ${remaining} bytes is larger than the receive buffer`,
      );
    }
    if (type === PUBLISH) return this.publish(at, end);
    if (end > this.end) return NOTHING;
    this.packet(at, end);
    this.start = end;
    return PACKET;
  }

  private checkFirst(type: number, flags: number): void {
    if ((LEAST[type] as number) < 0) {
      throw violation(
        "MQTT-2.2.1",
        `a broker must not send packet type ${type} (${PACKET_NAMES[type]})${hint(type, flags)}`,
      );
    }
    if (type === PUBLISH) {
      if ((flags & 0x06) === 0x06) throw violation("MQTT-3.3.1-4", "PUBLISH with both QoS bits set");
      if ((flags & 0x06) === 0 && flags & DUP) throw violation("MQTT-3.3.1-2", "PUBLISH with QoS 0 and DUP set");
    } else if (flags !== (type === PUBREL ? RESERVED_FLAGS : 0)) {
      throw violation("MQTT-2.2.2-2", `${PACKET_NAMES[type]} with the reserved flags ${flags}${hint(type, flags)}`);
    }
  }

  private identifier(at: number): number {
    const id = uint16At(this.buffer, at);
    if (id === 0) throw violation("MQTT-2.3.1-1", `${PACKET_NAMES[this.type]} with packet identifier 0`);
    return id;
  }

  /** All of a packet other than PUBLISH is here. */
  private packet(at: number, end: number): void {
    let body = at;
    switch (this.type) {
      case CONNACK:
        this.checkConnack(this.buffer[at] as number, this.buffer[at + 1] as number);
        break;
      case PUBACK:
      case PUBREC:
      case PUBREL:
      case PUBCOMP:
      case UNSUBACK:
      case SUBACK:
        this.id = this.identifier(at);
        body = at + 2;
        if (this.type === SUBACK) this.checkReturnCodes(body, end);
        break;
    }
    this.bodyStart = body;
    this.bodyEnd = end;
  }

  private checkConnack(flags: number, code: number): void {
    if (flags > 1) throw violation("MQTT-3.2.2.1", `CONNACK with the reserved flags ${flags}`);
    if (code > 5) throw violation("MQTT-3.2.2.3", `CONNACK with the reserved return code ${code}`);
    if (code > 0 && flags > 0) throw violation("MQTT-3.2.2-4", "CONNACK refuses and says that a session is present");
  }

  private checkReturnCodes(at: number, end: number): void {
    for (let index = at; index < end; index++) {
      const code = this.buffer[index] as number;
      if (code > 2 && code !== SUBSCRIBE_FAILURE) {
        throw violation("MQTT-3.9.3-2", `SUBACK with the reserved return code ${code}`);
      }
    }
  }

  /** The fixed header of a PUBLISH is here: its variable header begins at `at`, its payload ends at `end`. */
  private publish(at: number, end: number): number {
    if (at + 2 > this.end) return NOTHING;
    const topicEnd = at + 2 + uint16At(this.buffer, at);
    const payload = this.QoS > 0 ? topicEnd + 2 : topicEnd;
    if (payload > end) throw violation("MQTT-3.3.2", "the topic of a PUBLISH is longer than the packet");
    if (topicEnd === at + 2) throw violation("MQTT-4.7.3-1", "PUBLISH with an empty topic");
    // Of a payload that is there, a byte at least must fit behind the topic: a piece is never empty.
    if (Math.min(payload + 1, end) - this.start > this.buffer.length) {
      const length = topicEnd - at - 2;
      this.long = new LongTopic(length, end - at - 2, this.QoS > 0, checksum(this.buffer, at, at + 2));
      this.start = at + 2;
      return this.readPast();
    }
    if (payload > this.end) return NOTHING;
    const fits = end - this.start <= this.buffer.length;
    if (fits && end > this.end) return NOTHING;
    if (!fits && this.end - this.start < this.buffer.length) return NOTHING;

    this.topicStart = at;
    this.topicEnd = topicEnd;
    const topic = readUtf8(this.buffer, at + 2, topicEnd);
    if (hasWildcard(topic)) throw violation("MQTT-3.3.2-2", `PUBLISH to "${topic}", which holds a wildcard`);
    this.id = this.QoS > 0 ? this.identifier(topicEnd) : 0;
    this.topic = topic;
    this.byteLength = end - payload;
    this.left = this.byteLength;
    this.give(payload, Math.min(end, this.end));
    return PACKET;
  }

  private readPast(): number {
    const long = this.long as LongTopic;
    this.start = long.take(this.buffer, this.start, this.end);
    this.left = long.left;
    this.id = long.id;
    return this.left > 0 ? NOTHING : PACKET;
  }

  private nextPiece(start: number): number {
    const here = this.end - start;
    if (here < this.left && here < this.buffer.length) return NOTHING;
    this.give(start, start + Math.min(here, this.left));
    return PIECE;
  }

  private give(start: number, end: number): void {
    this.offset = this.byteLength - this.left;
    this.left -= end - start;
    this.bodyStart = start;
    this.bodyEnd = end;
    this.start = end;
  }
}

/** What a first byte that MQTT does not have is known from: the port is another service's. */
function hint(type: number, flags: number): string {
  if (type === 4 && flags === 8) return '; an answer of HTTP begins like this ("H"): is it the port of a web page?';
  return type === 1 && flags === 5 ? "; TLS begins like this: is it the port of TLS?" : "";
}
