import type { Clock } from "../platform.js";

/**
 * Milliseconds since the node was made, counted on across the wrap of the clock's 32 bits.
 * It must be read at least every 24.8 days; the intervals of the settings see to that.
 */
export class Uptime {
  private readonly clock: Clock;
  private last: number;
  private total = 0;

  constructor(clock: Clock) {
    this.clock = clock;
    this.last = clock.now();
  }

  now(): number {
    const now = this.clock.now();
    const passed = (now - this.last) | 0;
    if (passed > 0) {
      this.total += passed;
      this.last = now;
    }
    return this.total;
  }
}
