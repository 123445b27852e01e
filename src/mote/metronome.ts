import type { Clock } from "../platform.js";
import { Alarm } from "./alarm.js";
import type { Report } from "./errors.js";
import type { Uptime } from "./uptime.js";

/**
 * Beats on a grid of equal intervals. The grid does not drift: a beat that comes late, because something blocked, does not
 * move the ones after it. Grid points that have passed by then altogether are skipped, not made up for.
 */
export class Metronome {
  private readonly uptime: Uptime;
  private readonly alarm: Alarm;
  private readonly owner: object;
  private readonly beat: (skipped: number) => void;
  private _interval = 0;
  private next = 0;

  /** @param beat a method of `owner`, gets the number of grid points that were skipped just before */
  constructor(
    clock: Clock,
    uptime: Uptime,
    report: Report,
    where: string,
    owner: object,
    beat: (skipped: number) => void,
  ) {
    this.uptime = uptime;
    this.owner = owner;
    this.beat = beat;
    this.alarm = new Alarm(clock, report, where, this, this.ring);
  }

  /** Milliseconds between beats. */
  get interval(): number {
    return this._interval;
  }

  /** Starts a new grid: first beat `delay` milliseconds from now, then every `interval`. */
  start(interval: number, delay = interval): void {
    this._interval = interval;
    this.next = this.uptime.now() + delay;
    this.alarm.set(delay);
  }

  stop(): void {
    this.alarm.clear();
  }

  private ring(): void {
    const late = this.uptime.now() - this.next;
    const skipped = Math.floor(late / this._interval);
    this.next += (skipped + 1) * this._interval;
    // Set before the beat: whatever the beat does, throwing included, the next one comes.
    this.alarm.set(Math.max(0, this.next - this.uptime.now()));
    if (late >= 0) this.beat.call(this.owner, skipped);
  }
}
