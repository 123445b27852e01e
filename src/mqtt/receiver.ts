/**
 * The way in for application messages: hands each over, in pieces where it does not fit the buffer, and sees to the
 * receiving half of the QoS 1 and QoS 2 hand-shakes. Sections 4.3.2 and 4.3.3.
 */
import type { Message } from "./api.js";
import { type MqttError, resource } from "./errors.js";
import type { HeldMessage } from "./inbox.js";
import type { Session } from "./session.js";
import { SkippedReports } from "./skipped.js";
import type { Decoder } from "./wire/decode.js";
import type { LongTopic } from "./wire/long-topic.js";
import { DUP, PUBACK, PUBCOMP, PUBREC, RETAIN } from "./wire/packet.js";

/**
 * A QoS 2 message that cannot be held ends so many connections, and for so many milliseconds. Then it is skipped: the store may
 * never be well again, and whoever may publish could mute us.
 */
const REFUSALS = 10;
const PATIENCE = 600_000;

export interface ReceiverEvents {
  message(message: Message): void;
  aborted(message: Message): void;
  error(error: MqttError): void;
}

interface FreshMessage {
  readonly id: number;
  readonly message: Message;
}

export class Receiver {
  private readonly session: Session;
  private readonly events: ReceiverEvents;
  private readonly answer: (type: number, id: number) => void;
  private readonly patience: number;

  // The message that is coming.
  private token = 0;
  /** It was handed over before: only the answer is repeated. [MQTT-4.3.3-2] */
  private repeated = false;
  /** Its last piece so far, while more are to come. */
  private piece: Message | undefined;
  private readonly skipped = new SkippedReports();
  /**
   * Why a QoS 2 message could not be held on this connection, and since when. It and those behind it are not answered, so that
   * the broker sends them again, in order, on the next one. What else comes is taken: acknowledgements make room.
   */
  private refusal: MqttError | undefined;
  private refusedAt = 0;
  /** The message that is coming is not answered. */
  private ignored = false;
  /** Connections in a row on which that happened, and since when. */
  private refusals = 0;
  private refusedSince = 0;
  /** QoS 2 messages that came in a row: stored, and to be handed over when one sync has made that last for all of them. */
  private readonly fresh: FreshMessage[] = [];

  /** @param patience milliseconds that a connection goes on for on which a message could not be held */
  constructor(session: Session, events: ReceiverEvents, patience: number, answer: (type: number, id: number) => void) {
    this.session = session;
    this.patience = patience;
    this.events = events;
    this.answer = answer;
  }

  /** The connection has ended. */
  closed(): void {
    this.refusal = undefined;
    const piece = this.piece;
    this.piece = undefined;
    if (piece !== undefined) this.events.aborted(piece);
  }

  /**
   * A PUBLISH has come, at `now`, or a further piece of one.
   * @throws MqttError of kind `resource`: then it is not answered, and the broker will send it again
   */
  publish(decoder: Decoder, first: boolean, now: number): void {
    const { QoS, id, long } = decoder;
    if (first) this.ignored = this.refusal !== undefined && QoS === 2 && !this.session.inbox.received.has(id);
    if (this.ignored) return;
    try {
      if (long === undefined) this.take(decoder, first);
      else this.skip(decoder, long, now);
      if (first && QoS === 2 && !this.repeated) this.refusals = 0;
    } catch (error) {
      this.refused(error as MqttError, decoder, now);
    }
  }

  /** A QoS 2 message could not be held. @throws that error when it was handed over, or has another QoS */
  private refused(error: MqttError, { QoS, id, topicKnown, unfinished }: Decoder, now: number): void {
    // One that was handed over is known when it comes again.
    if (QoS < 2 || this.session.inbox.received.has(id)) throw error;
    if (this.refusals++ === 0) this.refusedSince = now;
    if (this.refusals < REFUSALS || (now - this.refusedSince) >>> 0 < PATIENCE) {
      this.refusal = error;
      this.refusedAt = now;
      this.ignored = true;
      return;
    }
    this.report("message-skipped", topicKnown, error.message, now);
    // Nor are further pieces of it handed over.
    this.repeated = true;
    if (!unfinished) this.answer(PUBREC, id);
  }

  /** Milliseconds from `now` until {@link tick} is to be called, -1 when it need not be. */
  next(now: number): number {
    if (this.refusal === undefined) return -1;
    return this.session.outbox.isResting ? 0 : Math.max(0, this.patience - ((now - this.refusedAt) | 0));
  }

  /**
   * Ends a connection on which a message could not be held, once no acknowledgement can make room for it any more, or that
   * takes too long. @throws MqttError of kind `resource`: why it could not be held
   */
  tick(now: number): void {
    if (this.refusal !== undefined && this.next(now) === 0) throw this.refusal;
  }

  private take(decoder: Decoder, first: boolean): void {
    const session = this.session;
    const { QoS, id } = decoder;
    const more = decoder.unfinished;
    const print = first && QoS === 2 ? decoder.print() : 0;
    if (QoS !== 2 || more) this.handOver();
    if (first) this.begin(decoder, more, print);
    if (!this.repeated) {
      const message = messageFrom(decoder, this.token, more);
      if (first && !more && QoS === 2) {
        session.inbox.hold(id, print, message);
        this.fresh.push({ id, message });
        if (!session.defers) this.handOver();
        return;
      }
      if (first && QoS === 2) session.sync();
      this.piece = more ? message : undefined;
      this.events.message(message);
      if (!more && QoS === 2) session.inbox.processed(id, message.token);
    }
    if (!more && QoS > 0) this.answer(QoS === 1 ? PUBACK : PUBREC, id);
  }

  private begin({ QoS, id, flags }: Decoder, more: boolean, print: number): void {
    const inbox = this.session.inbox;
    const duplicate = (flags & DUP) !== 0;
    this.repeated = QoS === 2 && inbox.isRepeated(id, duplicate, print);
    if (this.repeated) {
      this.handOver();
      return;
    }
    if (QoS === 2 && inbox.received.full) {
      throw resource("received-full", "the broker has more QoS 2 messages under way than maximumReceived");
    }
    const begun = QoS === 2 ? inbox.begun(id, duplicate, print) : undefined;
    this.token = begun ?? this.session.nextToken();
    if (QoS === 2 && more && begun === undefined) inbox.begin(id, this.token, print);
  }

  /**
   * A PUBLISH has been read past, for its topic could not be held: it is acknowledged, so that it does not come again, and
   * reported. @throws as {@link publish}
   */
  private skip(decoder: Decoder, long: LongTopic, now: number): void {
    const { QoS, id, flags } = decoder;
    const { inbox } = this.session;
    this.handOver();
    if (QoS === 2 && !inbox.isRepeated(id, (flags & DUP) !== 0, long.print) && !inbox.received.full) {
      inbox.skip(id, long.print);
    }
    if (QoS > 0) this.answer(QoS === 2 ? PUBREC : PUBACK, id);
    const why = `the receive buffer has no room for its topic of ${long.length} bytes`;
    this.report("topic-too-long", `${decoder.topicKnown}…`, why, now);
  }

  private report(code: string, topic: string | undefined, why: string, now: number): void {
    const error = this.skipped.next(code, topic ?? "", why, now);
    if (error !== undefined) this.events.error(error);
  }

  /** Messages that wait for {@link handOver}. */
  get waiting(): number {
    return this.fresh.length;
  }

  /** Hands over what waits, before anything else is processed. @throws MqttError of kind `resource`, as {@link publish} */
  handOver(): void {
    const { fresh, session } = this;
    if (fresh.length === 0) return;
    try {
      // The application must find each token again, should power fail while its handler runs.
      session.sync();
      for (let next = fresh.shift(); next !== undefined; next = fresh.shift()) {
        this.events.message(next.message);
        session.inbox.processed(next.id, next.message.token);
        this.answer(PUBREC, next.id);
      }
    } catch (error) {
      // The broker thinks that they may have come: they are handed over when it has been asked, as after a loss of power.
      fresh.splice(0).forEach(({ id, message: { token, topic, payload, retain } }) => {
        session.inbox.held.push({ id, token, topic, payload: payload.slice(), retain });
      });
      throw error;
    }
  }

  /** PUBREL has come. It is answered whether or not there is something to release. */
  release(id: number): void {
    this.session.inbox.forget(id);
    this.answer(PUBCOMP, id);
  }

  /** Hands over what was stored and not processed before power was lost. */
  handOverHeld(): void {
    const inbox = this.session.inbox;
    const held = inbox.held;
    if (held.length > 0) this.session.sync();
    // One by one: what follows one whose completion the store refuses waits for the next connection.
    for (let message = held.shift(); message !== undefined; message = held.shift()) {
      this.events.message(messageOf(message));
      inbox.processed(message.id, message.token);
    }
  }
}

function messageFrom(decoder: Decoder, token: number, more: boolean): Message {
  return {
    topic: decoder.topic,
    payload: decoder.body(),
    QoS: decoder.QoS,
    retain: (decoder.flags & RETAIN) !== 0,
    duplicate: (decoder.flags & DUP) !== 0,
    byteLength: decoder.byteLength,
    offset: decoder.offset,
    more,
    token,
  };
}

function messageOf({ topic, payload, retain, token }: HeldMessage): Message {
  const byteLength = payload.byteLength;
  return { topic, payload, QoS: 2, retain, duplicate: true, byteLength, offset: 0, more: false, token };
}
