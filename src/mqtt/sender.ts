/**
 * The way out: chooses the packet to be sent next and cuts it to the room there is. One packet is under way at a time, from
 * the array it was encoded into, or from a source, through one buffer.
 */
import type { Outcome, PayloadSource } from "./api.js";
import type { Blame } from "./blame.js";
import { resource } from "./errors.js";
import type { Outgoing } from "./inflight.js";
import type { Session } from "./session.js";
import { writeAcknowledgement, writeBare } from "./wire/encode.js";
import { DISCONNECT, DUP, PINGREQ, PUBREL, RESERVED_FLAGS } from "./wire/packet.js";

/** Answers that wait for room at most; when so many do, no more packets are taken in. */
export const MAXIMUM_ANSWERS = 32;

/** A QoS 0 message that waits for room. */
interface QoS0Message {
  readonly token: number;
  readonly packet: Uint8Array;
  readonly source: PayloadSource | undefined;
}

export class Sender {
  private readonly session: Session;
  private readonly blame: Blame;
  /** Messages on their way at most. */
  private readonly window: number;
  private readonly published: (token: number, outcome: Outcome) => void;
  private readonly transmit: Uint8Array;
  private readonly small = new Uint8Array(4);

  /** PUBACK, PUBREC, PUBREL and PUBCOMP to be sent: type·65,536 + identifier. */
  private answers: number[] = [];
  private _qos0: QoS0Message[] = [];
  private _qos0Bytes = 0;
  private _pingDue = false;
  /** The broker takes part: what the session holds may be sent. */
  private _ready = false;
  /** The last message that may follow CONNECT without its answer, by its token; 0 when none may. */
  private early = 0;

  // The packet that is being sent.
  private packet: Uint8Array | undefined;
  private packetLength = 0;
  private source: PayloadSource | undefined;
  /** Bytes of it that are sent. */
  private at = 0;
  private entry: Outgoing | undefined;
  private qos0Token = 0;

  /** When the last packet was sent whole. */
  sentAt = 0;
  /** When output last made headway, or had nothing to do. */
  progressAt = 0;
  /** All the room there was is used up: nothing goes before the peer has taken bytes. */
  full = false;
  /** When the first PINGREQ was begun that waits for an answer. */
  pingAt: number | undefined;

  constructor(
    session: Session,
    blame: Blame,
    options: { readonly window: number; readonly transmitBuffer: number },
    published: (token: number, outcome: Outcome) => void,
  ) {
    this.session = session;
    this.blame = blame;
    this.window = options.window;
    this.transmit = new Uint8Array(options.transmitBuffer);
    this.published = published;
  }

  /** A packet is being sent, at least in intent. */
  get busy(): boolean {
    return this.packet !== undefined;
  }

  /** CONNECT is being sent. */
  get opening(): boolean {
    return this.packet !== undefined && this.entry === undefined;
  }

  /** The message whose packet is being sent. */
  get sending(): Outgoing | undefined {
    return this.entry;
  }

  /** Answers that wait for room to be sent. */
  get answersWaiting(): number {
    return this.answers.length;
  }

  /** QoS 0 messages that wait for room. */
  get qos0(): number {
    return this._qos0.length;
  }

  get qos0Bytes(): number {
    return this._qos0Bytes;
  }

  // ---- what is to be sent

  /** A connection begins, with CONNECT. @param early the token of the last message that follows it at once, or 0 */
  open(connect: Uint8Array, now: number, early: number): void {
    this.sentAt = this.progressAt = now;
    this.early = early;
    this.begin(connect);
  }

  /** The broker has accepted the connection: the session goes on. */
  ready(): void {
    this._ready = true;
  }

  answer(type: number, id: number): void {
    this.answers.push(type * 0x10000 + id);
  }

  ping(): void {
    this._pingDue = true;
  }

  /** A PINGREQ is to be sent. */
  get pingDue(): boolean {
    return this._pingDue;
  }

  send(token: number, packet: Uint8Array, source: PayloadSource | undefined): void {
    this._qos0.push({ token, packet, source });
    this._qos0Bytes += packet.byteLength;
  }

  /** Ends with DISCONNECT; nothing follows. Section 3.14. */
  depart(): void {
    this._ready = false;
    this.early = 0;
    this.begin(this.small, writeBare(DISCONNECT, this.small));
  }

  /** The connection has ended. QoS 0 messages end with it. */
  closed(): void {
    const qos0 = this._qos0;
    const token = this.qos0Token;
    this._ready = this._pingDue = this.full = false;
    this.early = 0;
    this.pingAt = undefined;
    this.answers = [];
    this.packet = this.source = this.entry = undefined;
    this._qos0 = [];
    this._qos0Bytes = this.qos0Token = 0;
    if (token > 0) this.published(token, "lost");
    qos0.forEach((message) => {
      this.published(message.token, "lost");
    });
  }

  // ---- bytes

  /**
   * The next bytes to be sent, at most `room` of them; undefined when there is nothing to send. They count as sent: pass
   * them on before anything else. A packet is split only when it is larger than the room there is with nothing before it.
   */
  output(room: number, now: number): Uint8Array | undefined {
    const limit = Math.min(room, this.transmit.length);
    let length = 0;
    while (length < limit) {
      if (this.packet === undefined && !this.nextPacket(now)) break;
      if (length > 0 && this.at === 0 && length + this.packetLength > limit) break;
      length = this.copy(length, limit, now);
    }
    if (this.packet === undefined || length > 0) this.progressAt = now;
    this.full = length === room;
    return length > 0 ? this.transmit.subarray(0, length) : undefined;
  }

  /** Copies what fits of the packet. @returns the length of the output with it */
  private copy(start: number, limit: number, now: number): number {
    const packet = this.packet as Uint8Array;
    const held = this.source === undefined ? this.packetLength : packet.byteLength;
    let at = start;
    if (this.at < held) {
      const count = Math.min(held - this.at, limit - at);
      this.transmit.set(count === packet.byteLength ? packet : packet.subarray(this.at, this.at + count), at);
      this.at += count;
      at += count;
    }
    if (this.source !== undefined) {
      const count = Math.min(this.packetLength - this.at, limit - at);
      if (count > 0) this.read(this.source, this.transmit.subarray(at, at + count), this.at - held);
      this.at += count;
      at += count;
    }
    if (this.at === this.packetLength) this.sent(now);
    return at;
  }

  private read(source: PayloadSource, into: Uint8Array, offset: number): void {
    try {
      source.read(into, offset);
    } catch (error) {
      const entry = this.entry;
      const token = entry?.token ?? this.qos0Token;
      if (entry !== undefined) this.session.outbox.complete(this.session.outbox.log.indexOf(entry.id));
      this.qos0Token = 0;
      this.published(token, "lost");
      throw resource("source-failed", `the payload's source failed at byte ${offset}`, error);
    }
  }

  private sent(now: number): void {
    if (this.entry !== undefined) this.entry.sentAt = now;
    const token = this.qos0Token;
    this.packet = this.source = this.entry = undefined;
    this.qos0Token = 0;
    this.sentAt = now;
    if (token > 0) this.published(token, "delivered");
  }

  private begin(packet: Uint8Array, length = packet.byteLength, source?: PayloadSource): void {
    this.packet = packet;
    this.packetLength = source === undefined ? length : length + source.byteLength;
    this.source = source;
    this.at = 0;
  }

  /** Chooses what is to be sent next. @returns whether there is anything */
  private nextPacket(now: number): boolean {
    const session = this.session;
    const { outbox } = session;
    if (!this._ready) {
      const { log } = outbox;
      const early = log.sent < log.length && log.at(log.sent).token <= this.early ? outbox.next() : undefined;
      if (early !== undefined) this.beginEntry(early, now);
      return early !== undefined;
    }
    const answer = this.answers.shift();
    if (answer !== undefined) this.beginAnswer(answer >> 16, answer & 0xffff);
    else if (this._pingDue) {
      this._pingDue = false;
      this.pingAt ??= now;
      this.begin(this.small, writeBare(PINGREQ, this.small));
    } else {
      const { careful } = this.blame;
      // One at a time, so that the end of the connection tells whose it is.
      if (careful && (outbox.log.sent > 0 || session.subscriptions.waiting)) return false;
      const request = session.subscriptionRequest(now, careful);
      if (request !== undefined) {
        this.begin(request);
        return true;
      }
      const entry = outbox.log.sent < this.window ? outbox.next() : undefined;
      if (entry !== undefined) {
        this.beginEntry(entry, now);
        return true;
      }
      const message = this._qos0.shift();
      if (message === undefined) return false;
      this._qos0Bytes -= message.packet.byteLength;
      this.qos0Token = message.token;
      this.begin(message.packet, message.packet.byteLength, message.source);
    }
    return true;
  }

  private beginAnswer(type: number, id: number): void {
    this.begin(this.small, writeAcknowledgement(type, type === PUBREL ? RESERVED_FLAGS : 0, id, this.small));
    if (type !== PUBREL) return;
    const log = this.session.outbox.log;
    const index = log.indexOf(id);
    if (index >= 0) this.entry = log.at(index);
  }

  /** Sends a message, again where it was sent before. [MQTT-4.4.0-1], [MQTT-4.6.0-1] */
  private beginEntry(entry: Outgoing, now: number): void {
    if (entry.released) {
      this.beginAnswer(PUBREL, entry.id);
      return;
    }
    const packet = entry.packet;
    const first = packet[0] as number;
    packet[0] = entry.attempted ? first | DUP : first & ~DUP;
    entry.attempted = true;
    entry.sentAt = now;
    this.entry = entry;
    this.begin(packet, packet.byteLength, entry.source);
  }
}
