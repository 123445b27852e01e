import type { KeyValue } from "../platform.js";
import type { Report } from "./errors.js";
import { readFields } from "./fields.js";
import type { DropReason } from "./journal.js";
import type { DiagnosticsMessage } from "./messages.js";
import { bytesOf } from "./text.js";

/** Key of what was dropped over all starts: `{"full":120,"age":0,"refused":3}`. */
const KEY = "dropped";

/**
 * What became of the messages. Of one start they always add up, with what waits in the client:
 *
 *     found + taken = delivered + lost + full + age + refused + waiting
 *
 * What was dropped is counted over all starts too and stored, once for many: {@link save} is called after each batch that
 * was given up, when the node stops, and every hour. Failing power takes away no more than was counted since.
 */
export class Tally {
  /** Messages in the store when this start began. */
  found = 0;
  /** Messages made since, those that the client did not take included. */
  taken = 0;
  delivered = 0;
  lost = 0;
  /** Given up for others, given up for their age, and never taken by the client. */
  full = 0;
  age = 0;
  refused = 0;

  private readonly store: KeyValue;
  private readonly report: Report;
  /** As stored: of all starts before this one. */
  private readonly before = { full: 0, age: 0, refused: 0 };
  private saved = 0;

  constructor(store: KeyValue, report: Report) {
    this.store = store;
    this.report = report;
    try {
      const bytes = store.read(KEY);
      if (bytes === undefined) return;
      const { full, age, refused } = readFields(bytes);
      this.before = { full: count(full), age: count(age), refused: count(refused) };
    } catch (error) {
      report(error, "dropped messages");
    }
  }

  drop(reason: DropReason): void {
    this[reason]++;
  }

  /** A message that was made is given up, for the client does not take it. */
  refuse(): void {
    this.taken++;
    this.refused++;
  }

  /** Messages given up since the start. */
  get dropped(): number {
    return this.full + this.age + this.refused;
  }

  /** What became of the messages of this start. */
  messages(waiting: number, parked: number): DiagnosticsMessage["messages"] {
    const { found, taken, delivered, lost, full, age, refused } = this;
    return { found, taken, delivered, lost, full, age, refused, waiting, parked };
  }

  /** Of all starts, as long as the store lasts. */
  total(): DiagnosticsMessage["dropped"] {
    const { full, age, refused } = this.before;
    return { full: full + this.full, age: age + this.age, refused: refused + this.refused };
  }

  /** Stores what was dropped, if that has changed. */
  save(): void {
    const { dropped } = this;
    if (dropped === this.saved) return;
    try {
      this.store.write(KEY, bytesOf(JSON.stringify(this.total())));
      this.saved = dropped;
    } catch (error) {
      this.report(error, "dropped messages");
    }
  }
}

function count(stored: unknown): number {
  if (typeof stored === "number" && Number.isSafeInteger(stored) && stored >= 0) return stored;
  throw new Error("the stored counts are broken; they begin again at 0");
}
