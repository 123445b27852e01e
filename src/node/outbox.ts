import type { QoS } from "../mqtt/api.js";
import type { Client } from "../mqtt/client.js";
import { MqttError } from "../mqtt/errors.js";
import type { Backlog } from "./backlog.js";
import type { Report } from "./errors.js";
import type { Journal } from "./journal.js";
import type { DropPolicy } from "./policy.js";
import type { Tally } from "./tally.js";

/** The one way out: hands messages to the client and deals with its bounds. */
export class Outbox {
  /** The highest that the broker takes, as far as is known. */
  maximumQoS: QoS = 2;
  private readonly client: Client;
  private readonly backlog: Backlog;
  private readonly journal: Journal;
  private readonly tally: Tally;
  private readonly report: Report;
  private readonly policy: DropPolicy;

  constructor(client: Client, backlog: Backlog, journal: Journal, tally: Tally, report: Report, policy: DropPolicy) {
    this.client = client;
    this.backlog = backlog;
    this.journal = journal;
    this.tally = tally;
    this.report = report;
    this.policy = policy;
  }

  /** With which QoS messages go out that are wanted with this one. */
  QoS(wanted: QoS): QoS {
    return wanted > this.maximumQoS ? this.maximumQoS : wanted;
  }

  /** @returns the client's token; 0 when the message was not accepted, which has been reported */
  send(topic: string, payload: string, wanted: QoS, retain = false): number {
    try {
      const QoS = this.QoS(wanted);
      const token = this.publish(topic, payload, QoS, retain);
      this.accepted(token, topic, payload, QoS, retain);
      return token;
    } catch (error) {
      this.report(error, `publish ${topic}`);
      return 0;
    }
  }

  /** As {@link send}, for what is made only once: a message that is not accepted is counted as given up. */
  sendOnce(topic: string, payload: string, wanted: QoS): number {
    const token = this.send(topic, payload, wanted);
    if (token === 0) this.tally.refuse();
    return token;
  }

  /** As {@link send}, for what can wait: gives nothing up for it, and a message that finds no room is no error. */
  offer(topic: string, payload: string, wanted: QoS): number {
    try {
      const QoS = this.QoS(wanted);
      const token = this.client.publish(topic, payload, { QoS });
      this.accepted(token, topic, payload, QoS, false);
      return token;
    } catch (error) {
      if (!isFull(error)) this.report(error, `publish ${topic}`);
      return 0;
    }
  }

  private accepted(token: number, topic: string, payload: string, QoS: QoS, retain: boolean): void {
    this.tally.taken++;
    this.journal.accepted(token, topic, payload, QoS, retain);
  }

  private publish(topic: string, payload: string, QoS: QoS, retain: boolean): number {
    for (;;) {
      try {
        return this.client.publish(topic, payload, { QoS, retain });
      } catch (error) {
        // QoS 0 waits elsewhere: nothing of the log would make room for it.
        if (!isFull(error) || QoS === 0 || !this.makeRoom(topic)) throw error;
      }
    }
  }

  /** @returns whether anything was given up */
  private makeRoom(topic: string): boolean {
    const { dropped } = this.backlog;
    try {
      this.policy.makeRoom(topic, this.backlog);
    } finally {
      this.tally.save();
    }
    return this.backlog.dropped > dropped;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof MqttError && (error.code === "queue-full" || error.code === "store-full");
}
