/**
 * Packets of a client out of a stream of bytes, as strictly as a broker can be: what a conforming one would close the
 * connection for is a {@link Rejected} with the rule's number.
 */
import {
  PACKET_NAMES,
  PUBLISH,
  PUBREL,
  RESERVED_FLAGS,
  SUBSCRIBE,
  UNSUBSCRIBE,
} from "../../../src/mqtt/wire/packet.js";
import { readUtf8 } from "../../../src/mqtt/wire/utf8.js";

/** The client broke the rule `rule`. */
export class Rejected extends Error {
  readonly rule: string;

  constructor(rule: string, why: string) {
    super(why);
    this.name = "Rejected";
    this.rule = rule;
  }
}

/** Takes one packet. @returns whether to go on with what follows it */
export type TakePacket = (first: number, body: Uint8Array) => boolean;

/** Remaining Length by packet type: least and most; -1 where a client may not send it. Chapter 3. */
const LEAST: readonly number[] = Object.freeze([-1, 12, -1, 3, 2, 2, 2, 2, 5, -1, 5, -1, 0, -1, 0, -1]);
const MOST: readonly number[] = Object.freeze([
  -1, 0xfffff, -1, 0xfffffff, 2, 2, 2, 2, 0xfffff, -1, 0xfffff, -1, 0, -1, 0, -1,
]);

export class PacketReader {
  /** What has come of a packet that is not whole yet. */
  #parts: Uint8Array[] = [];
  #length = 0;
  /** Bytes of that packet, as far as they are known: it is not looked at before they are there. */
  #needed = 0;

  /** Bytes of a packet that is not whole yet. */
  get partial(): number {
    return this.#length;
  }

  /** Takes bytes, which may be kept. @throws Rejected */
  push(bytes: Uint8Array, take: TakePacket): void {
    if (this.#length > 0) {
      this.#parts.push(bytes);
      this.#length += bytes.length;
      if (this.#length < this.#needed) return;
    }
    const all = this.#length > 0 ? joined(this.#parts, this.#length) : bytes;
    this.#parts = [];
    this.#length = this.#needed = 0;
    let start = 0;
    while (start < all.length) {
      const end = endOf(all, start);
      if (end === undefined || end > all.length) {
        this.#parts.push(all.subarray(start));
        this.#length = all.length - start;
        this.#needed = end === undefined ? 0 : end - start;
        return;
      }
      const at = start;
      start = end;
      if (!take(all[at] as number, all.subarray(bodyOf(all, at), end))) return;
    }
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Where the packet at `start` ends; undefined while its fixed header is not whole. @throws Rejected */
function endOf(bytes: Uint8Array, start: number): number | undefined {
  const first = bytes[start] as number;
  checkFirst(first);
  let remaining = 0;
  let factor = 1;
  for (let at = start + 1; ; at++) {
    if (factor > 0x200000) throw new Rejected("MQTT-2.2.3", "the Remaining Length has more than four bytes");
    if (at >= bytes.length) return undefined;
    const byte = bytes[at] as number;
    remaining += (byte & 0x7f) * factor;
    if (byte < 0x80) {
      if (byte === 0 && factor > 1)
        throw new Rejected("MQTT-2.2.3", "the Remaining Length has bytes that it needs not");
      checkLength(first >> 4, remaining);
      return at + 1 + remaining;
    }
    factor *= 0x80;
  }
}

/** Where the body of the packet at `start` begins. */
function bodyOf(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while ((bytes[at++] as number) >= 0x80);
  return at;
}

function checkFirst(first: number): void {
  const type = first >> 4;
  const flags = first & 0x0f;
  if ((LEAST[type] as number) < 0) throw new Rejected("MQTT-2.2.1", `a client must not send ${PACKET_NAMES[type]}`);
  if (type === PUBLISH) {
    if ((flags & 6) === 6) throw new Rejected("MQTT-3.3.1-4", "PUBLISH with both QoS bits set");
    if ((flags & 6) === 0 && flags & 8) throw new Rejected("MQTT-3.3.1-2", "PUBLISH with QoS 0 and DUP set");
    return;
  }
  const expected = type === PUBREL || type === SUBSCRIBE || type === UNSUBSCRIBE ? RESERVED_FLAGS : 0;
  if (flags !== expected) throw new Rejected("MQTT-2.2.2-2", `${PACKET_NAMES[type]} with the reserved flags ${flags}`);
}

function checkLength(type: number, remaining: number): void {
  if (remaining < (LEAST[type] as number) || remaining > (MOST[type] as number)) {
    throw new Rejected("MQTT-2.2.3", `${PACKET_NAMES[type]} with a Remaining Length of ${remaining}`);
  }
}

/** Reads the fields of a packet's body one after the other. */
export class Fields {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  #at = 0;

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#name = name;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    this.#need(1);
    return this.#bytes[this.#at++] as number;
  }

  uint16(): number {
    return this.uint8() * 256 + this.uint8();
  }

  /** A packet identifier. */
  identifier(): number {
    const id = this.uint16();
    if (id === 0) throw new Rejected("MQTT-2.3.1-1", `${this.#name} with packet identifier 0`);
    return id;
  }

  text(): string {
    const length = this.uint16();
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    try {
      return readUtf8(this.#bytes, start, this.#at);
    } catch (error) {
      throw new Rejected("MQTT-1.5.3-1", `${this.#name}: ${(error as Error).message}`);
    }
  }

  binary(): Uint8Array {
    const length = this.uint16();
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    return this.#bytes.slice(start, this.#at);
  }

  /** All that is left. A view. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  end(): void {
    if (this.left > 0) throw new Rejected("MQTT-2.2.3", `${this.#name} has ${this.left} bytes too many`);
  }

  #need(count: number): void {
    if (this.left < count) throw new Rejected("MQTT-2.2.3", `${this.#name} is cut short`);
  }
}
