/**
 * Packets of a client out of a stream of bytes, as strictly as a broker can be: what a conforming one would close the
 * connection for is a {@link Rejected} with the rule's number.
 */
import { PACKET_NAMES, PUBLISH, PUBREL, RESERVED_FLAGS, SUBSCRIBE, UNSUBSCRIBE } from "../../../src/mqtt/packet.js";
import { readUtf8 } from "../../../src/mqtt/utf8.js";

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

const EMPTY = new Uint8Array(0);

export class PacketReader {
  #rest: Uint8Array = EMPTY;

  /** Bytes of a packet that is not whole yet. */
  get partial(): number {
    return this.#rest.length;
  }

  /** Takes bytes, which may be kept. @throws Rejected */
  push(bytes: Uint8Array, take: TakePacket): void {
    let all = bytes;
    if (this.#rest.length > 0) {
      all = new Uint8Array(this.#rest.length + bytes.length);
      all.set(this.#rest);
      all.set(bytes, this.#rest.length);
      this.#rest = EMPTY;
    }
    let start = 0;
    while (start < all.length) {
      const first = all[start] as number;
      checkFirst(first);
      let at = start + 1;
      let remaining = 0;
      let factor = 1;
      let byte = 0x80;
      while (byte >= 0x80 && at < all.length) {
        if (factor > 0x200000) throw new Rejected("MQTT-2.2.3", "the Remaining Length has more than four bytes");
        byte = all[at++] as number;
        remaining += (byte & 0x7f) * factor;
        factor *= 0x80;
        if (byte === 0 && factor > 0x80) {
          throw new Rejected("MQTT-2.2.3", "the Remaining Length has more bytes than it needs");
        }
      }
      if (byte >= 0x80) break;
      checkLength(first >> 4, remaining);
      if (at + remaining > all.length) break;
      start = at + remaining;
      if (!take(first, all.subarray(at, start))) return;
    }
    if (start < all.length) this.#rest = start === 0 ? all : all.slice(start);
  }
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
