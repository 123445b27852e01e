import type { QoS } from "../mqtt/api.js";
import type { Client } from "../mqtt/client.js";
import { MqttError } from "../mqtt/errors.js";
import type { Report } from "./errors.js";
import type { Journal } from "./journal.js";
import type { DropPolicy } from "./policy.js";

/** The one way out: hands messages to the client and deals with its bounds. */
export class Outbox {
  readonly #client: Client;
  readonly #journal: Journal;
  readonly #report: Report;
  readonly #policy: DropPolicy;

  constructor(client: Client, journal: Journal, report: Report, policy: DropPolicy) {
    this.#client = client;
    this.#journal = journal;
    this.#report = report;
    this.#policy = policy;
  }

  /** @returns the client's token; 0 when the message was not accepted, which has been reported */
  send(topic: string, payload: string, QoS: QoS, retain = false): number {
    try {
      const token = this.#publish(topic, payload, QoS, retain);
      this.#journal.accepted(token, topic, payload, QoS, retain);
      return token;
    } catch (error) {
      this.#report(error, `publish ${topic}`);
      return 0;
    }
  }

  #publish(topic: string, payload: string, QoS: QoS, retain: boolean): number {
    const client = this.#client;
    for (;;) {
      try {
        return client.publish(topic, payload, { QoS, retain });
      } catch (error) {
        const full = error instanceof MqttError && (error.code === "queue-full" || error.code === "store-full");
        const { pending } = client;
        // Only what has become less is worth another try: so this ends, whatever the policy believes.
        if (!full || !this.#policy.makeRoom(topic) || client.pending >= pending) throw error;
      }
    }
  }
}
