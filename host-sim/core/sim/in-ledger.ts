/** The promise about messages that a node receives: what the broker holds for it, and what was handed over. */
import type { QoS } from "../../../src/mqtt/api.js";
import type { BrokerMessage } from "../broker/message.js";
import type { Accuse } from "./invariants.js";

interface Incoming {
  readonly topic: string;
  readonly QoS: QoS;
  readonly index: number;
  readonly since: number;
  /** Its topic is too long for the client: it may be acknowledged without being handed over, if that is reported. */
  readonly unfit: boolean;
  handed: number;
  token: number;
  /** The start of the machine in which it was handed over last, and when. */
  boot: number;
  handedAt: number;
  /** The flash broke off an operation at that moment: that it is done may not be stored. */
  unfinished: boolean;
}

interface Stream {
  next: number;
  last: number;
}

/** Milliseconds: reports are limited, so that nobody can fill the log. */
const UNHELD = 600_000;

export class InLedger {
  readonly #accuse: Accuse;
  readonly #messages = new Map<number, Incoming>();
  readonly #missing = new Set<Incoming>();
  readonly #streams = new Map<string, Stream>();
  #boot = 0;
  /** Those that were handed over at one moment, the last there was. */
  #last: Incoming[] = [];
  #handedCount = 0;
  #skippedCount = 0;
  /** The client has said that it does not hand over messages with topics that long. */
  #skippingTold = false;
  /** Until when QoS 2 messages may be skipped that cannot be held: one report stands for those that come soon after it. */
  #unheldUntil = Number.NEGATIVE_INFINITY;

  constructor(accuse: Accuse) {
    this.#accuse = accuse;
  }

  get handed(): number {
    return this.#handedCount;
  }

  /** Messages that were acknowledged and not handed over, for their topic is too long. */
  get skipped(): number {
    return this.#skippedCount;
  }

  /** The client has reported a topic too long. */
  tellsSkipping(): void {
    this.#skippingTold = true;
  }

  /** The client has reported that it skips a QoS 2 message that it could not hold. */
  tellsUnheld(now: number): void {
    this.#unheldUntil = now + UNHELD;
  }

  get missing(): number {
    return this.#missing.size;
  }

  /** Since when the oldest message that is missing has been; infinite when none is. */
  get oldestMissing(): number {
    for (const { since } of this.#missing) return since;
    return Number.POSITIVE_INFINITY;
  }

  /** The broker holds a message for the node. @param unfit its topic is too long for the client */
  route({ topic, print }: BrokerMessage, QoS: QoS, now: number, unfit = false): void {
    const stream = this.#stream(topic, QoS);
    const incoming: Incoming = {
      topic,
      QoS,
      index: stream.next++,
      since: now,
      unfit,
      handed: 0,
      token: 0,
      boot: -1,
      handedAt: -1,
      unfinished: false,
    };
    this.#messages.set(print, incoming);
    this.#missing.add(incoming);
  }

  /** The broker will not deliver it. */
  giveUp({ print }: BrokerMessage): void {
    const incoming = this.#messages.get(print);
    if (incoming !== undefined) this.#missing.delete(incoming);
  }

  sessionLost(): void {
    this.#missing.clear();
  }

  hand(print: number, topic: string, QoS: QoS, token: number, now: number): void {
    this.#handedCount++;
    if (QoS === 0) return;
    const incoming = this.#messages.get(print);
    if (incoming === undefined) {
      this.#accuse("invented", `a message on ${topic} was handed over that the broker has not sent`);
      return;
    }
    if (incoming.handed > 0 && QoS === 2) this.#again(incoming, token);
    if (incoming.handed === 0) {
      const stream = this.#stream(topic, QoS);
      if (incoming.index < stream.last) {
        this.#accuse("in-order", `${describe(incoming)} was handed over after number ${stream.last}`);
      } else stream.last = incoming.index;
    }
    incoming.handed++;
    incoming.token = token;
    incoming.boot = this.#boot;
    incoming.handedAt = now;
    incoming.unfinished = false;
    if (this.#last[0]?.handedAt !== now) this.#last = [];
    this.#last.push(incoming);
    this.#missing.delete(incoming);
  }

  /** The client has acknowledged a message. */
  acknowledge({ print }: BrokerMessage, now: number): void {
    const incoming = this.#messages.get(print);
    if (incoming === undefined || incoming.handed > 0) return;
    if (incoming.unfit) {
      this.#skippedCount++;
      this.#missing.delete(incoming);
      if (!this.#skippingTold) this.#accuse("skipped-untold", `${describe(incoming)} was skipped, and nobody was told`);
    } else if (incoming.QoS === 2 && now <= this.#unheldUntil) {
      this.#missing.delete(incoming);
    } else {
      this.#accuse("acknowledged-unhanded", `${describe(incoming)} was acknowledged before it was handed over`);
    }
  }

  /** The machine has lost power or restarts. */
  cut(): void {
    this.#boot++;
  }

  /** A write broke off. Hand-overs and the commits of their completion are one moment of virtual time. */
  brokenOff(now: number): void {
    if (this.#last[0]?.handedAt !== now) return;
    for (const incoming of this.#last) incoming.unfinished = true;
  }

  check(time: number): void {
    for (const incoming of this.#missing) {
      if (incoming.since > time) break;
      this.#accuse("in-lost", `${describe(incoming)} was not handed over`);
      this.#missing.delete(incoming);
    }
  }

  /** Handed over a second time: right only where the first time was not stored as done. */
  #again(incoming: Incoming, token: number): void {
    if (!incoming.unfinished || incoming.boot === this.#boot)
      this.#accuse("in-twice", `${describe(incoming)} was handed over twice`);
    if (incoming.token !== token) {
      this.#accuse("in-token", `${describe(incoming)} had token ${incoming.token} and now has ${token}`);
    }
  }

  #stream(topic: string, QoS: QoS): Stream {
    const key = `${QoS}${topic}`;
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = { next: 0, last: -1 };
      this.#streams.set(key, stream);
    }
    return stream;
  }
}

function describe({ topic, QoS, index }: Incoming): string {
  const name = topic.length > 60 ? `${topic.slice(0, 60)}… of ${topic.length} characters` : topic;
  return `incoming message ${index} on ${name} (QoS ${QoS})`;
}
