/**
 * What must happen by when: every answer that is waited for, headway of what is being sent, and PINGREQ. Section 3.1.2.10.
 *
 * Times are read from a clock that wraps around: only differences count.
 */
import { type MqttError, transport } from "./errors.js";
import type { Sender } from "./sender.js";
import type { Session } from "./session.js";

export interface DeadlineOptions {
  /** Milliseconds, as told to the broker. */
  readonly keepAlive: number;
  readonly responseTimeout: number;
}

/** What is waited for, and since when. */
interface Wait {
  readonly since: number;
  readonly what: string;
}

export class Deadlines {
  private readonly responseTimeout: number;
  /** A sixteenth less than promised, so that the packet is out in time although it takes time to be sent [MQTT-3.1.2-23]. */
  private readonly interval: number;
  private readonly session: Session;
  private readonly sender: Sender;
  /** When the last bytes were received. */
  receivedAt = 0;
  /** When bytes of a message longer than the receive buffer last came, while that matters. */
  private longAt: number | undefined;
  /** What the whole connection waits for, since when: CONNACK at its beginning, the way out for DISCONNECT at its end. */
  private phase: Wait | undefined;

  constructor({ keepAlive, responseTimeout }: DeadlineOptions, session: Session, sender: Sender) {
    this.responseTimeout = responseTimeout;
    this.interval = keepAlive - (keepAlive >> 4);
    this.session = session;
    this.sender = sender;
  }

  open(now: number): void {
    this.receivedAt = now;
    this.longAt = undefined;
    this.phase = { since: now, what: "no CONNACK" };
  }

  connected(): void {
    this.phase = undefined;
  }

  /** Bytes of a message that is longer than the receive buffer have come. */
  longMessage(now: number): void {
    this.longAt = now;
  }

  departing(now: number): void {
    this.phase = { since: now, what: "DISCONNECT could not be sent" };
  }

  /** Milliseconds from `now` until {@link tick} is to be called, -1 when there is nothing to wait for. */
  next(now: number): number {
    const wait = this.oldest(now);
    // Before it is so long ago that the clock wraps around.
    const past = this.longAt !== undefined && elapsed(now, this.longAt) >= this.responseTimeout;
    if (wait === undefined || past) this.longAt = undefined;
    const answer = wait === undefined ? -1 : Math.max(0, this.responseTimeout - elapsed(now, wait.since));
    return this.pings ? sooner(answer, Math.max(0, this.interval - this.quiet(now))) : answer;
  }

  /** Does what time asks for. @throws MqttError of kind `transport` when an answer is overdue */
  tick(now: number): void {
    const wait = this.oldest(now);
    if (wait !== undefined && elapsed(now, wait.since) >= this.responseTimeout) throw this.overdue(wait);
    if (!this.pings || this.quiet(now) < this.interval) return;
    this.sender.ping();
  }

  private overdue({ what }: Wait): MqttError {
    return transport("response-timeout", `${what} within ${this.responseTimeout} ms`);
  }

  /** Whether silence leads to a PINGREQ. */
  private get pings(): boolean {
    return this.interval > 0 && this.phase === undefined && !this.sender.pingDue;
  }

  /**
   * Milliseconds of silence, in the direction that has been silent for longer. While an answer to PINGREQ is waited for only
   * ours counts: the broker must hear from us all the same.
   */
  private quiet(now: number): number {
    const { sentAt, pingAt } = this.sender;
    const sent = elapsed(now, sentAt);
    return pingAt === undefined ? Math.max(sent, elapsed(now, this.receivedAt)) : sent;
  }

  /** The wait that began first. */
  private oldest(now: number): Wait | undefined {
    if (this.phase !== undefined) return this.phase;
    let since: number | undefined;
    let what = "";
    const consider = (candidate: number | undefined, name: string) => {
      if (candidate === undefined || (since !== undefined && elapsed(now, candidate) <= elapsed(now, since))) return;
      since = candidate;
      what = name;
    };
    consider(this.sender.pingAt, "no PINGRESP");
    consider(this.session.subscriptions.waitingSince(now), "no SUBACK or UNSUBACK");
    const log = this.session.outbox.log;
    for (let index = 0; index < log.sent; index++) {
      const entry = log.at(index);
      if (entry === this.sender.sending) continue;
      consider(
        entry.sentAt,
        entry.released ? "no PUBCOMP" : (entry.packet[0] as number) & 4 ? "no PUBREC" : "no PUBACK",
      );
    }
    // Answers stand behind a long message on a slow link: they are not overdue while it comes.
    if (since !== undefined && this.longAt !== undefined && elapsed(now, since) > elapsed(now, this.longAt)) {
      since = this.longAt;
    }
    if (this.sender.full) consider(this.sender.progressAt, "the peer took no bytes");
    return since === undefined ? undefined : { since, what };
  }
}

function elapsed(now: number, since: number): number {
  return (now - since) | 0;
}

/** The shorter of two times; one that is negative is none. */
export function sooner(one: number, other: number): number {
  return one < 0 || (other >= 0 && other < one) ? other : one;
}
