/** The time of day, from the network (SNTP), and again once a day. */
import SNTP from "sntp";
import Time from "time";
import type { Report } from "../../mote/errors.js";
import type { Clock, Timer } from "../../platform.js";

const DAY = 86_400_000;
/** The SDK's client gives up after about 30 s; longer means that it is stuck. */
const GIVE_UP = 60_000;
const RETRY = 60_000;

export class TimeSync {
  readonly #host: string;
  readonly #clock: Clock;
  readonly #report: Report;
  #up = false;
  #asking: { close(): void } | undefined;
  #timer: Timer | undefined;
  #due = true;

  /** @param host empty: the time is not asked for */
  constructor(host: string, clock: Clock, report: Report) {
    this.#host = host;
    this.#clock = clock;
    this.#report = report;
  }

  /** There is a network, or there is none any more. */
  link(up: boolean): void {
    this.#up = up;
    if (up && this.#due && this.#asking === undefined) this.#ask();
  }

  #ask(): void {
    if (!this.#up || this.#host === "") return;
    this.#arm(GIVE_UP, () => this.#again("no answer"));
    try {
      this.#asking = new SNTP({ host: this.#host }, (message, value) => {
        try {
          this.#answered(message, value);
        } catch (error) {
          this.#report(error, "time");
        }
      }) as unknown as { close(): void };
    } catch (error) {
      this.#again((error as Error).message);
    }
  }

  #answered(message: number, value: unknown): void {
    if (message === SNTP.time) {
      this.#asking = undefined;
      this.#due = false;
      Time.set(value as number);
      this.#arm(DAY, () => {
        this.#due = true;
        this.#ask();
      });
    } else if (message === SNTP.error) {
      // It closes itself when it is given no other host.
      this.#asking = undefined;
      this.#again(String(value));
    }
  }

  #again(reason: string): void {
    const asking = this.#asking;
    this.#asking = undefined;
    asking?.close();
    this.#arm(RETRY, () => this.#ask());
    this.#report(new Error(`no time from ${this.#host}: ${reason}`), "time");
  }

  #arm(delay: number, act: () => void): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = this.#clock.setTimer(act, delay);
  }
}
