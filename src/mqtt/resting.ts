/**
 * Messages that rest, because connections ended whenever they were sent, each alone: for how long, and what rests with them.
 *
 * Some brokers have no QoS 2 and close the connection at it (NATS 2.9): where two such messages were convicted and none was ever
 * delivered, all of them rest. So do all to one topic where three were convicted and none was delivered in between. They are
 * parked when their turn comes, and named.
 */

import type { MqttError } from "./errors.js";
import { isQoS2, type Outgoing } from "./inflight.js";
import type { Outbox } from "./outbox.js";
import { isToOneTopic } from "./wire/encode.js";

/** Strikes that a message has at least that rests for what it was convicted of; one with fewer rests with others. */
export const GUILTY = 6;
/** Messages to one topic that are convicted in a row until all to it rest: it is the topic that the broker does not bear. */
const TOPIC = 3;
/** Milliseconds until messages that rest are tried again: at first, and at most after doubling. */
const FIRST_RETRY = 600_000;
const LAST_RETRY = 21_600_000;

/** No message that rests is being tried again. */
const NONE = 0;
/** They are, from the oldest on, one after the other as long as they are taken. */
const OLDEST = 1;
/** The oldest was not: one of the others is to have its chance on the next connection. So no retry costs more than two. */
const DUE = 2;
/** It has its chance; those behind it follow as long as they are taken. */
const IN_TURN = 3;

export interface RestingEvents {
  /** A message rests. @param forQoS2 as all with QoS 2 do @param why what ended the connection last */
  parked(message: Outgoing, forQoS2: boolean, why: MqttError | undefined): void;
}

export class Resting {
  private readonly outbox: Outbox;
  private readonly events: RestingEvents;
  /** Whether a message is parked only until the connection has shown itself good. */
  private readonly isHeld: (message: Outgoing) => boolean;
  /** A QoS 2 message has been delivered. */
  private hasQoS2 = false;
  /** None is: all of them rest. */
  private restsQoS2 = false;
  /** The first with QoS 2 that was convicted, while the next one is to tell whether it is for that, and what for otherwise. */
  private undecided: Outgoing | undefined;
  private why: MqttError | undefined;
  /** One message each of the topics that rest as a whole. */
  private topics: Outgoing[] = [];
  private retry = FIRST_RETRY;
  /** When messages were parked last, or the first connection after a restart was granted. */
  private parkedAt: number | undefined;
  /** How far it is with trying messages that rest: see {@link OLDEST}. */
  private retrying = NONE;
  /** The tokens of the message that was tried last, and of the last one in turn. */
  private tried = 0;
  private turn = 0;

  constructor(outbox: Outbox, events: RestingEvents, isHeld: (message: Outgoing) => boolean) {
    this.outbox = outbox;
    this.events = events;
    this.isHeld = isHeld;
  }

  connected(now: number): void {
    this.parkedAt ??= now;
  }

  /** @param wasOnTrial it had rested, or had been suspected */
  delivered(message: Outgoing, wasOnTrial: boolean): void {
    const { parked } = this.outbox;
    if (!this.hasQoS2 && isQoS2(message.packet)) {
      this.hasQoS2 = true;
      this.decide(message, false);
    }
    if (parked.length > 0) this.bears(message);
    if (!wasOnTrial) return;
    if ((this.retrying & OLDEST) !== 0 && !this.tryAfter(message.token)) this.retrying = NONE;
    if (parked.length === 0) this.retry = FIRST_RETRY;
  }

  /** What rests to the same topic, or for its QoS, does not do so for that. */
  private bears(message: Outgoing): void {
    this.topics = this.topics.filter(({ packet }) => !isToOneTopic(packet, message.packet));
    this.rest(this.restsQoS2 && !isQoS2(message.packet));
    this.outbox.parked.forEach((other) => {
      if (!this.isHeld(other) && isToOneTopic(other.packet, message.packet)) other.strikes = 0;
    });
  }

  /** Whether one rests to its topic, to which none was delivered since, or one with QoS 2, none of which ever was. */
  isLikeOthers(message: Outgoing): boolean {
    return this.countAlike(message) > 0 || this.standsForQoS2(message);
  }

  private countAlike({ packet }: Outgoing): number {
    const alike = (other: Outgoing) =>
      other.strikes >= GUILTY && !this.isHeld(other) && isToOneTopic(other.packet, packet);
    return this.outbox.parked.filter(alike).length;
  }

  private standsForQoS2(one: Outgoing): boolean {
    const other = (message: Outgoing) => message !== one && isQoS2(message.packet) && !this.isHeld(message);
    return isQoS2(one.packet) && !this.hasQoS2 && this.outbox.parked.some(other);
  }

  /** Connections ended whenever it was sent: it rests. */
  convict(guilty: Outgoing, why: MqttError | undefined, now: number): void {
    const { outbox } = this;
    const isTopic = this.countAlike(guilty) >= TOPIC - 1 && !this.topicRests(guilty);
    const isForQoS2 = !isTopic && this.standsForQoS2(guilty);
    outbox.park(outbox.log.indexOf(guilty.id));
    this.parkedAt = now;
    this.retrying = this.retrying === OLDEST && outbox.parked.length > 1 ? DUE : NONE;
    if (isTopic) {
      this.topics.push(guilty);
      this.retry = FIRST_RETRY;
    }
    if (isTopic || isForQoS2) this.rest(this.restsQoS2 || isForQoS2);
    if (!isTopic && !isForQoS2 && isQoS2(guilty.packet) && !this.hasQoS2 && this.waitsWithQoS2()) {
      this.undecided = guilty;
      this.why = why;
      return;
    }
    if (isTopic || isQoS2(guilty.packet)) this.decide(guilty, isForQoS2);
    this.events.parked(guilty, isForQoS2, why);
  }

  /** It is known now what the first with QoS 2 that was convicted rests for, unless that is `but`. */
  private decide(but: Outgoing, forQoS2: boolean): void {
    const { undecided } = this;
    this.undecided = undefined;
    if (undecided !== undefined && undecided !== but && this.outbox.parked.includes(undecided))
      this.events.parked(undecided, forQoS2, this.why);
  }

  private waitsWithQoS2(): boolean {
    const { log } = this.outbox;
    for (let index = 0; index < log.length; index++) if (isQoS2(log.at(index).packet)) return true;
    return false;
  }

  private topicRests(message: Outgoing): boolean {
    return this.topics.some(({ packet }) => isToOneTopic(packet, message.packet));
  }

  /** Has messages to the topics that rest parked when their turn comes. @param withQoS2 those with QoS 2, too */
  private rest(withQoS2: boolean): void {
    this.restsQoS2 = withQoS2;
    const { outbox } = this;
    outbox.rests =
      withQoS2 || this.topics.length > 0
        ? (message) =>
            message.strikes < GUILTY && ((this.restsQoS2 && isQoS2(message.packet)) || this.topicRests(message))
        : undefined;
    outbox.onRest = (message) => this.events.parked(message, this.restsQoS2 && isQoS2(message.packet), undefined);
  }

  /** It was for none of them: all are sent again. */
  pardon(): void {
    this.topics = [];
    this.rest(false);
    this.retry = FIRST_RETRY;
    this.outbox.parked.slice().forEach((message) => {
      if (!this.isHeld(message)) this.outbox.unpark(message, 0);
    });
  }

  // ---- time

  /** Milliseconds until {@link tick} has something to do, -1 when nothing rests. @param trial until the connection is good */
  next(now: number, trial: number): number {
    if (this.retrying === DUE) return trial;
    return this.outbox.parked.length === 0 ? -1 : Math.max(0, this.retry - ((now - (this.parkedAt ?? now)) | 0));
  }

  /** @param isGood the connection has lasted for a while */
  tick(now: number, isGood: boolean): void {
    if (this.retrying === DUE) {
      if (!isGood) return;
      this.retrying = this.tryAfter(this.turn) || this.tryAfter(this.tried) ? IN_TURN : NONE;
      this.turn = this.tried;
    } else if (this.outbox.parked.length > 0 && ((now - (this.parkedAt ?? now)) | 0) >= this.retry) {
      this.retry = Math.min(LAST_RETRY, this.retry * 2);
      this.parkedAt = now;
      this.retrying = this.tryAfter(0) ? OLDEST : NONE;
    }
  }

  /** Has the first message sent that rests and has a later token. @returns whether there is one */
  private tryAfter(token: number): boolean {
    let next: Outgoing | undefined;
    this.outbox.parked.forEach((one) => {
      if (one.token > token && (next === undefined || one.token < next.token)) next = one;
    });
    if (next === undefined) return false;
    this.tried = next.token;
    this.outbox.unpark(next, GUILTY);
    return true;
  }
}
