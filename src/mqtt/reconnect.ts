/**
 * When to try again: exponential backoff with full jitter, which starts over only after a session has been stable, and the
 * suspicion that another client with our identifier takes the session over.
 */
import type { Random } from "../platform.js";

/** Closes by the broker in a row, each soon after CONNACK, that make a take-over likely. MQTT 3.1.1 does not announce it. */
const SUSPICIOUS_CLOSES = 3;
/** 2^n has grown past every bound by then. */
const MOST_DOUBLINGS = 30;

export class Reconnect {
  readonly #minimum: number;
  readonly #maximum: number;
  readonly #random: Random;
  #attempts = 0;
  #closes = 0;

  /** @param minimum @param maximum of the delay, in milliseconds */
  constructor(minimum: number, maximum: number, random: Random) {
    this.#minimum = minimum;
    this.#maximum = maximum;
    this.#random = random;
  }

  /** A session has lasted: whatever was, is over. */
  stable(): void {
    this.#attempts = 0;
    this.#closes = 0;
  }

  /** The network is back: the first attempt need not wait for what failed without it. */
  networkBack(): void {
    this.#attempts = 0;
  }

  /**
   * The connection has ended before it was stable.
   * @param closedByPeer the peer closed after it had accepted the connection, and nothing of ours was the reason
   * @returns whether a take-over is suspected
   */
  ended(closedByPeer: boolean): boolean {
    this.#closes = closedByPeer ? this.#closes + 1 : 0;
    return this.takeoverSuspected;
  }

  get takeoverSuspected(): boolean {
    return this.#closes >= SUSPICIOUS_CLOSES;
  }

  /** Milliseconds to wait before the next attempt. */
  delay(): number {
    if (this.takeoverSuspected) return this.#maximum;
    const doublings = this.#attempts < MOST_DOUBLINGS ? this.#attempts++ : this.#attempts;
    const ceiling = Math.min(this.#maximum, this.#minimum * 2 ** doublings);
    return Math.floor(this.#random() * (ceiling + 1));
  }
}
