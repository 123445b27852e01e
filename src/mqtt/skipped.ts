/** Which incoming messages are acknowledged and not handed over, as far as that is still to be said. */
import { type MqttError, resource } from "./errors.js";

/** Topics that are remembered, so that each is reported once. */
const REMEMBERED = 8;
/** Milliseconds from one report to the next at least: a stranger must not fill the log. */
const REPORT_PAUSE = 60_000;

export class SkippedReports {
  private readonly names: string[] = [];
  private reportedAt: number | undefined;
  /** Messages since the last report of which nothing was said. */
  private untold = 0;

  /** @param topic its first bytes @param why it was skipped @returns what is to be said, if it is */
  next(code: string, topic: string, why: string, now: number): MqttError | undefined {
    const key = code + topic;
    const waits = this.reportedAt !== undefined && (now - this.reportedAt) >>> 0 < REPORT_PAUSE;
    if (waits || this.names.includes(key)) {
      this.untold++;
      return undefined;
    }
    if (this.names.push(key) > REMEMBERED) this.names.shift();
    const more = this.untold > 0 ? `, and ${this.untold} more since this was last said` : "";
    this.reportedAt = now;
    this.untold = 0;
    return resource(code, `a message to "${topic}" was acknowledged and not handed over${more}: ${why}`);
  }
}
