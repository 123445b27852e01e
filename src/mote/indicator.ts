import type { Clock, Led } from "../platform.js";
import { Alarm } from "./alarm.js";
import type { Report } from "./errors.js";

/** What the LED can say. */
export type Look = "joining" | "connecting" | "online" | "error" | "identify";

const DARK = 0;
const RED = 0xff0000;
const GREEN = 0x00ff00;
const BLUE = 0x0000ff;
const YELLOW = 0xffa000;
const WHITE = 0xffffff;

/** Colour and milliseconds, in turn, over and over. A plain LED is told by its rhythm alone. */
const patterns: { readonly [look in Look]: readonly number[] } = Object.freeze({
  joining: Object.freeze([BLUE, 500, DARK, 500]),
  connecting: Object.freeze([YELLOW, 100, DARK, 900]),
  online: Object.freeze([GREEN, 50, DARK, 4950]),
  error: Object.freeze([RED, 100, DARK, 150, RED, 100, DARK, 1650]),
  identify: Object.freeze([WHITE, 100, DARK, 100]),
});

/** Shows by the LED how the node fares. Identifying outranks an error, an error outranks the rest. */
export class Indicator {
  /** None on some boards, and none any more once it has failed. */
  private led: Led | undefined;
  private readonly report: Report;
  private readonly step: Alarm;
  private readonly identified: Alarm;
  private base: Look = "joining";
  private _error = false;
  private identifying = false;
  private shown: Look | undefined;
  private at = 0;

  constructor(led: Led | undefined, clock: Clock, report: Report) {
    this.led = led;
    this.report = report;
    this.step = new Alarm(clock, report, "led", this, this.next);
    this.identified = new Alarm(clock, report, "led", this, this.identifiedItself);
  }

  /** How the node is connected. */
  show(look: "joining" | "connecting" | "online"): void {
    this.base = look;
    this.update();
  }

  /** Whether something is wrong that a person should see to. */
  error(wrong: boolean): void {
    this._error = wrong;
    this.update();
  }

  /** @param duration in milliseconds. @throws Error when there is no LED */
  identify(duration: number): void {
    if (this.led === undefined) throw new Error("there is no LED to identify this device by");
    this.identifying = true;
    this.identified.set(duration);
    this.update();
  }

  /** Dark for good. */
  off(): void {
    this.step.clear();
    this.identified.clear();
    this.colour(DARK);
    this.led = undefined;
  }

  private identifiedItself(): void {
    this.identifying = false;
    this.update();
  }

  private update(): void {
    const look = this.identifying ? "identify" : this._error ? "error" : this.base;
    if (this.led === undefined || look === this.shown) return;
    this.shown = look;
    this.at = 0;
    this.next();
  }

  private next(): void {
    const pattern = patterns[this.shown ?? this.base];
    const colour = pattern[this.at] as number;
    this.step.set(pattern[this.at + 1] as number);
    this.at = (this.at + 2) % pattern.length;
    this.colour(colour);
  }

  private colour(colour: number): void {
    try {
      this.led?.show(colour);
    } catch (error) {
      this.led = undefined;
      this.step.clear();
      this.report(error, "led");
    }
  }
}
