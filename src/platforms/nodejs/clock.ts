/** The time of this computer. */
import type { Clock, Timer } from "../../platform.js";

class NodeTimer {
  readonly #callback: () => void;
  /** By `performance.now()`. */
  readonly #due: number;
  #timeout: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(callback: () => void, delay: number) {
    this.#callback = callback;
    // `now` tells whole milliseconds, by which it is to be late enough, too.
    this.#due = performance.now() + Math.ceil(delay);
    if (delay === 0) this.#immediate = setImmediate(callback);
    else this.#wait(delay);
  }

  #wait(delay: number): void {
    this.#timeout = setTimeout(this.#expire, delay);
  }

  readonly #expire = () => {
    // Node.js counts a timeout from the start of its event loop's turn, and so ends it up to 1 ms early.
    const left = this.#due - performance.now();
    if (left > 0) this.#wait(Math.ceil(left));
    else this.#callback();
  };

  clear(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#immediate);
  }
}

export const nodejsClock: Clock = Object.freeze({
  now: () => performance.now() | 0,
  epoch: () => Date.now(),
  setTimer: (callback: () => void, delay: number): Timer => new NodeTimer(callback, delay),
  clearTimer(timer: Timer): void {
    if (timer instanceof NodeTimer) timer.clear();
  },
});
