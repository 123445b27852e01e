/**
 * When to try again: exponential backoff with full jitter, which starts over only after a session has been stable, and the
 * suspicion that another client with our identifier takes the session over.
 */
import type { Random } from "../platform.js";

/** Closes by the broker in a row, each soon after CONNACK, that make a take-over likely. MQTT 3.1.1 does not announce it. */
const SUSPICIOUS_CLOSES = 3;

export interface ReconnectOptions {
  /** Of the delay, in milliseconds. */
  readonly minimumDelay: number;
  readonly maximumDelay: number;
  /** Milliseconds that a session must last to count as stable. */
  readonly stableTime: number;
}

export class Reconnect {
  private readonly options: ReconnectOptions;
  private readonly random: Random;
  private attempts = 0;
  private closes = 0;
  private connectedAt: number | undefined;

  constructor(options: ReconnectOptions, random: Random) {
    this.options = options;
    this.random = random;
  }

  /** A connection is tried. */
  attempt(): void {
    this.connectedAt = undefined;
  }

  /** The broker has accepted it. */
  connected(now: number): void {
    this.connectedAt = now;
  }

  /** It still lives; once it has been stable, whatever was before is over. */
  alive(now: number): void {
    if (!this.isStable(now)) return;
    this.attempts = 0;
    this.closes = 0;
  }

  private isStable(now: number): boolean {
    return this.connectedAt !== undefined && (now - this.connectedAt) >>> 0 >= this.options.stableTime;
  }

  /** The network is back: the first attempt need not wait for what failed without it. */
  networkBack(): void {
    this.attempts = 0;
  }

  /**
   * The connection, or the attempt, has ended.
   * @param closedByPeer the peer closed after it had accepted the connection
   * @param mayBeOurs something of ours may have been the reason: whether it was, one of the next closes tells
   * @returns whether a take-over is suspected now and was not before
   */
  ended(now: number, closedByPeer: boolean, mayBeOurs = false): boolean {
    this.alive(now);
    const before = this.takeoverSuspected;
    if (!closedByPeer || this.isStable(now)) this.closes = 0;
    else if (!mayBeOurs) this.closes++;
    return this.takeoverSuspected && !before;
  }

  private get takeoverSuspected(): boolean {
    return this.closes >= SUSPICIOUS_CLOSES;
  }

  /** Milliseconds to wait before the next attempt. @param longest it is to be the maximum */
  delay(longest = false): number {
    const { minimumDelay, maximumDelay } = this.options;
    if (longest || this.takeoverSuspected) return maximumDelay;
    const ceiling = Math.min(maximumDelay, minimumDelay * 2 ** this.attempts);
    if (ceiling < maximumDelay) this.attempts++;
    return Math.floor(this.random() * (ceiling + 1));
  }
}
