/**
 * The QoS 1 and QoS 2 hand-shakes of section 4.3, both directions: what is under way and what an answer does to it.
 * No I/O, no clock, no storage: a table and two lists.
 */
import type { PayloadSource } from "./api.js";
import { violation } from "./errors.js";
import { isPublish } from "./wire/encode.js";
import { PACKET_NAMES, PUBACK, PUBLISH, PUBREC } from "./wire/packet.js";

/** A message with QoS 1 or 2 that has been accepted and is not yet delivered. */
export interface Outgoing {
  /** Counts accepted messages; orders the log. */
  readonly token: number;
  /** The packet identifier. It belongs to the message from acceptance to completion. */
  readonly id: number;
  /** PUBLISH as bytes, kept until the broker has confirmed the message: a broker that loses its session wants it again. */
  readonly packet: Uint8Array;
  /** The payload, where `packet` holds only what stands before it. */
  readonly source: PayloadSource | undefined;
  /** PUBREC has come: what is sent for it is PUBREL. */
  released: boolean;
  /** Bytes that count against the bound on the log. */
  readonly byteLength: number;
  /** Sent, at least in part, while the broker had the session it has now: sent again it carries DUP. */
  attempted: boolean;
  /** Sent, and then the broker lost its session: it may have the message twice. */
  risky: boolean;
  /** It is in the store too, so that it need not be held here before it is to be sent. */
  stored: boolean;
  /** The store holds a note beside it: that it was parked, or that PUBREC has come. */
  marked: boolean;
  /** Evidence that connections end because of this message: see blame.ts. */
  strikes: number;
  /** When the packet's last byte was handed to the socket; counts only below {@link OutgoingLog.sent}. */
  sentAt: number;
}

/** Packet identifiers there are; a token's is its remainder. */
export const IDENTIFIERS = 65_535;

/** The packet identifier that goes with a token. Never 0. [MQTT-2.3.1-1] */
export function identifierFor(token: number): number {
  return ((token - 1) % IDENTIFIERS) + 1;
}

/** What an acknowledgement asks for. */
export const IGNORE = 0;
/** The message is delivered: forget it. */
export const COMPLETE = 1;
/** The broker owns the message: keep its identifier, send PUBREL. */
export const RELEASE = 2;

/** What the sender waits for, by the packet it has sent last. Figure 4.3 for QoS 2. */
const PUBLISHED_1 = 0;
const PUBLISHED_2 = 1;
const SENT_PUBREL = 2;
const VIOLATION = 3;

/** Rows: what was sent. Columns: PUBACK, PUBREC, PUBCOMP. */
const ANSWERS: readonly number[] = Object.freeze(
  Array.of(
    // PUBACK  PUBREC     PUBCOMP
    COMPLETE,
    VIOLATION,
    VIOLATION, // PUBLISH with QoS 1
    VIOLATION,
    RELEASE,
    VIOLATION, // PUBLISH with QoS 2
    VIOLATION,
    RELEASE,
    COMPLETE, // PUBREL
  ),
);

function columnOf(type: number): number {
  return type === PUBACK ? 0 : type === PUBREC ? 1 : 2;
}

function rowOf(entry: Outgoing): number {
  if (entry.released) return SENT_PUBREL;
  return isQoS2(entry.packet) ? PUBLISHED_2 : PUBLISHED_1;
}

/**
 * The log of accepted messages, in the order of their acceptance. Its head, up to {@link sent}, is the in-flight window:
 * what has been sent on this connection and is not yet delivered. The rest is the backlog.
 */
export class OutgoingLog {
  private readonly entries: Outgoing[] = [];
  private _sent = 0;
  private _byteLength = 0;

  get length(): number {
    return this.entries.length;
  }

  /** How many at the head have been sent on this connection. */
  get sent(): number {
    return this._sent;
  }

  get byteLength(): number {
    return this._byteLength;
  }

  at(index: number): Outgoing {
    return this.entries[index] as Outgoing;
  }

  append(entry: Outgoing): void {
    this.entries.push(entry);
    this._byteLength += entry.byteLength;
  }

  /** Puts it where its token belongs among those not sent. */
  insert(entry: Outgoing): void {
    let index = this._sent;
    while (index < this.entries.length && this.at(index).token < entry.token) index++;
    this.entries.splice(index, 0, entry);
    this._byteLength += entry.byteLength;
  }

  /** One more at the head has been sent. */
  advance(): void {
    this._sent++;
  }

  /** A new connection: all is to be sent again, what was put in behind what had been sent at its own place. [MQTT-4.6.0-1] */
  rewind(): void {
    this._sent = 0;
    this.entries.sort((a, b) => a.token - b.token);
  }

  indexOf(id: number): number {
    const entries = this.entries;
    for (let index = 0; index < entries.length; index++) if ((entries[index] as Outgoing).id === id) return index;
    return -1;
  }

  replace(index: number, entry: Outgoing): void {
    this._byteLength += entry.byteLength - this.at(index).byteLength;
    this.entries[index] = entry;
  }

  remove(index: number): Outgoing {
    const entry = this.at(index);
    if (index === 0) this.entries.shift();
    else this.entries.splice(index, 1);
    if (index < this._sent) this._sent--;
    this._byteLength -= entry.byteLength;
    return entry;
  }

  /**
   * What PUBACK, PUBREC or PUBCOMP asks for.
   * @param index where the message stands, -1 when the identifier is not in use
   * @throws MqttError of kind `peer` when the packet is not an answer to what was sent
   */
  answer(type: number, id: number, index: number): number {
    // An identifier of which nothing is left: the hand-shake was completed. PUBREC is answered, so that it ends there too.
    if (index < 0) return type === PUBREC ? RELEASE : IGNORE;
    const action = index < this._sent ? (ANSWERS[rowOf(this.at(index)) * 3 + columnOf(type)] as number) : VIOLATION;
    if (action === VIOLATION) {
      const rule = type === PUBACK ? "MQTT-4.3.2-2" : "MQTT-4.3.3-2";
      throw violation(rule, `${PACKET_NAMES[type]} for packet identifier ${id}, which does not wait for it`);
    }
    return action;
  }
}

/** Whether a packet belongs to a QoS 2 message: all but PUBLISH with QoS 1. */
export function isQoS2(packet: Uint8Array): boolean {
  return ((packet[0] as number) & 0xf6) !== ((PUBLISH << 4) | 0x02);
}

/** Identifiers of QoS 2 messages that have arrived and are not yet released. Section 4.3.3. */
export class ReceivedIds {
  private readonly maximum: number;
  /** They grow by doubling: two bytes an identifier, where an array's element would take sixteen. */
  private ids = new Uint16Array(8);
  private prints = new Uint16Array(8);
  private _length = 0;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  get length(): number {
    return this._length;
  }

  get full(): boolean {
    return this._length >= this.maximum;
  }

  has(id: number): boolean {
    return this.indexOf(id) >= 0;
  }

  private indexOf(id: number): number {
    const index = this.ids.indexOf(id);
    return index < this._length ? index : -1;
  }

  /** The print that an identifier was added with. */
  printOf(id: number): number {
    return this.prints[this.indexOf(id)] ?? 0;
  }

  /** @param print of the message, to know it again by */
  add(id: number, print: number): void {
    if (this._length === this.ids.length) {
      this.ids = doubled(this.ids);
      this.prints = doubled(this.prints);
    }
    this.ids[this._length] = id;
    this.prints[this._length++] = print;
  }

  /** @returns whether it was there */
  delete(id: number): boolean {
    const index = this.indexOf(id);
    if (index < 0) return false;
    const last = --this._length;
    this.ids[index] = this.ids[last] as number;
    this.prints[index] = this.prints[last] as number;
    return true;
  }

  /** A copy of all that are in it. */
  all(): Uint16Array {
    return this.ids.slice(0, this._length);
  }

  clear(): void {
    this._length = 0;
  }
}

function doubled(numbers: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const twice = new Uint16Array(numbers.length * 2);
  twice.set(numbers);
  return twice;
}

/** A message as it is accepted or read from the store. */
export function entryOf(
  token: number,
  packet: Uint8Array,
  source: PayloadSource | undefined,
  stored: boolean,
): Outgoing {
  const byteLength = packet.byteLength;
  const id = identifierFor(token);
  return {
    token,
    id,
    packet,
    source,
    // Format 2 of the store had PUBREL in the place of a message that PUBREC had come for.
    released: !isPublish(packet),
    byteLength,
    attempted: false,
    risky: false,
    stored,
    marked: false,
    strikes: 0,
    sentAt: 0,
  };
}

/** The broker may have lost the session in which it was sent: sent again, it may be new to the broker. */
export function doubt(entry: Outgoing): void {
  if (entry.attempted && !entry.released && isQoS2(entry.packet)) entry.risky = true;
}

/** To this session of the broker's or to one that it has lost. */
export function wasSent(entry: Outgoing): boolean {
  return entry.attempted || entry.risky;
}

/** The broker has lost the session in which it was sent: it is to be sent as a new message. */
export function forgetAttempt(entry: Outgoing): void {
  if (entry.attempted) entry.risky = true;
  entry.attempted = entry.released = false;
}

/** Bytes that messages take. */
export function bytesOf(entries: readonly Outgoing[]): number {
  let byteLength = 0;
  entries.forEach((entry) => {
    byteLength += entry.byteLength;
  });
  return byteLength;
}
