/**
 * Who is to blame when connections end: a message, a filter that is asked for, or an answer to one of them that makes us close.
 *
 * Without it what the broker does not bear would be sent on each connection, and all others would wait behind it for ever.
 *
 * | state of a message or filter | it is in flight at a close   | it is answered | time                                         |
 * |------------------------------|------------------------------|----------------|----------------------------------------------|
 * | free, below CAREFUL          | strikes                      | no strikes     |                                              |
 * | free, from CAREFUL on        | strikes; from SUSPECT: held  | no strikes     |                                              |
 * | held                         | (it is not sent)             |                | a connection lasts TRIAL without it: on trial |
 * | on trial: free, from SUSPECT | convicted: it rests, is named | no strikes    |                                              |
 * | resting                      | (it is not sent)             |                | its pause is over: on trial                  |
 *
 * While something that is free has CAREFUL strikes all is sent one at a time, filters first, so that a close has one cause.
 * So what rests was alone when connections ended, while a connection without it was good. A close with nothing in flight frees
 * what is held: the broker closes without it, too.
 *
 * What comes behind a held message in its stream waits, and so does what was sent before: it may be acquitted, and order is
 * promised. What becomes of messages that rest is in resting.ts, of filters in subscriptions.ts.
 */
import { sooner } from "./deadlines.js";
import type { MqttError } from "./errors.js";
import type { Outgoing } from "./inflight.js";
import type { Outbox } from "./outbox.js";
import { GUILTY, Resting, type RestingEvents } from "./resting.js";
import type { Subscription, Subscriptions } from "./subscriptions.js";
import { isOfOneStream } from "./wire/encode.js";

type Suspect = Outgoing | Subscription;

/** Strikes from which on all is sent one at a time. */
const CAREFUL = 4;
/** Strikes from which on one is held, and convicted the next time. */
const SUSPECT = GUILTY;
/** Strikes for a close with it among others in flight, and with it alone. */
const AMONG_OTHERS = 2;
const ALONE = 3;
/** As many where an answer, or none, names it. From EXACT on a close without it does not acquit it. */
const EXACT_AMONG_OTHERS = SUSPECT;
const EXACT = 12;
/**
 * Held at the same time at most, and topics and filters convicted at most with nothing answered in between: beyond it is the
 * broker, at whatever comes. Twice as many the next time, lest what is behind that many is never sent.
 */
const MAXIMUM = 8;
/** Milliseconds from sending to the close, at most, for the one to be the reason of the other: the end may arrive seconds late. */
const PROMPTNESS = 10_000;
/** Milliseconds that a connection must last without what is held to be good. */
const TRIAL = 3000;
export interface BlameEvents extends RestingEvents {
  /** A filter rests: it is not asked for. */
  filterParked(filter: string, why: MqttError): void;
}

export class Blame {
  /** Nothing is to be sent while something waits for its answer. */
  careful = false;
  private readonly outbox: Outbox;
  private readonly subscriptions: Subscriptions;
  private readonly events: BlameEvents;
  private readonly resting: Resting;
  private held: Suspect[] = [];
  /** Topics and filters convicted since something was answered, and how many may be. */
  private convicted = 0;
  private maximum = MAXIMUM;
  private connectedAt = 0;
  /** When what was answered last on this connection had been sent; undefined while nothing was. */
  private answeredFrom: number | undefined;

  // What the end of the connection asks for, once the log is rewound.
  private accused: Suspect | undefined;
  private isGuilty = false;
  private acquits = false;
  private why: MqttError | undefined;
  private endedAt = 0;

  constructor(outbox: Outbox, subscriptions: Subscriptions, events: BlameEvents) {
    this.outbox = outbox;
    this.subscriptions = subscriptions;
    this.events = events;
    this.resting = new Resting(outbox, events, (message) => this.held.includes(message));
  }

  connected(now: number): void {
    this.connectedAt = now;
    this.resting.connected(now);
    this.answeredFrom = undefined;
    this.look();
  }

  // ---- what is answered

  /** A message was delivered. */
  delivered(message: Outgoing): void {
    const { strikes } = message;
    message.strikes = 0;
    this.answered(message.sentAt);
    this.resting.delivered(message, strikes >= SUSPECT);
  }

  /** A message was delivered, or a request answered, that was sent at `from`. */
  answered(from: number): void {
    if (this.answeredFrom === undefined || ((from - this.answeredFrom) | 0) > 0) this.answeredFrom = from;
    this.convicted = 0;
    this.maximum = MAXIMUM;
    if (this.careful) this.look();
  }

  private look(): void {
    const { log } = this.outbox;
    this.careful = this.subscriptions.hasStrikes(CAREFUL);
    for (let index = 0; index < log.length && !this.careful; index++) this.careful = log.at(index).strikes >= CAREFUL;
  }

  // ---- how a connection ends; {@link closed} follows

  /** The peer has closed it. @returns whether something was in flight, so that it may be for that */
  closedByPeer(why: MqttError, now: number): boolean {
    const prompt = this.inFlight().filter(({ sentAt }) => ((now - sentAt) | 0) <= PROMPTNESS);
    if (prompt.length > 0) this.accuse(prompt, prompt.length > 1 ? AMONG_OTHERS : ALONE, why, now);
    else this.acquits = true;
    return this.outbox.log.sent > 0 || this.subscriptions.waiting;
  }

  /** We close it, because of an answer that is none. @param id the packet identifier that it names */
  answeredWrongly(id: number, why: MqttError, now: number): void {
    const { log } = this.outbox;
    const index = log.indexOf(id);
    if (index >= 0 && log.at(index).released) return;
    const named: Suspect[] = index < 0 ? this.subscriptions.requested(id) : [log.at(index)];
    if (named.length > 0) this.accuse(named, named.length > 1 ? EXACT_AMONG_OTHERS : EXACT, why, now);
    else if (this.inFlight().length > 0) this.closedByPeer(why, now);
  }

  /** We close it, because an answer has not come in time. Where what was sent later was answered, it is not the network. */
  unanswered(patience: number, why: MqttError, now: number): void {
    let oldest: Suspect | undefined;
    this.inFlight().forEach((one) => {
      if (oldest === undefined || ((one.sentAt - oldest.sentAt) | 0) < 0) oldest = one;
    });
    if (oldest === undefined || ((now - oldest.sentAt) | 0) < patience) return;
    const { answeredFrom } = this;
    const others = answeredFrom !== undefined && ((answeredFrom - oldest.sentAt) | 0) >= 0;
    if (!others && oldest.strikes < SUSPECT) return;
    const asked = "filter" in oldest ? this.subscriptions.requested(oldest.request) : [oldest];
    this.accuse(asked, asked.length > 1 ? EXACT_AMONG_OTHERS : EXACT, why, now);
  }

  /** What is in flight and not taken over by the broker. */
  private inFlight(): Suspect[] {
    const { log } = this.outbox;
    const found: Suspect[] = this.subscriptions.requested(0);
    for (let index = 0; index < log.sent; index++) if (!log.at(index).released) found.push(log.at(index));
    return found;
  }

  private accuse(suspects: readonly Suspect[], strikes: number, why: MqttError, now: number): void {
    this.why = why;
    this.endedAt = now;
    const [first] = suspects;
    this.isGuilty = first !== undefined && (first.strikes >= SUSPECT || this.isLikeOthers(first));
    suspects.forEach((one) => {
      one.strikes += strikes;
      if (one.strikes < CAREFUL && this.isLikeOthers(one)) one.strikes = CAREFUL;
    });
    if (suspects.length === 1 && first !== undefined && (this.isGuilty || first.strikes >= SUSPECT))
      this.accused = first;
  }

  private isLikeOthers(one: Suspect): boolean {
    return "token" in one && this.resting.isLikeOthers(one);
  }

  /** The connection has ended, and the log is rewound. */
  closed(): void {
    const { accused, acquits } = this;
    this.accused = undefined;
    this.acquits = false;
    if (accused !== undefined && !("token" in accused && this.outbox.log.indexOf(accused.id) < 0)) {
      if (this.isGuilty) this.convict(accused);
      else if (this.held.length < this.maximum) this.hold(accused);
      else {
        this.maximum *= 2;
        accused.strikes = 0;
        this.free(true);
      }
    } else if (acquits) this.free(true);
    this.look();
  }

  // ---- held, and on trial

  private hold(suspect: Suspect): void {
    this.held.push(suspect);
    if ("filter" in suspect) suspect.held = true;
    else this.outbox.park(this.outbox.log.indexOf(suspect.id));
    this.haveOthersWait();
  }

  private haveOthersWait(): void {
    const messages = this.held.filter((one) => "token" in one);
    // What was sent is sent again in its order, whatever its topic. [MQTT-4.6.0-1]
    this.outbox.waitsFor =
      messages.length === 0
        ? undefined
        : (message) =>
            (message.attempted && !message.released) ||
            messages.some(({ packet }) => isOfOneStream(packet, message.packet));
  }

  /** Has what is held sent again. @param acquitted whether as if nothing had been, but for what an answer has named */
  private free(acquitted: boolean): void {
    const freed = this.held.filter(({ strikes }) => !acquitted || strikes < EXACT);
    this.held = this.held.filter((one) => !freed.includes(one));
    this.haveOthersWait();
    freed.forEach((one) => {
      if (acquitted) one.strikes = 0;
      if ("filter" in one) one.held = false;
      else this.outbox.unpark(one, one.strikes);
    });
    this.look();
  }

  private convict(guilty: Suspect): void {
    const { why } = this;
    if (!this.isLikeOthers(guilty) && ++this.convicted > this.maximum) {
      guilty.strikes = 0;
      this.pardon();
      return;
    }
    guilty.strikes = Math.max(SUSPECT, guilty.strikes);
    if ("filter" in guilty) {
      this.subscriptions.rest(guilty.filter, this.endedAt, false);
      this.events.filterParked(guilty.filter, why as MqttError);
    } else this.resting.convict(guilty, why, this.endedAt);
  }

  /** The broker closes whatever is sent: no message is to wait for hours because of that. */
  private pardon(): void {
    this.convicted = 0;
    this.maximum *= 2;
    this.free(true);
    this.resting.pardon();
    this.subscriptions.pardon();
  }

  // ---- time

  /** Milliseconds until {@link tick} has something to do, -1 when there is nothing. */
  next(now: number): number {
    const wake = this.subscriptions.nextWake(now);
    const trial = Math.max(0, TRIAL - ((now - this.connectedAt) | 0));
    if (this.held.length > 0) return sooner(wake, trial);
    return sooner(wake, this.resting.next(now, trial));
  }

  tick(now: number): void {
    if (this.next(now) !== 0) return;
    this.subscriptions.wake(now);
    const isGood = ((now - this.connectedAt) | 0) >= TRIAL;
    if (this.held.length === 0) this.resting.tick(now, isGood);
    else if (isGood) this.free(false);
    this.look();
  }
}
