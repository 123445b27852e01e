import type { Clock, Timer } from "../platform.js";
import { guarded, type Report } from "./errors.js";

/** One timer that is set and set again. What it calls may throw: that is reported. */
export class Alarm {
  private readonly clock: Clock;
  private readonly owner: object;
  private readonly ring: () => void;
  private readonly fire: () => void;
  private timer: Timer | undefined;

  /** @param ring a method of `owner` */
  constructor(clock: Clock, report: Report, where: string, owner: object, ring: () => void) {
    this.clock = clock;
    this.owner = owner;
    this.ring = ring;
    this.fire = guarded(report, where, this, this.fired);
  }

  /** Rings once, `delay` milliseconds from now and not at the time set before. */
  set(delay: number): void {
    this.clear();
    this.timer = this.clock.setTimer(this.fire, delay);
  }

  clear(): void {
    if (this.timer !== undefined) this.clock.clearTimer(this.timer);
    this.timer = undefined;
  }

  private fired(): void {
    this.timer = undefined;
    this.ring.call(this.owner);
  }
}
