import type { Message, Outcome, Will } from "../mqtt/api.js";
import type { Client } from "../mqtt/client.js";
import type { Clock } from "../platform.js";
import { Alarm } from "./alarm.js";
import type { Report } from "./errors.js";
import { type Fields, readFields } from "./fields.js";
import type { StatusMessage } from "./messages.js";
import type { Publisher } from "./publisher.js";
import { textOf } from "./text.js";
import type { Topics } from "./topics.js";
import type { Uptime } from "./uptime.js";

const MINUTE = 60_000;
const HOUR = 3_600_000;
/** Milliseconds between two times that the status is mended: first, doubled each time, and at most. */
const MEND = Object.freeze({ least: MINUTE, most: HOUR });
/** Milliseconds for which a take-over stays suspected: two nodes that mend each other's status would only add to the harm. */
const SUSPICION = HOUR;

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

/**
 * Keeps the retained status true, and notices when another device writes it too.
 *
 * The node sees its own status topic. What comes last there is what the broker keeps: when that is not what the node says, a
 * stranger has written it, or the broker has published the last will of a connection that the node had given up before.
 */
export class Presence {
  private readonly topics: Topics;
  private readonly instance: string;
  private readonly facts: PresenceFacts;
  private readonly client: Client;
  private readonly publisher: Publisher;
  private readonly report: Report;
  private readonly uptime: Uptime;
  private readonly mending: Alarm;
  /** Why offline, once that is wanted. */
  private leaving: string | undefined;
  /** What is wanted has not been accepted by the client yet. */
  private due = false;
  /** Of the last status that was accepted, until it is acknowledged. */
  private token = 0;
  /** Our status was acknowledged once: what differs from it afterwards, another has written. */
  private established = false;
  /** What came last on the topic is not what the node says. */
  private wrong = false;
  private mendedAt = 0;
  /** Milliseconds from then in which it is not mended again. */
  private pause = 0;
  /** Until when, by uptime, a take-over is suspected. */
  private suspectedUntil = 0;
  private foreign = "";

  constructor(
    topics: Topics,
    instance: string,
    facts: PresenceFacts,
    client: Client,
    publisher: Publisher,
    clock: Clock,
    uptime: Uptime,
    report: Report,
  ) {
    this.topics = topics;
    this.instance = instance;
    this.facts = facts;
    this.client = client;
    this.publisher = publisher;
    this.report = report;
    this.uptime = uptime;
    this.mending = new Alarm(clock, report, "status", this, this.mend);
    client.subscribe(topics.status, { QoS: 0 }, this.watch.bind(this));
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
    this.mending.clear();
    this.due = true;
    this.update();
  }

  /** Tries again what found no room. */
  update(): void {
    if (!this.due || !this.client.connected) return;
    const token = this.publisher.send(this.topics.status, JSON.stringify(this.status()), 1, true);
    if (token === 0) return;
    this.due = false;
    this.token = token;
    this.wrong = false;
  }

  published(token: number, outcome: Outcome): void {
    if (token !== this.token) return;
    this.token = 0;
    if (outcome !== "lost") this.established = true;
    // What was seen since may have come before ours: ours is then about to be seen, too.
    if (this.wrong && this.leaving === undefined) this.mending.set(MEND.least);
  }

  /** The client suspects that another one with its id takes its connection over: look who writes the status. */
  suspectTakeOver(): void {
    this.suspectedUntil = this.uptime.now() + SUSPICION;
  }

  private get suspected(): boolean {
    return this.uptime.now() < this.suspectedUntil;
  }

  private status(): StatusMessage {
    const instance = this.instance;
    if (this.leaving !== undefined) return { status: "offline", instance, reason: this.leaving };
    const { firmware, board, restartReason } = this.facts;
    return { status: "online", instance, firmware, board, restartReason };
  }

  private watch({ payload, offset, more }: Message): void {
    if (offset > 0) return;
    this.wrong = more || textIn(payload) !== JSON.stringify(this.status());
    if (!this.wrong || !this.established) return;
    if (this.suspected) this.lookFor(more ? {} : readFields(payload));
    else this.mend();
  }

  private lookFor({ instance }: Fields): void {
    if (typeof instance !== "string" || instance === this.instance || instance === this.foreign) return;
    this.foreign = instance;
    const text = `take-over confirmed: instance ${instance} uses this node's id too and writes ${this.topics.status}`;
    this.report(new Error(`${text}; give one of the two another id`), "status");
  }

  /** Writes the status again if it is wrong, no sooner than allowed: who else writes it may do so again, and at once. */
  private mend(): void {
    if (!this.wrong || this.leaving !== undefined || this.suspected || !this.client.connected) return;
    const now = this.uptime.now();
    const since = now - this.mendedAt;
    if (since >= 2 * this.pause) this.pause = 0;
    // What is under way comes behind what was seen, perhaps.
    const left = this.settled ? this.pause - since : MEND.least;
    if (left > 0) {
      this.mending.set(left);
      return;
    }
    this.mendedAt = now;
    this.pause = Math.min(Math.max(2 * this.pause, MEND.least), MEND.most);
    this.report(new Error("another has written this node's status; it is written again"), "status");
    this.due = true;
    this.update();
  }
}

/** Undefined for bytes that are no text: anybody may write them. */
function textIn(payload: Uint8Array): string | undefined {
  try {
    return textOf(payload);
  } catch {
    return undefined;
  }
}
