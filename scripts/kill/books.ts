/**
 * Books over many lives of one simulated device: what its processes said they had accepted, against what a subscriber has
 * seen. They share nothing with the books that the simulator keeps itself, which die with it.
 */
import type { SimEvent } from "../../host-sim/cli/events.js";

interface Message {
  readonly topic: string;
  payload: string;
}

export interface Verdict {
  /** Messages that a process told of before it was killed; those of QoS 0 are not counted. */
  readonly accepted: number;
  /** What the subscriber was handed, of any QoS. */
  readonly seen: number;
  /** Accepted and not seen, as text. */
  readonly lost: readonly string[];
  /** Seen with QoS 2 more often than accepted, as text. */
  readonly repeated: readonly string[];
  /** Seen with QoS 1 more often than accepted, which the protocol allows. */
  readonly again: number;
  /** Given up by the node's drop policy, or a store that was found damaged: nothing here should lead to it. */
  readonly problems: readonly string[];
}

export class Books {
  /** By token, which a session gives once in its life. */
  readonly #accepted = new Map<number, Message>();
  readonly #seen = new Map<string, number>();
  readonly #problems: string[] = [];
  #arrivals = 0;
  #seenTwice = 0;
  readonly #repeated = new Set<string>();

  /** One line that a process has written. */
  told(event: SimEvent): void {
    switch (event.event) {
      case "accepted": {
        const { token, topic, payload, QoS } = event;
        if (QoS === 0) break;
        if (this.#accepted.has(token)) this.#problems.push(`token ${token} was given twice`);
        this.#accepted.set(token, { topic, payload });
        break;
      }
      case "revised": {
        const message = this.#accepted.get(event.token);
        if (message !== undefined) message.payload = event.payload;
        break;
      }
      case "dropped":
        this.#problems.push(`dropped: ${event.topic} ${event.payload}`);
        break;
      case "error":
        this.#problems.push(`${event.where}: ${event.message}`);
    }
  }

  /** The subscriber was handed a message. */
  seen(topic: string, payload: string, QoS: number): void {
    this.#arrivals++;
    const key = keyOf(topic, payload);
    const count = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, count);
    if (count === 1) return;
    if (QoS === 2) this.#repeated.add(`${topic} ${payload}`);
    else this.#seenTwice++;
  }

  /** Everything that was accepted was seen. */
  get complete(): boolean {
    return this.#missing().length === 0;
  }

  verdict(): Verdict {
    return {
      accepted: this.#accepted.size,
      seen: this.#arrivals,
      lost: this.#missing().map(({ topic, payload }) => `${topic} ${payload}`),
      repeated: [...this.#repeated],
      again: this.#seenTwice,
      problems: this.#problems,
    };
  }

  #missing(): Message[] {
    return [...this.#accepted.values()].filter(({ topic, payload }) => !this.#seen.has(keyOf(topic, payload)));
  }
}

/** Payloads of a node that are sent with QoS 2 are all different: they hold the time and a number that counts. */
function keyOf(topic: string, payload: string): string {
  // No topic holds a NUL [MQTT-4.7.3-2].
  return `${topic}\0${payload}`;
}
