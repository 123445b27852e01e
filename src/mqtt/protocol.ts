/**
 * The protocol of one client as a function of bytes, commands and time: no I/O and no clock. Chapters 3 and 4.
 *
 * The owner puts received bytes into {@link Protocol.room}, asks {@link Protocol.output} for bytes whenever there is room to
 * send some, and calls {@link Protocol.tick} when {@link Protocol.deadline} has passed. Nothing is encoded before there is
 * room for it, so there is no queue of bytes: what is to be sent follows from the session's state.
 */
import type { Outcome, PayloadSource } from "./api.js";
import { Blame, type BlameEvents } from "./blame.js";
import { type DeadlineOptions, Deadlines, sooner } from "./deadlines.js";
import { MqttError, violation } from "./errors.js";
import { COMPLETE, RELEASE } from "./inflight.js";
import { type MalformedOptions, MalformedWatch } from "./malformed.js";
import { earlyMessages } from "./pipelining.js";
import { Receiver, type ReceiverEvents } from "./receiver.js";
import { MAXIMUM_ANSWERS, Sender } from "./sender.js";
import type { Session } from "./session.js";
import type { SubscriptionEvents } from "./subscriptions.js";
import { Decoder, NOTHING, PACKET } from "./wire/decode.js";
import { type ConnectFields, encodeConnect } from "./wire/encode.js";
import {
  CONNACK,
  CONNECT_REFUSALS,
  PACKET_NAMES,
  PINGRESP,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
  SUBACK,
  UNSUBACK,
} from "./wire/packet.js";

/** There is no connection. */
const OFFLINE = 0;
/** CONNECT is sent or to be sent; CONNACK has not come. */
const CONNECTING = 1;
const CONNECTED = 2;
/** DISCONNECT is to be sent or has been sent. */
const LEAVING = 3;

/** The packet types that may come, by state, as a set of bits. [MQTT-3.2.0-1], [MQTT-3.2.0-2] */
const EXPECTED: readonly number[] = Object.freeze(
  Array.of(
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
  ),
);

export interface ProtocolOptions extends Omit<ConnectFields, "keepAlive">, DeadlineOptions, MalformedOptions {
  readonly window: number;
  readonly receiveBuffer: number;
  readonly transmitBuffer: number;
  readonly foreignSession: "discard" | "random";
  readonly pipelining: boolean;
}

/** Packets that answer one of ours, as a set of bits. */
const ANSWERS = (1 << PUBACK) | (1 << PUBREC) | (1 << PUBCOMP) | (1 << SUBACK) | (1 << UNSUBACK);

/** What happens, told while bytes go in and out; `ClientCallbacks` has the meanings. */
export interface ProtocolEvents extends SubscriptionEvents, ReceiverEvents, BlameEvents {
  connected(sessionPresent: boolean): void;
  published(token: number, outcome: Outcome): void;
}

export class Protocol {
  private readonly options: ProtocolOptions;
  private readonly session: Session;
  private readonly events: ProtocolEvents;
  private readonly published: (token: number, outcome: Outcome) => void;
  private readonly decoder: Decoder;
  private readonly sender: Sender;
  private readonly receiver: Receiver;
  private readonly deadlines: Deadlines;
  private readonly blame: Blame;
  private readonly malformed: MalformedWatch;

  private state = OFFLINE;
  private _leave = false;
  /**
   * This connection is made with Clean Session 1, only to have the broker forget a session that is not ours. Whether it has
   * one is not asked first: aedes says no, and keeps the identifiers of QoS 2 messages, for a client without subscriptions.
   */
  private discarding = false;
  /** The broker has just done so. */
  private discarded = false;
  /** Our own session is to be discarded, because of what the broker sends from it. */
  private spoilt = false;

  constructor(options: ProtocolOptions, session: Session, events: ProtocolEvents) {
    this.options = options;
    this.session = session;
    this.events = events;
    this.decoder = new Decoder(options.receiveBuffer);
    this.published = (token, outcome) => events.published(token, outcome);
    this.blame = new Blame(session.outbox, session.subscriptions, events);
    this.sender = new Sender(session, this.blame, options, this.published);
    this.receiver = new Receiver(session, events, options.responseTimeout, (type, id) => this.sender.answer(type, id));
    this.deadlines = new Deadlines(options, session, this.sender);
    this.malformed = new MalformedWatch(options, session.subscriptions, (error) => events.error(error));
  }

  get connected(): boolean {
    return this.state === CONNECTED;
  }

  /** DISCONNECT has been sent: the connection is to be closed. [MQTT-3.14.4-1] */
  get finished(): boolean {
    return this.state === LEAVING && !this.sender.busy;
  }

  /** The connection was only made for the sake of the next one, which is to follow at once. */
  get reconnectAtOnce(): boolean {
    return this.discarding;
  }

  /** Answers wait for room to be sent, so that nothing more is taken in. */
  get choked(): boolean {
    return this.sender.answersWaiting + this.receiver.waiting >= MAXIMUM_ANSWERS;
  }

  /** QoS 0 messages that wait for room. */
  get qos0(): number {
    return this.sender.qos0;
  }

  get qos0Bytes(): number {
    return this.sender.qos0Bytes;
  }

  // ---- commands

  /** A connection to the broker is open: CONNECT is to be sent. */
  open(now: number): void {
    const options = this.options;
    this.state = CONNECTING;
    const foreign = !this.session.established && !this.discarded && options.foreignSession === "discard";
    this.discarding = (foreign || this.spoilt) && !options.clean;
    this.decoder.reset();
    this.deadlines.open(now);
    const clean = options.clean || this.discarding;
    if (!clean) this.session.asking();
    // A broker that ends this connection for the next one's sake, before it has read DISCONNECT, would publish its will.
    const will = this.discarding ? undefined : options.will;
    const connect = encodeConnect({ ...options, will, clean, keepAlive: Math.ceil(options.keepAlive / 1000) });
    // To a session that may not be the one we know nothing is sent unasked.
    const isKnown = options.clean || (this.session.established && !this.discarding);
    const room = options.transmitBuffer - connect.byteLength;
    const may = options.pipelining && isKnown && !this.blame.careful;
    const early = may ? earlyMessages(this.session.outbox, options.window, room) : 0;
    this.sender.open(connect, now, early);
  }

  /**
   * Messages have been sent behind CONNECT, and no CONNACK has come. Should the connection end so, they count as sent, and
   * with such ones waiting the next connection does not do it again.
   */
  get unanswered(): boolean {
    return this.state === CONNECTING && this.session.outbox.log.sent > 0;
  }

  /**
   * The connection has ended.
   * @throws MqttError of kind `resource` when the store did not take what durability `offline` keeps now
   */
  closed(): void {
    if (this.state === OFFLINE) return;
    this.state = OFFLINE;
    this.sender.closed();
    this.receiver.closed();
    try {
      this.session.offline();
    } finally {
      this.blame.closed();
    }
  }

  /**
   * The connection is about to end; {@link closed} follows.
   * @param cause why; undefined when we wanted it
   * @returns whether the peer has closed it while something of ours was in flight
   */
  ending(cause: MqttError | undefined, now: number): boolean {
    if (this.state !== CONNECTED) return false;
    const { blame, decoder } = this;
    if (this.malformed.ending(cause, decoder, now)) {
      this.session.established = false;
      this.spoilt = true;
    }
    if (cause === undefined) return false;
    if (cause.code === "connection-closed") return blame.closedByPeer(cause, now);
    const answered = cause.kind === "peer" && (ANSWERS & (1 << decoder.type)) !== 0;
    if (cause.code === "response-timeout") blame.unanswered(this.options.responseTimeout, cause, now);
    else if (answered) blame.answeredWrongly(decoder.id, cause, now);
    return false;
  }

  /** The next attempt is to wait the maximum. */
  get mustWait(): boolean {
    return this.malformed.waits;
  }

  /** DISCONNECT is to be sent after all that can be sent now. */
  leave(): void {
    this._leave = true;
  }

  /** {@link leave} is taken back. */
  stay(): void {
    this._leave = false;
  }

  /** Takes a QoS 0 message to be sent. */
  sendQoS0(token: number, packet: Uint8Array, source: PayloadSource | undefined): void {
    this.sender.send(token, packet, source);
  }

  // ---- time

  /** Milliseconds from `now` until {@link tick} is to be called; 0 when it is due, -1 when there is nothing to wait for. */
  deadline(now: number): number {
    if (this.state === OFFLINE) return -1;
    const wait = this.deadlines.next(now);
    if (this.state !== CONNECTED) return wait;
    return sooner(wait, sooner(this.receiver.next(now), sooner(this.blame.next(now), this.session.patience(now))));
  }

  /**
   * Does what time asks for: PINGREQ becomes due, parked messages and filters get another chance.
   * @throws MqttError when the connection is to be closed: an answer has not come in time, a message could not be held
   */
  tick(now: number): void {
    if (this.state !== OFFLINE) this.deadlines.tick(now);
    if (this.state !== CONNECTED) return;
    this.blame.tick(now);
    this.receiver.tick(now);
  }

  // ---- bytes out

  /** The next bytes to be sent, at most `room`; undefined when there are none. They count as sent. */
  output(room: number, now: number): Uint8Array | undefined {
    let bytes = this.sender.output(room, now);
    // Behind a CONNECT without its answer, too: else the broker would publish the will. [MQTT-3.1.2-8]
    const may = this.state === CONNECTED || this.state === CONNECTING;
    if (bytes === undefined && this._leave && may && room > 0) {
      this.depart(now);
      bytes = this.sender.output(room, now);
    }
    // The peer acts on what it reads: what these bytes rest on must not be lost any more.
    if (bytes !== undefined) this.session.sync();
    return bytes;
  }

  private depart(now: number): void {
    this.state = LEAVING;
    this.deadlines.departing(now);
    this.sender.depart();
  }

  // ---- bytes in

  /** Where received bytes are to be put. */
  room(): Uint8Array {
    return this.decoder.room();
  }

  /**
   * `count` bytes have been put into {@link room}.
   * @throws MqttError that ends the connection: nothing behind the broken rule was processed
   */
  received(count: number, now: number): void {
    const long = this.decoder.unfinished;
    this.decoder.filled(count);
    this.deadlines.receivedAt = now;
    this.resume();
    if (long || this.decoder.unfinished) this.deadlines.longMessage(now);
  }

  /** Goes on with bytes that were left because answers waited. @throws as {@link received} */
  resume(): void {
    try {
      while ((this.state === CONNECTING || this.state === CONNECTED) && !this.choked) {
        const found = this.decoder.next();
        if (found === NOTHING) return;
        if (found === PACKET) this.packet();
        else this.receiver.publish(this.decoder, false, this.deadlines.receivedAt);
      }
    } finally {
      this.receiver.handOver();
    }
  }

  private packet(): void {
    const { type, id } = this.decoder;
    if (((EXPECTED[this.state] as number) & (1 << type)) === 0) {
      const before = this.state === CONNECTING;
      throw violation(
        before ? "MQTT-3.2.0-1" : "MQTT-3.2.0-2",
        `${PACKET_NAMES[type]} ${before ? "before" : "after"} CONNACK`,
      );
    }
    if (type !== PUBLISH) this.receiver.handOver();
    switch (type) {
      case CONNACK:
        this.connack(this.decoder.byte(0) === 1, this.decoder.byte(1));
        break;
      case PUBLISH:
        this.receiver.publish(this.decoder, true, this.deadlines.receivedAt);
        break;
      case PUBACK:
      case PUBREC:
      case PUBCOMP:
        this.acknowledged(type, id);
        break;
      case PUBREL:
        this.receiver.release(id);
        break;
      case SUBACK:
        this.blame.answered(this.session.subscriptions.suback(id, this.decoder.body(), this.events));
        this.session.saveSubscriptions();
        break;
      case UNSUBACK:
        this.blame.answered(this.session.subscriptions.unsuback(id, this.events));
        this.session.saveSubscriptions();
        break;
      case PINGRESP:
        this.sender.pingAt = undefined;
    }
  }

  private connack(sessionPresent: boolean, code: number): void {
    if (this.sender.opening) throw violation("MQTT-3.2.0-1", "CONNACK before CONNECT was sent");
    const session = this.session;
    session.answered();
    if (code > 0) {
      throw new MqttError("peer", "refused", `the broker refused the connection: ${CONNECT_REFUSALS[code - 1]}`);
    }
    const { clean, foreignSession } = this.options;
    if (sessionPresent && (clean || this.discarding)) {
      throw violation("MQTT-3.2.2-1", "CONNACK says that a session is present although Clean Session is 1");
    }
    this.discarded = this.discarding;
    if (this.discarding) {
      this.spoilt = false;
      this.depart(this.deadlines.receivedAt);
      return;
    }
    const resumed = sessionPresent && session.established;
    if (sessionPresent && !resumed && foreignSession === "discard") {
      throw new MqttError("peer", "foreign-session", "the broker does not discard a session as it is told");
    }
    this.receiver.handOverHeld();
    if (!resumed) session.startOver(this.published);
    session.subscriptions.begin(sessionPresent);
    session.online(resumed, clean);
    this.state = CONNECTED;
    this.blame.connected(this.deadlines.receivedAt);
    this.malformed.connected(this.deadlines.receivedAt);
    this.deadlines.connected();
    this.sender.ready();
    this.events.connected(sessionPresent);
  }

  private acknowledged(type: number, id: number): void {
    const outbox = this.session.outbox;
    const log = outbox.log;
    const index = log.indexOf(id);
    if (this.sender.sending?.id === id) {
      throw violation("MQTT-4.3.2-2", `${PACKET_NAMES[type]} for a packet that is still being sent`);
    }
    const action = log.answer(type, id, index);
    if (action === COMPLETE) this.complete(index);
    else if (action === RELEASE) {
      if (index >= 0) {
        const entry = log.at(index);
        if (!entry.released) outbox.release(entry);
        entry.sentAt = this.deadlines.receivedAt;
      }
      this.sender.answer(PUBREL, id);
    }
  }

  private complete(index: number): void {
    const entry = this.session.outbox.complete(index);
    this.blame.delivered(entry);
    this.events.published(entry.token, entry.risky ? "may-be-duplicated" : "delivered");
  }
}
