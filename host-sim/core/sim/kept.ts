/** The promise about retained messages: the broker keeps none that is older than one that was delivered. */
import type { QoS } from "../../../src/mqtt/api.js";
import { type BrokerMessage, fingerprint } from "../broker/message.js";

interface Topic {
  /** The place of each message among all accepted ones, by its fingerprint. What was accepted twice has its later place. */
  readonly places: Map<number, number>;
  /** The highest place of a message that was delivered. */
  delivered: number;
}

export class Kept {
  readonly #topics = new Map<string, Topic>();
  /** Messages that have no outcome yet. */
  readonly #pending = new Map<number, { readonly topic: Topic; readonly place: number }>();
  #count = 0;

  /** @param QoS a message with QoS 0 is delivered when the broker has it, the others when their outcome says so */
  accepted(token: number, topic: string, payload: string | Uint8Array, QoS: QoS): void {
    let known = this.#topics.get(topic);
    if (known === undefined) {
      known = { places: new Map(), delivered: 0 };
      this.#topics.set(topic, known);
    }
    const place = ++this.#count;
    known.places.set(fingerprint(topic, payload), place);
    if (QoS > 0) this.#pending.set(token, { topic: known, place });
  }

  /** The broker has a message. */
  arrived({ topic, print, QoS }: BrokerMessage): void {
    const known = QoS === 0 ? this.#topics.get(topic) : undefined;
    if (known !== undefined) known.delivered = Math.max(known.delivered, known.places.get(print) ?? 0);
  }

  /** The message has another payload from now on. */
  revised(token: number, topic: string, payload: string): void {
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    const { places } = pending.topic;
    const print = fingerprint(topic, payload);
    places.set(print, Math.max(pending.place, places.get(print) ?? 0));
  }

  ended(token: number, delivered: boolean): void {
    const pending = this.#pending.get(token);
    this.#pending.delete(token);
    if (delivered && pending !== undefined) pending.topic.delivered = Math.max(pending.topic.delivered, pending.place);
  }

  /** @param print of what the broker keeps of a topic. @returns how many newer ones were accepted up to the one that was delivered */
  behind(topic: string, print: number): number {
    const known = this.#topics.get(topic);
    const place = known?.places.get(print);
    return known === undefined || place === undefined ? 0 : Math.max(0, known.delivered - place);
  }
}
