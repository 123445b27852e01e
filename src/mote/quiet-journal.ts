import type { Outcome, PayloadSource, QoS } from "../mqtt/api.js";
import type { LinkState } from "../platform.js";
import type { DropReason, Journal } from "./journal.js";

/** A journal that cannot harm the node: what the journal behind it throws is dropped. */
export class QuietJournal implements Journal {
  private readonly journal: Journal;

  constructor(journal: Journal) {
    this.journal = journal;
  }

  link(state: LinkState, detail: string): void {
    try {
      this.journal.link(state, detail);
    } catch {}
  }

  connected(sessionPresent: boolean): void {
    try {
      this.journal.connected(sessionPresent);
    } catch {}
  }

  disconnected(reason: string, delay: number | undefined): void {
    try {
      this.journal.disconnected(reason, delay);
    } catch {}
  }

  accepted(token: number, topic: string, payload: string | PayloadSource, QoS: QoS, retain: boolean): void {
    try {
      this.journal.accepted(token, topic, payload, QoS, retain);
    } catch {}
  }

  published(token: number, outcome: Outcome): void {
    try {
      this.journal.published(token, outcome);
    } catch {}
  }

  revised(token: number, topic: string, payload: string): void {
    try {
      this.journal.revised(token, topic, payload);
    } catch {}
  }

  dropped(token: number, topic: string, payload: string, reason: DropReason): void {
    try {
      this.journal.dropped(token, topic, payload, reason);
    } catch {}
  }

  received(topic: string, payload: Uint8Array, QoS: QoS, retain: boolean): void {
    try {
      this.journal.received(topic, payload, QoS, retain);
    } catch {}
  }

  command(name: string, id: string | undefined): void {
    try {
      this.journal.command(name, id);
    } catch {}
  }

  result(name: string, payload: string): void {
    try {
      this.journal.result(name, payload);
    } catch {}
  }

  error(error: Error, where: string): void {
    try {
      this.journal.error(error, where);
    } catch {}
  }
}
