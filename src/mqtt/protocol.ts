/**
 * The protocol of one client as a function of bytes, commands and time: no I/O and no clock. Chapters 3 and 4.
 *
 * The owner puts received bytes into {@link Protocol.room}, asks {@link Protocol.output} for bytes whenever there is room to
 * send some, and calls {@link Protocol.tick} when {@link Protocol.deadline} has passed. Nothing is encoded before there is
 * room for it, so there is no queue of bytes: what is to be sent follows from the session's state.
 */
import type { Message, Outcome, PayloadSource } from "./api.js";
import { Decoder, NOTHING, PIECE } from "./decode.js";
import { type ConnectFields, encodeConnect, writeAcknowledgement, writeBare } from "./encode.js";
import { MqttError, resource, transport, violation } from "./errors.js";
import { COMPLETE, isReleased, type Outgoing, RELEASE } from "./inflight.js";
import {
  CONNACK,
  CONNECT_REFUSALS,
  DISCONNECT,
  DUP,
  PACKET_NAMES,
  PINGREQ,
  PINGRESP,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
  RESERVED_FLAGS,
  SUBACK,
  UNSUBACK,
} from "./packet.js";
import type { HeldMessage, Session } from "./session.js";
import type { SubscriptionEvents } from "./subscriptions.js";

/** There is no connection. */
const OFFLINE = 0;
/** CONNECT is sent or to be sent; CONNACK has not come. */
const CONNECTING = 1;
const CONNECTED = 2;
/** DISCONNECT is to be sent or has been sent. */
const LEAVING = 3;

/** The packet types that may come, by state, as a set of bits. [MQTT-3.2.0-1], [MQTT-3.1.0-2] */
const EXPECTED: readonly number[] = Object.freeze([
  0,
  1 << CONNACK,
  (1 << PUBLISH) |
    (1 << PUBACK) |
    (1 << PUBREC) |
    (1 << PUBREL) |
    (1 << PUBCOMP) |
    (1 << SUBACK) |
    (1 << UNSUBACK) |
    (1 << PINGRESP),
  0,
]);

/** Answers that wait for room at most; when so many do, no more packets are taken in. */
const MAXIMUM_ANSWERS = 32;

export interface ProtocolOptions extends Omit<ConnectFields, "keepAlive"> {
  /** Milliseconds. */
  readonly keepAlive: number;
  readonly responseTimeout: number;
  readonly window: number;
  readonly receiveBuffer: number;
  readonly transmitBuffer: number;
  readonly foreignSession: "discard" | "random";
}

/** What happens, told while bytes go in and out; see {@link ClientCallbacks} for the meanings. */
export interface ProtocolEvents extends SubscriptionEvents {
  connected(sessionPresent: boolean): void;
  published(token: number, outcome: Outcome): void;
  message(message: Message): void;
  aborted(message: Message): void;
}

/** A QoS 0 message that waits for room. */
interface Fleeting {
  readonly token: number;
  readonly packet: Uint8Array;
  readonly source: PayloadSource | undefined;
}

export class Protocol {
  readonly #options: ProtocolOptions;
  readonly #session: Session;
  readonly #events: ProtocolEvents;
  readonly #decoder: Decoder;
  readonly #transmit: Uint8Array;
  readonly #small = new Uint8Array(4);

  #state = OFFLINE;
  /** This connection is made with Clean Session 1, to have the broker forget a session that is not ours. */
  #discarding = false;
  /** The broker's session that must be forgotten first has been seen. */
  #foreign = false;

  /** PUBACK, PUBREC, PUBREL and PUBCOMP to be sent: type·65,536 + identifier. */
  #answers: number[] = [];
  #fleeting: Fleeting[] = [];
  #fleetingBytes = 0;
  #leave = false;

  // The packet that is being sent.
  #packet: Uint8Array | undefined;
  #packetLength = 0;
  #source: PayloadSource | undefined;
  /** Bytes of it that are sent. */
  #at = 0;
  #entry: Outgoing | undefined;
  #sentToken = 0;

  // The incoming message that is given in pieces.
  #token = 0;
  #repeated = false;
  #lastPiece: Message | undefined;

  /** When the last packet was sent whole, and the last bytes received. */
  #sentAt = 0;
  #receivedAt = 0;
  /** When output last made headway, or had nothing to do. */
  #progressAt = 0;
  #pingDue = false;
  /** When the PINGREQ was sent that waits for its answer. */
  #pingAt: number | undefined;
  #leftAt = 0;

  constructor(options: ProtocolOptions, session: Session, events: ProtocolEvents) {
    this.#options = options;
    this.#session = session;
    this.#events = events;
    this.#decoder = new Decoder(options.receiveBuffer);
    this.#transmit = new Uint8Array(options.transmitBuffer);
  }

  get connected(): boolean {
    return this.#state === CONNECTED;
  }

  /** DISCONNECT has been sent: the connection is to be closed. [MQTT-3.14.4-1] */
  get finished(): boolean {
    return this.#state === LEAVING && this.#packet === undefined;
  }

  /** The connection was only made for the sake of the next one, which is to follow at once. */
  get reconnectAtOnce(): boolean {
    return this.#foreign || this.#discarding;
  }

  /** QoS 0 messages that wait for room. */
  get fleeting(): number {
    return this.#fleeting.length;
  }

  get fleetingBytes(): number {
    return this.#fleetingBytes;
  }

  // ---- the connection's life

  /** A connection to the broker is open: CONNECT is to be sent. */
  open(now: number): void {
    this.#state = CONNECTING;
    this.#discarding = this.#foreign;
    this.#foreign = false;
    this.#decoder.reset();
    this.#session.outgoing.rewind();
    this.#sentAt = this.#receivedAt = this.#progressAt = now;
    const { keepAlive, clean } = this.#options;
    this.#begin(
      encodeConnect({
        ...this.#options,
        clean: clean || this.#discarding,
        keepAlive: Math.ceil(keepAlive / 1000),
      }),
    );
  }

  /** The connection has ended. */
  closed(): void {
    if (this.#state === OFFLINE) return;
    this.#state = OFFLINE;
    this.#answers = [];
    this.#packet = this.#source = this.#entry = undefined;
    this.#pingDue = false;
    this.#pingAt = undefined;
    const piece = this.#lastPiece;
    this.#lastPiece = undefined;
    const fleeting = this.#fleeting;
    if (this.#sentToken > 0) this.#events.published(this.#sentToken, "lost");
    this.#sentToken = 0;
    this.#fleeting = [];
    this.#fleetingBytes = 0;
    for (const { token } of fleeting) this.#events.published(token, "lost");
    if (piece !== undefined) this.#events.aborted(piece);
  }

  /** DISCONNECT is to be sent after what can be sent now. */
  leave(): void {
    this.#leave = true;
  }

  /** {@link leave} is taken back. */
  stay(): void {
    this.#leave = false;
  }

  /** Takes a QoS 0 message to be sent. */
  sendFleeting(token: number, packet: Uint8Array, source: PayloadSource | undefined): void {
    this.#fleeting.push({ token, packet, source });
    this.#fleetingBytes += packet.byteLength;
  }

  // ---- time

  /** Milliseconds from `now` until {@link tick} is to be called; 0 when it is due, -1 when there is nothing to wait for. */
  deadline(now: number): number {
    if (this.#state === OFFLINE) return -1;
    const { responseTimeout } = this.#options;
    let wait = this.#oldestWait(now, responseTimeout);
    if (this.#state === CONNECTED && this.#pingAt === undefined && this.#keepAlive > 0) {
      const ping = this.#keepAlive - this.#quietFor(now);
      if (wait < 0 || ping < wait) wait = ping < 0 ? 0 : ping;
    }
    return wait;
  }

  /**
   * Does what time asks for: PINGREQ becomes due.
   * @throws MqttError of kind `transport` when an answer has not come in time; the connection is to be closed
   */
  tick(now: number): void {
    const { responseTimeout } = this.#options;
    if (this.#oldestWait(now, responseTimeout) === 0) {
      throw transport("response-timeout", `${this.#waitedFor(now)} within ${responseTimeout} ms`);
    }
    if (this.#state !== CONNECTED || this.#pingAt !== undefined || this.#keepAlive === 0) return;
    if (this.#quietFor(now) < this.#keepAlive) return;
    // Waited for from now on, for a peer that takes no bytes must be noticed too.
    this.#pingDue = true;
    this.#pingAt = now;
  }

  /**
   * A sixteenth less than promised, so that the packet is out in time although it takes time to be sent [MQTT-3.1.2-23].
   */
  get #keepAlive(): number {
    const { keepAlive } = this.#options;
    return keepAlive - (keepAlive >> 4);
  }

  /** Milliseconds since the last packet in the direction that has been quiet for longer. */
  #quietFor(now: number): number {
    return Math.max((now - this.#sentAt) | 0, (now - this.#receivedAt) | 0);
  }

  /** Milliseconds until the first answer is overdue, -1 when none is waited for. */
  #oldestWait(now: number, timeout: number): number {
    const since = this.#waitingSince(now);
    if (since === undefined) return -1;
    return Math.max(0, timeout - ((now - since) | 0));
  }

  #waitingSince(now: number): number | undefined {
    if (this.#state === LEAVING) return this.#leftAt;
    let oldest: number | undefined;
    if (this.#packet !== undefined) oldest = this.#progressAt;
    if (this.#state === CONNECTING) return oldest ?? this.#sentAt;
    oldest = older(now, oldest, this.#pingAt);
    oldest = older(now, oldest, this.#session.subscriptions.waitingSince(now));
    const log = this.#session.outgoing;
    for (let index = 0; index < log.sent; index++) {
      const entry = log.at(index);
      if (entry !== this.#entry) oldest = older(now, oldest, entry.sentAt);
    }
    return oldest;
  }

  /** For the message of an expired deadline. */
  #waitedFor(now: number): string {
    const since = this.#waitingSince(now);
    if (this.#state === LEAVING) return "DISCONNECT could not be sent";
    if (this.#packet !== undefined && since === this.#progressAt) return "the peer took no bytes";
    if (this.#state === CONNECTING) return "no CONNACK";
    if (since === this.#pingAt) return "no PINGRESP";
    const log = this.#session.outgoing;
    for (let index = 0; index < log.sent; index++) {
      const entry = log.at(index);
      if (entry.sentAt !== since) continue;
      return isReleased(entry) ? "no PUBCOMP" : (entry.packet[0] as number) & 0x04 ? "no PUBREC" : "no PUBACK";
    }
    return "no SUBACK or UNSUBACK";
  }

  // ---- bytes in

  /** Where received bytes are to be put; empty while answers wait for room to be sent. */
  room(): Uint8Array {
    return this.#decoder.room();
  }

  /**
   * `count` bytes have been put into {@link room}.
   * @throws MqttError that ends the connection: nothing behind the broken rule was processed
   */
  received(count: number, now: number): void {
    this.#decoder.filled(count);
    this.#receivedAt = now;
    this.resume();
  }

  /** Goes on with bytes that were left because answers waited. @throws as {@link received} */
  resume(): void {
    while (this.#state !== OFFLINE && this.#state !== LEAVING && !this.choked) {
      const found = this.#decoder.next();
      if (found === NOTHING) return;
      if (found === PIECE) this.#publish(false);
      else this.#packetReceived();
    }
  }

  /** Answers wait for room to be sent, so that nothing more is taken in. */
  get choked(): boolean {
    return this.#answers.length >= MAXIMUM_ANSWERS;
  }

  #packetReceived(): void {
    const { type, id } = this.#decoder;
    if (((EXPECTED[this.#state] as number) & (1 << type)) === 0) {
      const rule = this.#state === CONNECTING ? "MQTT-3.2.0-1" : "MQTT-3.2.0-2";
      throw violation(rule, `${PACKET_NAMES[type]} ${this.#state === CONNECTING ? "before" : "after"} CONNACK`);
    }
    switch (type) {
      case CONNACK:
        this.#connack(this.#decoder.byte(0) === 1, this.#decoder.byte(1));
        break;
      case PUBLISH:
        this.#publish(true);
        break;
      case PUBACK:
      case PUBREC:
      case PUBCOMP:
        this.#acknowledged(type, id);
        break;
      case PUBREL:
        this.#session.forget(id);
        this.#answer(PUBCOMP, id);
        break;
      case SUBACK:
        this.#session.subscriptions.suback(id, this.#decoder.body(), this.#events);
        this.#session.saveSubscriptions();
        break;
      case UNSUBACK:
        this.#session.subscriptions.unsuback(id, this.#events);
        this.#session.saveSubscriptions();
        break;
      case PINGRESP:
        this.#pingAt = undefined;
        break;
    }
  }

  #connack(sessionPresent: boolean, code: number): void {
    if (code > 0) {
      throw new MqttError("peer", "refused", `the broker refused the connection: ${CONNECT_REFUSALS[code - 1]}`);
    }
    if (this.#packet !== undefined) throw violation("MQTT-3.2.0-1", "CONNACK before CONNECT was sent");
    const session = this.#session;
    const { clean, foreignSession } = this.#options;
    if (sessionPresent && (clean || this.#discarding)) {
      throw violation("MQTT-3.2.2-1", "CONNACK says that a session is present although Clean Session is 1");
    }
    if (this.#discarding || (sessionPresent && !session.established && foreignSession === "discard")) {
      // Either the broker has just forgotten the foreign session, or this is how we learn that it has one. Both end here.
      this.#foreign = !this.#discarding;
      this.#depart();
      return;
    }
    for (const message of session.held.splice(0)) this.#handOverHeld(message);
    const resumed = sessionPresent && session.established;
    if (!resumed) this.#startOver();
    session.subscriptions.begin(sessionPresent && (session.established || foreignSession === "random"));
    if (!clean) session.establish();
    this.#state = CONNECTED;
    this.#events.connected(sessionPresent);
  }

  /** The broker has no session, or not ours: what it had not taken over is sent anew, what it had is complete. */
  #startOver(): void {
    const session = this.#session;
    const log = session.outgoing;
    session.lost();
    for (let index = 0; index < log.length; ) {
      const entry = log.at(index);
      if (isReleased(entry)) this.#complete(index);
      else {
        // The identifier is kept: to a broker without a session all are free, and one that is stored is not written again.
        if (entry.attempted) entry.risky = true;
        entry.attempted = false;
        index++;
      }
    }
  }

  #acknowledged(type: number, id: number): void {
    const log = this.#session.outgoing;
    const index = log.indexOf(id);
    if (this.#entry?.id === id)
      throw violation("MQTT-4.3.2-2", `${PACKET_NAMES[type]} for a packet that is still being sent`);
    const action = log.answer(type, id, index);
    if (action === COMPLETE) this.#complete(index);
    else if (action === RELEASE) {
      if (index >= 0) {
        const entry = log.at(index);
        if (!isReleased(entry)) this.#session.release(entry);
        entry.sentAt = this.#receivedAt;
      }
      this.#answer(PUBREL, id);
    }
  }

  #complete(index: number): void {
    const { token, risky } = this.#session.complete(index);
    this.#events.published(token, risky ? "may-be-duplicated" : "delivered");
  }

  #answer(type: number, id: number): void {
    this.#answers.push(type * 0x10000 + id);
  }

  /** A PUBLISH, or a piece of one, has come. */
  #publish(first: boolean): void {
    const decoder = this.#decoder;
    const session = this.#session;
    const { QoS, id } = decoder;
    const more = decoder.unfinished;
    if (first) {
      this.#repeated = QoS === 2 && session.received.has(id);
      if (QoS === 2 && !this.#repeated && session.received.full) {
        throw resource("received-full", "the broker has more QoS 2 messages under way than maximumReceived");
      }
      if (!this.#repeated) this.#token = session.nextToken();
    }
    const message = decoderMessage(decoder, this.#token, more);
    if (this.#repeated) {
      // [MQTT-4.3.3-2] It was handed over before: only the answer is repeated.
      if (!more) this.#answer(PUBREC, id);
      return;
    }
    const whole = first && !more;
    if (whole && QoS === 2) session.hold(id, message.token, message.topic, message.payload, message.retain);
    this.#lastPiece = more ? message : undefined;
    this.#events.message(message);
    if (more) return;
    // The handlers may have closed the connection; that the message is processed holds all the same.
    if (QoS === 2) session.processed(id, message.token);
    if (this.#state !== CONNECTED) return;
    if (QoS === 1) this.#answer(PUBACK, id);
    if (QoS === 2) this.#answer(PUBREC, id);
  }

  #handOverHeld({ id, token, topic, payload, retain }: HeldMessage): void {
    const { byteLength } = payload;
    this.#events.message({
      topic,
      payload,
      QoS: 2,
      retain,
      duplicate: true,
      byteLength,
      offset: 0,
      more: false,
      token,
    });
    this.#session.processed(id, token);
  }

  // ---- bytes out

  /**
   * The next bytes to be sent, at most `room` of them; undefined when there is nothing to send. They count as sent: pass
   * them on before anything else. A packet is split only when it is larger than the room there is with nothing before it.
   */
  output(room: number, now: number): Uint8Array | undefined {
    const limit = Math.min(room, this.#transmit.length);
    let length = 0;
    while (length < limit) {
      if (this.#packet === undefined && !this.#nextPacket(now)) break;
      if (length > 0 && this.#at === 0 && length + this.#packetLength > limit) break;
      length = this.#copy(length, limit, now);
    }
    if (this.#packet === undefined || length > 0) this.#progressAt = now;
    return length > 0 ? this.#transmit.subarray(0, length) : undefined;
  }

  /** Copies what fits of the packet. @returns the length of the output with it */
  #copy(start: number, limit: number, now: number): number {
    const packet = this.#packet as Uint8Array;
    const held = this.#source === undefined ? this.#packetLength : packet.byteLength;
    let at = start;
    if (this.#at < held) {
      const count = Math.min(held - this.#at, limit - at);
      this.#transmit.set(count === packet.byteLength ? packet : packet.subarray(this.#at, this.#at + count), at);
      this.#at += count;
      at += count;
    }
    if (this.#source !== undefined && this.#at >= held && at < limit) {
      const count = Math.min(this.#packetLength - this.#at, limit - at);
      if (count > 0) this.#readSource(this.#source, this.#transmit.subarray(at, at + count), this.#at - held);
      this.#at += count;
      at += count;
    }
    if (this.#at === this.#packetLength) this.#packetSent(now);
    return at;
  }

  #readSource(source: PayloadSource, into: Uint8Array, offset: number): void {
    try {
      source.read(into, offset);
    } catch (error) {
      const entry = this.#entry;
      const token = entry?.token ?? this.#sentToken;
      if (entry !== undefined) this.#session.complete(this.#session.outgoing.indexOf(entry.id));
      this.#sentToken = 0;
      this.#events.published(token, "lost");
      throw resource("source-failed", `the payload's source failed at byte ${offset}`, error);
    }
  }

  #packetSent(now: number): void {
    if (this.#entry !== undefined) this.#entry.sentAt = now;
    const token = this.#sentToken;
    this.#packet = this.#source = this.#entry = undefined;
    this.#sentToken = 0;
    this.#sentAt = now;
    if (token > 0) this.#events.published(token, "delivered");
  }

  #begin(packet: Uint8Array, length = packet.byteLength, source?: PayloadSource): void {
    this.#packet = packet;
    this.#packetLength = source === undefined ? length : length + source.byteLength;
    this.#source = source;
    this.#at = 0;
  }

  /** Chooses what is to be sent next. @returns whether there is anything */
  #nextPacket(now: number): boolean {
    if (this.#state !== CONNECTED) return false;
    const session = this.#session;
    const answer = this.#answers.shift();
    if (answer !== undefined) {
      const type = answer >> 16;
      const flags = type === PUBREL ? RESERVED_FLAGS : 0;
      this.#begin(this.#small, writeAcknowledgement(type, flags, answer & 0xffff, this.#small));
      if (type === PUBREL) this.#entry = this.#entryWith(answer & 0xffff);
    } else if (this.#pingDue) {
      this.#pingDue = false;
      this.#pingAt = now;
      this.#begin(this.#small, writeBare(PINGREQ, this.#small));
    } else if (session.subscriptions.due) {
      this.#begin(session.subscriptions.request(session.identifierFor(session.nextToken()), now));
    } else if (session.outgoing.sent < this.#options.window && session.outgoing.next() !== undefined) {
      this.#beginEntry(session.outgoing.next() as Outgoing);
    } else if (this.#fleeting.length > 0) {
      const { token, packet, source } = this.#fleeting.shift() as Fleeting;
      this.#fleetingBytes -= packet.byteLength;
      this.#sentToken = token;
      this.#begin(packet, packet.byteLength, source);
    } else if (this.#leave) {
      this.#depart();
      this.#leftAt = now;
    } else return false;
    return true;
  }

  /** Ends with DISCONNECT. Section 3.14. */
  #depart(): void {
    this.#leftAt = this.#receivedAt;
    this.#state = LEAVING;
    this.#begin(this.#small, writeBare(DISCONNECT, this.#small));
  }

  #entryWith(id: number): Outgoing | undefined {
    const log = this.#session.outgoing;
    const index = log.indexOf(id);
    return index < 0 ? undefined : log.at(index);
  }

  /** Sends a message, again where it was sent before. [MQTT-4.4.0-1], [MQTT-4.6.0-1] */
  #beginEntry(entry: Outgoing): void {
    const { packet } = entry;
    if (!isReleased(entry)) {
      const first = packet[0] as number;
      packet[0] = entry.attempted ? first | DUP : first & ~DUP;
    }
    entry.attempted = true;
    this.#entry = entry;
    this.#session.outgoing.advance();
    this.#begin(packet, packet.byteLength, entry.source);
  }
}

function older(now: number, a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return ((now - a) | 0) >= ((now - b) | 0) ? a : b;
}

function decoderMessage(decoder: Decoder, token: number, more: boolean): Message {
  return {
    topic: decoder.topic,
    payload: decoder.body(),
    QoS: decoder.QoS,
    retain: (decoder.flags & 1) !== 0,
    duplicate: (decoder.flags & DUP) !== 0,
    byteLength: decoder.byteLength,
    offset: decoder.offset,
    more,
    token,
  };
}
