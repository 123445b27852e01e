/**
 * Poison messages: a message that gets the connection closed each time it is sent would hold up all others for ever.
 *
 * It is told from the others by sending them one at a time, and from a broker or a network that closes whatever is sent by a
 * connection without it. Only when that one lasts is the message parked: it stays accepted, and gets another chance now and
 * then, for brokers change. Until then what comes behind it on its topic waits too, and what was sent before, for it may be
 * acquitted, and order is promised. Several are held back only where the broker has lost what was sent. Where no QoS 2 message was
 * ever taken, a suspect with QoS 2 stands for all of them: some brokers have no QoS 2 and close the connection at it (NATS 2.9).
 */
import { isOfOneStream } from "./encode.js";
import { isQoS2, type Outgoing } from "./inflight.js";
import type { Outbox } from "./outbox.js";

/** Closes in a row, without a delivery between them, after which messages are sent one at a time. */
const PATIENCE = 2;
/** Closes in a row, each with this message alone on its way, that make it the suspect. */
const STRIKES = 3;
/** As many are enough for a message with QoS 2 where no such message was ever taken. */
const STRIKES_QOS_2 = 2;
/** Messages held back at the same time, at most. When another is suspected, it is the broker that closes whatever comes. */
const SUSPECTS = 8;
/** Milliseconds from sending to the close, at most, for the one to be the reason of the other. */
const PROMPTNESS = 5000;
/** Milliseconds that a connection without the suspects must last to convict them, if no other message is delivered on it. */
const TRIAL = 3000;
/** Milliseconds until parked messages are tried again: at first, and at most after doubling. */
const FIRST_RETRY = 600_000;
const LAST_RETRY = 21_600_000;

export class PoisonWatch {
  private readonly outbox: Outbox;
  private readonly parked: (message: Outgoing) => void;
  /** A QoS 2 message has been delivered. */
  private hasQoS2 = false;
  /** Closes since a message was delivered. */
  private closes = 0;
  /** The last message that was on its way when the peer closed: up to it they are sent one at a time. */
  private cautiousUntil = 0;
  /** Held back on this connection, to see whether it lasts. */
  private suspects: Outgoing[] = [];
  /** What the end of the connection asks for, once the log is rewound. */
  private accused: Outgoing | undefined;
  private acquitted = false;
  private connectedAt = 0;
  private retry = FIRST_RETRY;
  /** When messages were parked last, or the first connection after a restart was granted. */
  private parkedAt: number | undefined;

  constructor(outbox: Outbox, parked: (message: Outgoing) => void) {
    this.outbox = outbox;
    this.parked = parked;
  }

  /** Messages on their way at most. */
  window(normal: number): number {
    return this.cautiousUntil > 0 ? 1 : normal;
  }

  connected(now: number): void {
    this.connectedAt = now;
    this.parkedAt ??= now;
  }

  /** A message was delivered, so it is not the one. */
  delivered({ token, packet }: Outgoing, now: number): void {
    this.closes = 0;
    if (isQoS2(packet)) this.hasQoS2 = true;
    if (token >= this.cautiousUntil) this.cautiousUntil = 0;
    if (this.suspects.length > 0) this.convict(now);
  }

  private suspect(entry: Outgoing): void {
    this.suspects.push(entry);
    // What was sent is sent again in its order, whatever its topic. [MQTT-4.6.0-1]
    this.outbox.waitsFor = (message) =>
      (message.attempted && !message.released) ||
      this.suspects.some(({ packet }) => isOfOneStream(packet, message.packet));
  }

  private takeSuspects(): Outgoing[] {
    const suspects = this.suspects;
    this.suspects = [];
    this.outbox.waitsFor = undefined;
    return suspects;
  }

  private convict(now: number): void {
    const suspects = this.takeSuspects();
    this.parkedAt = now;
    suspects.forEach((suspect) => {
      this.parked(suspect);
    });
    // Those held back for the suspect's sake, and all that are to come.
    if (!this.outbox.holdQoS2) return;
    this.outbox.parked.forEach((entry) => {
      if (!suspects.includes(entry) && isQoS2(entry.packet)) this.parked(entry);
    });
    this.outbox.onHeld = this.parked;
  }

  /** The peer is closing a connection that it had accepted; {@link closed} follows. */
  closedByPeer(now: number): void {
    const log = this.outbox.log;
    let count = 0;
    let last: Outgoing | undefined;
    for (let index = 0; index < log.sent; index++) {
      const entry = log.at(index);
      // What the broker has taken over cannot be what it does not take.
      if (entry.released) continue;
      count++;
      last = entry;
    }
    if (last === undefined || ((now - last.sentAt) | 0) > PROMPTNESS) {
      // It closes without one of them, too.
      this.acquitted = true;
    } else if (count > 1) {
      if (++this.closes >= PATIENCE && last.token > this.cautiousUntil) this.cautiousUntil = last.token;
    } else if (++last.strikes >= this.strikesFor(last)) this.accused = last;
  }

  private strikesFor({ packet }: Outgoing): number {
    return isQoS2(packet) && !this.hasQoS2 ? STRIKES_QOS_2 : STRIKES;
  }

  /** The connection has ended, and the log is rewound. */
  closed(): void {
    const log = this.outbox.log;
    const accused = this.accused;
    if (this.acquitted || (accused !== undefined && this.suspects.length === SUSPECTS)) this.acquit();
    else if (accused !== undefined) {
      this.outbox.park(log.indexOf(accused.id));
      if (isQoS2(accused.packet) && !this.hasQoS2) this.outbox.holdQoS2 = true;
      this.suspect(accused);
    }
    this.acquitted = false;
    this.accused = undefined;
  }

  private acquit(): void {
    const suspects = this.takeSuspects();
    if (this.accused !== undefined) this.accused.strikes = 0;
    if (suspects.length === 0) return;
    if (this.outbox.holdQoS2) this.release(0);
    else
      suspects.forEach((suspect) => {
        this.outbox.unpark(suspect, 0);
      });
  }

  /** Milliseconds until {@link tick} has something to do, -1 when there is nothing. */
  next(now: number): number {
    if (this.suspects.length > 0) return Math.max(0, TRIAL - ((now - this.connectedAt) | 0));
    if (this.outbox.parked.length === 0) return -1;
    return Math.max(0, this.retry - ((now - (this.parkedAt ?? now)) | 0));
  }

  tick(now: number): void {
    if (this.next(now) !== 0) return;
    if (this.suspects.length > 0) {
      this.convict(now);
      return;
    }
    this.retry = Math.min(LAST_RETRY, this.retry * 2);
    this.parkedAt = now;
    // One more strike is enough this time.
    this.release(1);
  }

  /** Gives all that are parked another chance. @param left strikes until they are suspects again; 0: as many as ever */
  private release(left: number): void {
    this.outbox.holdQoS2 = false;
    this.outbox.onHeld = undefined;
    this.outbox.parked.slice().forEach((entry) => {
      this.outbox.unpark(entry, left > 0 ? this.strikesFor(entry) - left : 0);
    });
  }
}
