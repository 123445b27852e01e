import type { Message, Outcome, Will } from "../mqtt/api.js";
import type { Client } from "../mqtt/client.js";
import type { Report } from "./errors.js";
import { readFields } from "./fields.js";
import type { StatusMessage } from "./messages.js";
import type { Outbox } from "./outbox.js";
import type { Topics } from "./topics.js";

/** What the online status says beside the instance. */
export interface PresenceFacts {
  readonly firmware: string;
  readonly board: string;
  readonly restartReason: string;
}

/** The last will that belongs to a {@link Presence}: what the broker says when the node vanishes. */
export function lastWill(topics: Topics, instance: string): Will {
  const status: StatusMessage = { status: "offline", instance, reason: "connection lost" };
  return { topic: topics.status, message: JSON.stringify(status), QoS: 1, retain: true };
}

/** Keeps the retained status true, and notices when another device writes it too. */
export class Presence {
  private readonly topics: Topics;
  private readonly instance: string;
  private readonly facts: PresenceFacts;
  private readonly client: Client;
  private readonly outbox: Outbox;
  private readonly report: Report;
  /** Why offline, once that is wanted. */
  private leaving: string | undefined;
  /** What is wanted has not been accepted by the client yet. */
  private due = false;
  /** Of the last status that was accepted, until it is acknowledged. */
  private token = 0;
  /** Our status was acknowledged once: what differs from it afterwards, another has written. */
  private established = false;
  private watching = false;
  private foreign = "";

  constructor(topics: Topics, instance: string, facts: PresenceFacts, client: Client, outbox: Outbox, report: Report) {
    this.topics = topics;
    this.instance = instance;
    this.facts = facts;
    this.client = client;
    this.outbox = outbox;
    this.report = report;
  }

  /** There is nothing about the status that waits to be accepted or acknowledged. */
  get settled(): boolean {
    return !this.due && this.token === 0;
  }

  /**
   * The broker has accepted a connection; before it, it may have published the last will. A status that is still under
   * way comes after that by itself; a second one would only fill the queue of a node whose connection flaps.
   */
  connected(): void {
    if (this.token === 0) this.due = true;
    this.update();
  }

  /** From now on the node is about to be offline. Says so at once if it can, else when there is a connection. */
  leave(reason: string): void {
    this.leaving = reason;
    this.due = true;
    this.update();
  }

  /** Tries again what found no room. */
  update(): void {
    if (!this.due || !this.client.connected) return;
    const token = this.outbox.send(this.topics.status, JSON.stringify(this.status()), 1, true);
    if (token === 0) return;
    this.due = false;
    this.token = token;
  }

  published(token: number, outcome: Outcome): void {
    if (token !== this.token) return;
    this.token = 0;
    if (outcome !== "lost") this.established = true;
  }

  /** The client suspects that another one with its id takes its connection over: look who writes the status. */
  suspectTakeOver(): void {
    if (this.watching) return;
    this.watching = true;
    this.client.subscribe(this.topics.status, { QoS: 0 }, (message) => this.watch(message));
  }

  private status(): StatusMessage {
    const instance = this.instance;
    if (this.leaving !== undefined) return { status: "offline", instance, reason: this.leaving };
    const { firmware, board, restartReason } = this.facts;
    return { status: "online", instance, firmware, board, restartReason };
  }

  private watch(message: Message): void {
    if (!this.established || message.offset > 0 || message.more) return;
    const { instance } = readFields(message.payload);
    if (typeof instance !== "string" || instance === this.instance || instance === this.foreign) return;
    this.foreign = instance;
    const text = `take-over confirmed: instance ${instance} uses this node's id too and writes ${message.topic}`;
    this.report(new Error(`${text}; give one of the two another id`), "status");
  }
}
