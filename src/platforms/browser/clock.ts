/**
 * The time of a page. A browser holds a hidden page's timers back, to one turn a second and later one a minute. Workers are
 * spared that, so one that does nothing else wakes the page while it is hidden.
 */
import type { Clock, Timer } from "../../platform.js";

/** Milliseconds: who is later than this was held back, and what has arrived meanwhile goes first. */
const LATE = 100;

/** Turns of the event loop that are left to what has arrived. More than one, because a browser reads a socket by turns, too. */
const TURNS = 4;

const MAXIMUM_TIMEOUT = 0x7fff_ffff;

/** The worker: wakes the page so many milliseconds after it was last asked to. */
const WAKER = "let t; onmessage = ({ data }) => { clearTimeout(t); t = setTimeout(() => postMessage(0), data); };";

class PageTimer {
  readonly callback: () => void;
  /** By `performance.now()`. */
  readonly due: number;
  timeout: ReturnType<typeof setTimeout> | undefined;
  /** Turns of the event loop that it waits for, now that it is due. */
  turns = 0;

  constructor(callback: () => void, due: number) {
    this.callback = callback;
    this.due = due;
  }
}

export class PageClock implements Clock {
  /** All that may still run. */
  readonly #timers = new Set<PageTimer>();
  /** Those that wait for a turn of the event loop only. */
  readonly #turn: PageTimer[] = [];
  #channel: MessageChannel | undefined;
  #watching = false;
  #waker: Worker | undefined;
  /** When the worker is to wake the page, by `performance.now()`. */
  #wakes = Number.POSITIVE_INFINITY;

  now(): number {
    return performance.now() | 0;
  }

  epoch(): number {
    return Date.now();
  }

  setTimer(callback: () => void, delay: number): Timer {
    this.#watch();
    // `now` tells whole milliseconds, by which it is to be late enough, too.
    const timer = new PageTimer(callback, performance.now() + Math.ceil(delay));
    this.#timers.add(timer);
    if (delay === 0) this.#yield(timer, 1);
    else this.#wait(timer);
    return timer;
  }

  clearTimer(timer: Timer): void {
    if (!(timer instanceof PageTimer)) return;
    clearTimeout(timer.timeout);
    this.#timers.delete(timer);
  }

  #wait(timer: PageTimer): void {
    const left = Math.min(Math.ceil(timer.due - performance.now()), MAXIMUM_TIMEOUT);
    clearTimeout(timer.timeout);
    timer.timeout = setTimeout(() => this.#expire(timer), left);
    this.#ask(timer);
  }

  #expire(timer: PageTimer): void {
    if (timer.turns > 0) return;
    const late = performance.now() - timer.due;
    if (late < 0) this.#wait(timer);
    else if (late >= LATE) this.#yield(timer, TURNS);
    else this.#run(timer);
  }

  #run(timer: PageTimer): void {
    clearTimeout(timer.timeout);
    if (this.#timers.delete(timer)) timer.callback();
  }

  // ---- turns of the event loop: a message comes sooner than any timeout, and is not held back

  #yield(timer: PageTimer, turns: number): void {
    if (this.#channel === undefined) {
      this.#channel = new MessageChannel();
      this.#channel.port1.onmessage = () => this.#next();
    }
    timer.turns = turns;
    this.#turn.push(timer);
    this.#channel.port2.postMessage(0);
  }

  #next(): void {
    const timer = this.#turn.shift();
    if (timer === undefined) return;
    if (timer.turns > 1 && this.#timers.has(timer)) this.#yield(timer, timer.turns - 1);
    else this.#run(timer);
  }

  // ---- while the page is hidden

  /** A worker that uses this clock has no page, and its timers are not held back. */
  #watch(): void {
    if (this.#watching || typeof document === "undefined") return;
    this.#watching = true;
    document.addEventListener("visibilitychange", () => this.#hide());
    this.#hide();
  }

  #hide(): void {
    if (!isHidden()) return;
    this.#waker ??= this.#startWaker();
    this.#askAll();
  }

  #askAll(): void {
    this.#wakes = Number.POSITIVE_INFINITY;
    for (const timer of this.#timers) if (timer.turns === 0) this.#ask(timer);
  }

  #ask({ due }: PageTimer): void {
    if (this.#waker === undefined || due >= this.#wakes || !isHidden()) return;
    this.#wakes = due;
    this.#waker.postMessage(Math.ceil(due - performance.now()));
  }

  /** A page's policy may forbid it (Content-Security-Policy without `worker-src blob:`): then timers come as the browser lets them. */
  #startWaker(): Worker | undefined {
    try {
      const waker = new Worker(URL.createObjectURL(new Blob([WAKER], { type: "text/javascript" })));
      waker.onmessage = () => this.#wake();
      return waker;
    } catch {
      return undefined;
    }
  }

  #wake(): void {
    const now = performance.now();
    const due = [...this.#timers].filter((timer) => timer.due <= now).sort((one, other) => one.due - other.due);
    // One may clear another.
    for (const timer of due) if (this.#timers.has(timer)) this.#expire(timer);
    this.#askAll();
  }
}

function isHidden(): boolean {
  return typeof document !== "undefined" && document.hidden;
}

export const browserClock: Clock = /* @__PURE__ */ new PageClock();
