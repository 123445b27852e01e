import type { DiagnosticsMessage } from "./messages.js";
import type { Tally } from "./tally.js";

/** What went wrong since the start, counted; {@link DiagnosticsMessage} says what each means. */
export class Counters {
  refused = 0;
  busy = 0;
  failed = 0;
  skipped = 0;

  /** A copy, to be sent. */
  snapshot({ dropped, lost }: Tally): DiagnosticsMessage["counters"] {
    const { refused, busy, failed, skipped } = this;
    return { dropped, lost, refused, busy, failed, skipped };
  }
}
