import type { DiagnosticsMessage } from "./messages.js";

/** What went wrong since the start, counted; {@link DiagnosticsMessage} says what each means. */
export class Counters {
  dropped = 0;
  lost = 0;
  refused = 0;
  failed = 0;
  skipped = 0;

  /** A copy, to be sent. */
  snapshot(): DiagnosticsMessage["counters"] {
    const { dropped, lost, refused, failed, skipped } = this;
    return { dropped, lost, refused, failed, skipped };
  }
}
