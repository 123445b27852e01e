/** The device's time. */
import Time from "time";
import SDKTimer from "timer";
import type { Report } from "../../mote/errors.js";
import type { Clock, Timer } from "../../platform.js";

/** A device that has not been told the time starts in 1970; this firmware was not there before 2026. */
const NOT_BEFORE = 1_767_225_600_000;

/** A delay beyond it fires at once on a device and never in the simulator. */
const MAXIMUM_DELAY = 0x7fffffff;

/**
 * The SDK's timers live on when they have fired, and clearing or arming one then throws or, where the number was given
 * anew, hits another: so one object of ours for each.
 */
class DeviceTimer {
  readonly #callback: () => void;
  readonly #report: Report;
  #id: SDKTimer | undefined;

  constructor(callback: () => void, delay: number, report: Report) {
    this.#callback = callback;
    this.#report = report;
    // In the simulator a chain of timers of 0 ms starves the sockets.
    this.#id = SDKTimer.set(() => this.#fire(), Math.min(Math.max(delay, 1), MAXIMUM_DELAY));
  }

  clear(): void {
    if (this.#id !== undefined) SDKTimer.clear(this.#id);
    this.#id = undefined;
  }

  #fire(): void {
    if (this.#id === undefined) return;
    this.#id = undefined;
    try {
      this.#callback();
    } catch (error) {
      this.#report(error, "timer");
    }
  }
}

export class DeviceClock implements Clock {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  now(): number {
    // A 32-bit integer on a device, a double of the same wrap in the simulator.
    return Time.ticks | 0;
  }

  epoch(): number | undefined {
    const now = Date.now();
    return now >= NOT_BEFORE ? now : undefined;
  }

  setTimer(callback: () => void, delay: number): Timer {
    return new DeviceTimer(callback, delay, this.#report);
  }

  clearTimer(timer: Timer): void {
    if (timer instanceof DeviceTimer) timer.clear();
  }
}
