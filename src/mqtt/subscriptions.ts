/**
 * What the application wants to receive, what the broker's session knows of it, and who handles what arrives.
 *
 * Nothing is queued: which SUBSCRIBE or UNSUBSCRIBE is due follows from the difference between the two. Sections 3.8 to 3.11.
 */
import type { Message, MessageHandler, QoS } from "./api.js";
import { violation } from "./errors.js";
import { encodeRequest } from "./wire/encode.js";
import { SUBSCRIBE, SUBSCRIBE_FAILURE, UNSUBSCRIBE } from "./wire/packet.js";
import { matches, mayBring } from "./wire/topic.js";

export interface Subscription {
  readonly filter: string;
  QoS: QoS;
  /** Undefined when the application does not want it (any more). */
  handler: MessageHandler | undefined;
  /** The QoS with which the broker's session holds it, NONE or UNSURE. */
  known: number;
  /** The broker has refused it on this connection. */
  refused: boolean;
  /** The packet identifier of the request under way, or 0. */
  request: number;
  /** The type of that request. */
  requestType: number;
  /** The QoS asked for with it. */
  requestQoS: QoS;
  /** When it was sent. */
  sentAt: number;
  /** Since when it rests; undefined when it does not. */
  restsSince: number | undefined;
  /** Milliseconds that its rest lasts, or that its last one did; 0 when there was none. */
  pause: number;
  /** While it rests the broker is to forget it. */
  withdrawn: boolean;
  /** Evidence that connections end because of it, and that it is not asked for, to see whether they do without: see blame.ts. */
  strikes: number;
  held: boolean;
}

/** The broker's session does not hold the subscription. */
const NONE = -1;
/** A request was sent and not answered: it may, with either QoS, or may not. Both requests set that right. */
const UNSURE = 3;

/** Some brokers take no more filters in one packet (AWS IoT Core: 8). */
const FILTERS_PER_PACKET = 8;

/** Milliseconds that a filter rests: the first time, and at most after doubling. */
const FIRST_PAUSE = 600_000;
const LAST_PAUSE = 21_600_000;

/** A filter that the broker holds, and the QoS or that it is unsure, as it is stored. */
export type KnownSubscription = readonly [filter: string, known: number];

export interface SubscriptionEvents {
  subscribed(filter: string, granted: QoS | undefined): void;
  unsubscribed(filter: string): void;
}

export class Subscriptions {
  private list: Subscription[] = [];

  /** Filters that the broker may hold, from the stored session. */
  restore(known: readonly KnownSubscription[]): void {
    known.forEach((entry) => {
      this.entry(entry[0], 0).known = entry[1];
    });
  }

  /** Filters that the broker may hold, to be stored. */
  known(): KnownSubscription[] {
    return this.list.filter((entry) => entry.known !== NONE).map((entry) => [entry.filter, entry.known]);
  }

  /** The broker may have lost its session and begun a new one, which we shall not be able to tell from the old one. */
  doubt(): void {
    this.list.forEach((entry) => {
      if (entry.known !== NONE) entry.known = UNSURE;
    });
  }

  private find(filter: string): Subscription | undefined {
    return this.list.find((entry) => entry.filter === filter);
  }

  private entry(filter: string, QoS: QoS): Subscription {
    const known = this.find(filter);
    if (known !== undefined) return known;
    const entry: Subscription = {
      filter,
      QoS,
      handler: undefined,
      known: NONE,
      refused: false,
      request: 0,
      requestType: 0,
      requestQoS: 0,
      sentAt: 0,
      restsSince: undefined,
      pause: 0,
      withdrawn: false,
      strikes: 0,
      held: false,
    };
    this.list.push(entry);
    return entry;
  }

  add(filter: string, QoS: QoS, handler: MessageHandler): void {
    const entry = this.entry(filter, QoS);
    entry.QoS = QoS;
    entry.handler = handler;
    entry.refused = false;
    entry.restsSince = undefined;
    entry.pause = 0;
    entry.held = false;
  }

  /** A filter of which nothing is known may be held by the broker all the same, from before this run. */
  remove(filter: string): void {
    const entry = this.find(filter);
    if (entry === undefined) this.entry(filter, 0).known = UNSURE;
    else entry.handler = undefined;
    this.sweep();
  }

  /** A connection has begun: requests that were under way are void, and all is new where the broker has no session. */
  begin(sessionPresent: boolean): void {
    this.list.forEach((entry) => {
      entry.request = 0;
      entry.refused = false;
      if (!sessionPresent) entry.known = NONE;
    });
    this.sweep();
  }

  /** Forgets what nobody wants and the broker does not hold. */
  private sweep(): void {
    this.list = this.list.filter((entry) => entry.handler !== undefined || entry.known !== NONE);
  }

  /**
   * Puts a filter aside, because of what it brings about: it is not asked for until its rest is over, after ten minutes, then
   * after twice as long each time, up to six hours. `subscribe` by the application ends the rest at once. In memory only.
   * @param withdrawn whether the broker is asked to forget it meanwhile, where it may hold it
   */
  rest(filter: string, now: number, withdrawn: boolean): void {
    const entry = this.find(filter);
    if (entry === undefined) return;
    entry.restsSince = now;
    entry.pause = entry.pause === 0 ? FIRST_PAUSE : Math.min(LAST_PAUSE, entry.pause * 2);
    entry.withdrawn = withdrawn;
  }

  /** Filters that may bring a malformed message to a topic that begins so. @param again of those only that have rested before */
  bringing(topic: string, again: boolean): string[] {
    return this.list
      .filter(({ filter, handler, restsSince, pause }) => {
        return handler !== undefined && restsSince === undefined && (!again || pause > 0) && mayBring(filter, topic);
      })
      .map(({ filter }) => filter);
  }

  /** Milliseconds until {@link wake} has something to do, -1 when no filter rests. */
  nextWake(now: number): number {
    let next = -1;
    this.list.forEach(({ restsSince, pause }) => {
      if (restsSince === undefined) return;
      const left = Math.max(0, pause - ((now - restsSince) | 0));
      if (next < 0 || left < next) next = left;
    });
    return next;
  }

  /** Ends the rests that are over: those filters are asked for again. */
  wake(now: number): void {
    this.list.forEach((entry) => {
      if (entry.restsSince !== undefined && ((now - entry.restsSince) | 0) >= entry.pause) entry.restsSince = undefined;
    });
  }

  /** It was not for the filters that rest: they are asked for again, but for those that are withdrawn. */
  pardon(): void {
    this.list.forEach((entry) => {
      if (entry.restsSince === undefined || entry.withdrawn) return;
      entry.restsSince = undefined;
      entry.pause = entry.strikes = 0;
    });
  }

  private wants(entry: Subscription, type: number): boolean {
    if (entry.request > 0 || entry.held) return false;
    const rests = entry.restsSince !== undefined;
    if (type === UNSUBSCRIBE) return (rests ? entry.withdrawn : entry.handler === undefined) && entry.known !== NONE;
    return entry.handler !== undefined && entry.known !== entry.QoS && !entry.refused && !rests;
  }

  /** Whether a request is due. */
  get due(): boolean {
    return this.list.some((entry) => this.wants(entry, SUBSCRIBE) || this.wants(entry, UNSUBSCRIBE));
  }

  usesId(id: number): boolean {
    return this.list.some((entry) => entry.request === id);
  }

  /** Whether an answer is waited for. */
  get waiting(): boolean {
    return this.list.some(({ request }) => request > 0);
  }

  /** Whether one that is due, or under way, has so many strikes. */
  hasStrikes(strikes: number): boolean {
    return this.list.some(
      (entry) =>
        entry.strikes >= strikes &&
        (entry.request > 0 || this.wants(entry, SUBSCRIBE) || this.wants(entry, UNSUBSCRIBE)),
    );
  }

  /** Filters that do not count for now: neither asked for nor given up. */
  get resting(): string[] {
    return this.list.filter(({ restsSince }) => restsSince !== undefined).map(({ filter }) => filter);
  }

  /** The next request that is due, encoded; it counts as sent at `now`. @param single of one filter */
  request(id: number, now: number, single = false): Uint8Array {
    const type = this.list.some((entry) => this.wants(entry, SUBSCRIBE)) ? SUBSCRIBE : UNSUBSCRIBE;
    const chosen = this.list.filter((entry) => this.wants(entry, type)).slice(0, single ? 1 : FILTERS_PER_PACKET);
    chosen.forEach((entry) => {
      entry.request = id;
      entry.requestType = type;
      entry.requestQoS = entry.QoS;
      entry.known = UNSURE;
      entry.sentAt = now;
    });
    return encodeRequest(type, id, chosen);
  }

  /** The request just made cannot be sent. */
  withdraw(id: number): void {
    this.list.forEach((entry) => {
      if (entry.request === id) entry.request = 0;
    });
  }

  /** The oldest request under way was sent at; undefined when there is none. */
  waitingSince(now: number): number | undefined {
    let oldest: number | undefined;
    this.list.forEach((entry) => {
      if (entry.request > 0 && (oldest === undefined || ((now - entry.sentAt) | 0) > ((now - oldest) | 0))) {
        oldest = entry.sentAt;
      }
    });
    return oldest;
  }

  /** What is asked for with the identifier; with 0 all that is. */
  requested(id: number): Subscription[] {
    return this.list.filter(({ request }) => (id === 0 ? request > 0 : request === id));
  }

  private answered(id: number, type: number): Subscription[] {
    return this.requested(id).filter(({ requestType }) => requestType === type);
  }

  /**
   * @param codes return codes in the order of the filters
   * @returns when it was asked for
   * @throws MqttError of kind `peer`
   */
  suback(id: number, codes: Uint8Array, events: SubscriptionEvents): number {
    const asked = this.answered(id, SUBSCRIBE);
    if (asked.length === 0)
      throw violation("MQTT-3.8.4-2", `SUBACK for packet identifier ${id}, which nobody waits for`);
    if (asked.length !== codes.length) {
      throw violation("MQTT-3.8.4-5", `SUBACK with ${codes.length} return codes for ${asked.length} filters`);
    }
    asked.forEach((entry, index) => {
      const code = codes[index] as number;
      if (code > entry.requestQoS && code !== SUBSCRIBE_FAILURE)
        throw violation("MQTT-3.8.4-6", `SUBACK grants more than was asked for "${entry.filter}"`);
    });
    asked.forEach((entry, index) => {
      entry.refused = codes[index] === SUBSCRIBE_FAILURE;
      entry.known = entry.refused ? NONE : entry.requestQoS;
      done(entry);
    });
    asked.forEach((entry, index) => {
      const code = codes[index] as number;
      events.subscribed(entry.filter, code === SUBSCRIBE_FAILURE ? undefined : (code as QoS));
    });
    this.sweep();
    return (asked[0] as Subscription).sentAt;
  }

  /** @returns when it was asked for @throws MqttError of kind `peer` */
  unsuback(id: number, events: SubscriptionEvents): number {
    const asked = this.answered(id, UNSUBSCRIBE);
    if (asked.length === 0) {
      throw violation("MQTT-3.10.4-4", `UNSUBACK for packet identifier ${id}, which nobody waits for`);
    }
    asked.forEach((entry) => {
      entry.known = NONE;
      done(entry);
    });
    asked.forEach((entry) => {
      events.unsubscribed(entry.filter);
    });
    this.sweep();
    return (asked[0] as Subscription).sentAt;
  }

  /** Hands a message to every handler whose filter it matches. @returns how many there were */
  dispatch(message: Message, call: (handler: MessageHandler, message: Message) => void): number {
    let count = 0;
    // The list is replaced, never changed in place, except by additions at its end: a handler may (un)subscribe.
    const list = this.list;
    const length = list.length;
    for (let index = 0; index < length; index++) {
      const { handler, filter } = list[index] as Subscription;
      if (handler === undefined || !matches(filter, message.topic)) continue;
      count++;
      call(handler, message);
    }
    return count;
  }
}

function done(entry: Subscription): void {
  entry.request = 0;
  entry.strikes = 0;
}
