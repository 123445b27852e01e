/**
 * The books: what the client has accepted and acknowledged on one side, what was seen at the broker on the other.
 * Messages are told apart by topic and payload; those that are equal in both are counted.
 */
import type { QoS } from "../../src/mqtt/api.js";

export interface Balance {
  /** Messages the client has accepted. */
  readonly published: number;
  /** Of those, messages acknowledged; at QoS 0 handed to the socket. */
  readonly acknowledged: number;
  /** Accepted and not seen at the broker; what was dropped, and what is still to be delivered, is not counted. */
  readonly lost: number;
  /** Of those, messages that may have had QoS 0: a broker keeps none of them for a subscriber that is away. */
  readonly lostAtMostOnce: number;
  /** Accepted, by this run or one before it, and given up before it was sent. */
  readonly dropped: number;
  /** Of the published, those with QoS 2. */
  readonly exactlyOnce: number;
  /** QoS 2: seen more often than accepted. */
  readonly duplicated: number;
}

/** An accepted message that has not left the client yet. */
export interface Pending {
  readonly topic: string;
  payload: string;
  readonly QoS: QoS;
  /** When it was accepted, in whatever the caller counts time. */
  readonly at: number;
}

interface Entry {
  accepted: number;
  seen: number;
  /** With QoS 0, and with QoS 2. */
  acceptedAtMostOnce: number;
  acceptedOnce: number;
  seenOnce: number;
}

/** Entries that are looked after: those before them that balance are closed, so that a long run stays small. */
const OPEN_ENTRIES = 20_000;

export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #pending = new Map<number, Pending>();
  #published = 0;
  #acknowledged = 0;
  #dropped = 0;
  #isBlind = true;
  /** Accepted messages that were not seen yet. */
  #missing = 0;
  /** Of closed entries. */
  #exactlyOnce = 0;
  #duplicated = 0;

  accepted(token: number, topic: string, payload: string, QoS: QoS, at: number): void {
    this.said(token, topic, payload, QoS, at);
    this.#expect(topic, payload, QoS);
  }

  /** A message was accepted that the node says again until it has arrived, such as its description: nobody misses one of it. */
  said(token: number, topic: string, payload: string, QoS: QoS, at: number): void {
    this.#published++;
    this.#pending.set(token, { topic, payload, QoS, at });
  }

  /** A message that was not sent yet has another payload from now on. */
  revised(token: number, topic: string, payload: string): void {
    const pending = this.#pending.get(token);
    // Accepted before these books began: what arrives of it is not looked for.
    if (pending === undefined) return;
    this.#expectNoMore(topic, pending.payload, pending.QoS);
    pending.payload = payload;
    this.#expect(topic, payload, pending.QoS);
  }

  /** A message that was not sent yet is given up. */
  dropped(token: number, topic: string, payload: string): void {
    this.#dropped++;
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    this.#pending.delete(token);
    this.#expectNoMore(topic, payload, pending.QoS);
  }

  #expect(topic: string, payload: string, QoS: QoS): void {
    const entry = this.#entry(topic, payload);
    if (entry.seen <= entry.accepted) this.#missing++;
    entry.accepted++;
    if (QoS === 0) entry.acceptedAtMostOnce++;
    if (QoS === 2) entry.acceptedOnce++;
  }

  #expectNoMore(topic: string, payload: string, QoS: QoS): void {
    const entry = this.#entry(topic, payload);
    entry.accepted--;
    if (entry.seen <= entry.accepted) this.#missing--;
    if (QoS === 0) entry.acceptedAtMostOnce--;
    if (QoS === 2) entry.acceptedOnce--;
  }

  /** The message has left the client. @returns it, or undefined when it was accepted before these books began */
  settled(token: number, delivered: boolean): Pending | undefined {
    const pending = this.#pending.get(token);
    this.#pending.delete(token);
    if (pending !== undefined && delivered) this.#acknowledged++;
    return pending;
  }

  /** @param QoS with which the broker delivered it, the lower of the sender's and the observer's */
  seen(topic: string, payload: string, QoS: QoS): void {
    const entry = this.#entry(topic, payload);
    if (entry.seen < entry.accepted) this.#missing--;
    entry.seen++;
    this.#isBlind = false;
    if (QoS === 2) entry.seenOnce++;
  }

  /** Every accepted message was seen, those too that are still pending. */
  get complete(): boolean {
    return this.#missing === 0;
  }

  /** Nothing was seen at the broker at all. */
  get isBlind(): boolean {
    return this.#isBlind;
  }

  /** Accepted messages that are not acknowledged. */
  get pending(): number {
    return this.#pending.size;
  }

  balance(): Balance {
    let lost = 0;
    let lostAtMostOnce = 0;
    let duplicated = this.#duplicated;
    let exactlyOnce = this.#exactlyOnce;
    const waiting = new Map<string, number>();
    for (const { topic, payload } of this.#pending.values()) {
      const key = keyOf(topic, payload);
      waiting.set(key, (waiting.get(key) ?? 0) + 1);
    }
    for (const [key, entry] of this.#entries) {
      const missing = Math.max(0, entry.accepted - entry.seen - (waiting.get(key) ?? 0));
      lost += missing;
      lostAtMostOnce += Math.min(missing, entry.acceptedAtMostOnce);
      exactlyOnce += entry.acceptedOnce;
      duplicated += duplicatesOf(entry);
    }
    return {
      published: this.#published,
      acknowledged: this.#acknowledged,
      lost,
      lostAtMostOnce,
      dropped: this.#dropped,
      exactlyOnce,
      duplicated,
    };
  }

  #entry(topic: string, payload: string): Entry {
    const key = keyOf(topic, payload);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { accepted: 0, seen: 0, acceptedAtMostOnce: 0, acceptedOnce: 0, seenOnce: 0 };
      if (this.#entries.size >= OPEN_ENTRIES) this.#close();
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** Closes the older half of the entries, where nothing is missing. */
  #close(): void {
    let rest = OPEN_ENTRIES / 2;
    for (const [key, entry] of this.#entries) {
      if (rest-- === 0) break;
      if (entry.seen < entry.accepted) continue;
      this.#exactlyOnce += entry.acceptedOnce;
      this.#duplicated += duplicatesOf(entry);
      this.#entries.delete(key);
    }
  }
}

function keyOf(topic: string, payload: string): string {
  // No topic holds a NUL [MQTT-4.7.3-2].
  return `${topic}\0${payload}`;
}

function duplicatesOf({ acceptedOnce, seenOnce }: Entry): number {
  // What was never accepted with QoS 2 is somebody else's message.
  return acceptedOnce > 0 ? Math.max(0, seenOnce - acceptedOnce) : 0;
}
