import type { Client } from "../mqtt/client.js";
import type { MqttError } from "../mqtt/errors.js";
import type { Clock } from "../platform.js";
import { Alarm } from "./alarm.js";
import type { Report } from "./errors.js";
import type { Presence } from "./presence.js";

/** Milliseconds that the connection may take to close before nobody waits for it any more. */
const CLOSE_TIME = 2000;

const STAYING = 0;
/** Waiting for what is accepted to be delivered. */
const DRAINING = 1;
/** Waiting for the connection to close. */
const CLOSING = 2;
const GONE = 3;

/** How the node ends: drains the client, closes it, puts the rest away, and tells who asked for it. */
export class Departure {
  private readonly client: Client;
  private readonly presence: Presence;
  private readonly report: Report;
  private readonly rest: () => void;
  private readonly alarm: Alarm;
  private readonly done: (() => void)[] = [];
  private stage = STAYING;

  /** @param rest puts away what else there is; called once the client is closed */
  constructor(client: Client, presence: Presence, clock: Clock, report: Report, rest: () => void) {
    this.client = client;
    this.presence = presence;
    this.report = report;
    this.rest = rest;
    this.alarm = new Alarm(clock, report, "stop", this, this.late);
  }

  get begun(): boolean {
    return this.stage !== STAYING;
  }

  /** The connection is being closed or is closed: it shall not be opened any more. */
  get closing(): boolean {
    return this.stage >= CLOSING;
  }

  /** Begins, or changes how long it may take. @param grace milliseconds for what is accepted to be delivered */
  begin(grace: number, done: () => void): void {
    this.done.push(done);
    if (this.stage === GONE) this.alarm.set(0);
    if (this.closing) return;
    this.stage = DRAINING;
    this.alarm.set(grace);
    this.update();
  }

  /** Something was delivered, or the connection was lost: perhaps there is nothing to wait for any more. */
  update(): void {
    if (this.stage !== DRAINING) return;
    // What rests because the broker does not take it will not be delivered now either.
    const { pending, parked } = this.client;
    if (pending > parked.length) return;
    // Without a connection the broker has published the last will, or knows nothing of the node.
    if (this.presence.settled || !this.client.connected) this.close();
  }

  disconnected(error: MqttError | undefined): void {
    if (this.stage === CLOSING && error === undefined) this.finish();
    else this.update();
  }

  private close(): void {
    this.stage = CLOSING;
    const { connected } = this.client;
    // A DISCONNECT would have the broker forget the last will, and the status would stay at online.
    if (connected && !this.presence.settled) this.client.link(false);
    this.client.close();
    this.alarm.set(CLOSE_TIME);
  }

  private late(): void {
    if (this.stage === DRAINING) {
      this.close();
      return;
    }
    this.client.link(false);
    this.finish();
  }

  private finish(): void {
    this.stage = GONE;
    this.alarm.clear();
    this.guarded(this.rest);
    for (const done of this.done.splice(0)) this.guarded(done);
  }

  private guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.report(error, "stop");
    }
  }
}
