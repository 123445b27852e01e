/** The values of one quantity over time, as a chart wants them. */

/** Values that are kept: at one a second more than an hour. */
const MOST = 5_000;
/** Values that are forgotten at once, so that not each new one moves all others. */
const FORGOTTEN = 500;

export class Series {
  /** Milliseconds since 1970, in order. */
  readonly times: number[] = [];
  readonly values: number[] = [];
  readonly late: boolean[] = [];

  get last(): number | undefined {
    return this.values.at(-1);
  }

  /** Takes a value to its place in time; one that is there already is not taken twice. */
  add(at: number, value: number, late: boolean): void {
    const { times, values } = this;
    let place = times.length;
    while (place > 0 && (times[place - 1] as number) > at) place--;
    if (place > 0 && times[place - 1] === at && values[place - 1] === value) return;
    times.splice(place, 0, at);
    values.splice(place, 0, value);
    this.late.splice(place, 0, late);
    if (times.length > MOST) for (const list of [times, values, this.late]) list.splice(0, FORGOTTEN);
  }

  /**
   * Columns for a chart: seconds, the values, and those that were late. Between two values further apart than `gap` there is
   * an empty one, so that no line is drawn where nothing is known.
   */
  columns(from: number, gap: number): [number[], (number | null)[], (number | null)[]] {
    const seconds: number[] = [];
    const all: (number | null)[] = [];
    const late: (number | null)[] = [];
    // The one before the first is there for the line that comes in from the left.
    const shown = this.times.findIndex((time) => time >= from);
    const first = Math.max(0, (shown < 0 ? this.times.length : shown) - 1);
    for (let at = first; at < this.times.length; at++) {
      const time = this.times[at] as number;
      const before = this.times[at - 1];
      if (at > first && before !== undefined && time - before > gap) {
        seconds.push((before + time) / 2_000);
        all.push(null);
        late.push(null);
      }
      seconds.push(time / 1_000);
      all.push(this.values[at] as number);
      late.push(this.late[at] ? (this.values[at] as number) : null);
    }
    return [seconds, all, late];
  }
}
