/**
 * Virtual time: it stands still while code runs and moves from timer to timer when told to. A run is a function of what
 * was scheduled, in an order that nothing outside decides.
 */
import type { Clock, Timer } from "../../../src/platform.js";

/** The longest delay of {@link Clock.setTimer}. */
export const MAXIMUM_DELAY = 0x7fff_ffff;

export interface VirtualClockOptions {
  /** First reading of `now()`; taken as a signed 32-bit integer. Default 0. */
  readonly start?: number;
  /** First reading of `epoch()`; default undefined: the time of day is not known. */
  readonly epoch?: number | undefined;
  /** Callbacks that may run in a row without time moving on, before that is called a loop. Default 1,000,000. */
  readonly loopLimit?: number;
}

class Entry {
  /** Position in the heap; -1 when it has run or was cleared. */
  index = -1;
  readonly at: number;
  readonly sequence: number;
  readonly callback: () => void;

  constructor(at: number, sequence: number, callback: () => void) {
    this.at = at;
    this.sequence = sequence;
    this.callback = callback;
  }
}

export class VirtualClock implements Clock {
  readonly #start: number;
  readonly #loopLimit: number;
  readonly #timers = new TimerHeap();
  #elapsed = 0;
  #sequence = 0;
  /** What `epoch()` would have been at elapsed 0. */
  #epochBase: number | undefined;
  #running = false;
  #loopAt = -1;
  #loopCount = 0;

  constructor(options: VirtualClockOptions = {}) {
    this.#start = (options.start ?? 0) | 0;
    this.#epochBase = options.epoch;
    this.#loopLimit = options.loopLimit ?? 1_000_000;
  }

  now(): number {
    return (this.#start + this.#elapsed) | 0;
  }

  epoch(): number | undefined {
    return this.#epochBase === undefined ? undefined : this.#epochBase + this.#elapsed;
  }

  setTimer(callback: () => void, delay: number): Timer {
    if (!(delay >= 0 && delay <= MAXIMUM_DELAY))
      throw new RangeError(`timer delay is ${delay}: must be 0 to ${MAXIMUM_DELAY} ms`);
    const entry = new Entry(this.#elapsed + Math.ceil(delay), this.#sequence++, callback);
    this.#timers.add(entry);
    return entry;
  }

  clearTimer(timer: Timer): void {
    if (timer instanceof Entry) this.#timers.remove(timer);
  }

  /** Milliseconds that have passed since the clock was made. Does not wrap. */
  get elapsed(): number {
    return this.#elapsed;
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** The {@link elapsed} at which the next timer is due, or undefined when none waits. */
  get nextAt(): number | undefined {
    return this.#timers.first?.at;
  }

  /** Sets the time of day from now on; undefined: not known. Monotonic time and timers are not touched. */
  setEpoch(epoch: number | undefined): void {
    this.#epochBase = epoch === undefined ? undefined : epoch - this.#elapsed;
  }

  /** Runs all timers that are due within the next `ms`, those they set included, and lets that time pass. */
  advance(ms: number): void {
    this.#advanceTo(this.#after(ms), undefined);
  }

  /**
   * Runs timers one by one until `predicate` holds, but lets no more than `limit` ms pass.
   * @returns whether it holds; when it does, no more time has passed than that took
   */
  runUntil(predicate: () => boolean, limit: number): boolean {
    return this.#advanceTo(this.#after(limit), predicate);
  }

  /**
   * Lets time pass up to the next timer and runs that one.
   * @returns false when no timer waits; then time stands still
   */
  runNext(): boolean {
    const entry = this.#timers.first;
    if (entry === undefined) return false;
    this.#run(entry);
    return true;
  }

  /**
   * Lets time pass without running anything, as code does that blocks: timers that become due run late, afterwards.
   * May be called from a callback.
   */
  block(ms: number): void {
    this.#elapsed = this.#after(ms);
  }

  #after(ms: number): number {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY))
      throw new RangeError(`cannot let ${ms} ms pass: must be 0 or more, and finite`);
    return this.#elapsed + Math.ceil(ms);
  }

  #advanceTo(end: number, predicate: (() => boolean) | undefined): boolean {
    for (;;) {
      if (predicate?.()) return true;
      const entry = this.#timers.first;
      if (entry === undefined || entry.at > end) break;
      this.#run(entry);
    }
    // A callback may have blocked for longer than that.
    if (end > this.#elapsed) this.#elapsed = end;
    return predicate?.() ?? false;
  }

  #run(entry: Entry): void {
    if (this.#running) throw new Error("virtual time cannot be moved by a callback that it runs: use block()");
    this.#timers.remove(entry);
    if (entry.at > this.#elapsed) this.#elapsed = entry.at;
    this.#watchForLoop(entry.callback);
    this.#running = true;
    try {
      entry.callback();
    } finally {
      this.#running = false;
    }
  }

  #watchForLoop(callback: () => void): void {
    if (this.#elapsed !== this.#loopAt) {
      this.#loopAt = this.#elapsed;
      this.#loopCount = 0;
    }
    if (++this.#loopCount > this.#loopLimit)
      throw new Error(
        `runaway loop: ${this.#loopLimit} callbacks have run and the virtual time is still ${this.#elapsed} ms; ` +
          `something sets timers of 0 ms for ever, last ${callback.name || "an unnamed function"}`,
      );
  }
}

/** Binary heap by (time, sequence); each entry knows its place, so that clearing one needs no search. */
class TimerHeap {
  readonly #entries: Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  get first(): Entry | undefined {
    return this.#entries[0];
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#rise(entry, this.#entries.length - 1);
  }

  remove(entry: Entry): void {
    const index = entry.index;
    if (this.#entries[index] !== entry) return;
    entry.index = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    this.#sink(last, index);
    if (last.index === index) this.#rise(last, index);
  }

  #rise(entry: Entry, from: number): void {
    const entries = this.#entries;
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = entries[above] as Entry;
      if (!earlier(entry, parent)) break;
      entries[index] = parent;
      parent.index = index;
      index = above;
    }
    entries[index] = entry;
    entry.index = index;
  }

  #sink(entry: Entry, from: number): void {
    const entries = this.#entries;
    let index = from;
    for (;;) {
      let below = 2 * index + 1;
      let child = entries[below];
      if (child === undefined) break;
      const right = entries[below + 1];
      if (right !== undefined && earlier(right, child)) {
        child = right;
        below++;
      }
      if (!earlier(child, entry)) break;
      entries[index] = child;
      child.index = index;
      index = below;
    }
    entries[index] = entry;
    entry.index = index;
  }
}

function earlier(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
