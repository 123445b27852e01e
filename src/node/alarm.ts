import type { Clock, Timer } from "../platform.js";
import { guarded, type Report } from "./errors.js";

/** One timer that is set and set again. What it calls may throw: that is reported. */
export class Alarm {
  private readonly clock: Clock;
  private readonly ring: () => void;
  private timer: Timer | undefined;

  constructor(clock: Clock, report: Report, where: string, ring: () => void) {
    this.clock = clock;
    this.ring = guarded(report, where, () => {
      this.timer = undefined;
      ring();
    });
  }

  /** Rings once, `delay` milliseconds from now and not at the time set before. */
  set(delay: number): void {
    this.clear();
    this.timer = this.clock.setTimer(this.ring, delay);
  }

  clear(): void {
    if (this.timer !== undefined) this.clock.clearTimer(this.timer);
    this.timer = undefined;
  }
}
