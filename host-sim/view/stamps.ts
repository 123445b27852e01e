/** When a message was made, by what it says of that, and whether it came late. */
import { type Fields, numberIn, textIn } from "./payload.js";

export interface Moment {
  /** By this page's clock, milliseconds since 1970. Undefined: it cannot be known. */
  readonly at: number | undefined;
  readonly late: boolean;
  /** The message says when it was made. */
  readonly stamped: boolean;
}

/** Milliseconds that a message may take longer than the quickest. */
const LATE = 2_000;
/** Milliseconds by which a node's clock may be off, to be taken as right: its own times are shown then. */
const OFF = 60_000;
/** Milliseconds for which all messages must be late alike, until the clock is taken to have jumped. */
const STEADY = 30_000;
/** Starts of the node that are told apart. */
const MOST_CLOCKS = 16;

/** One clock of the node: the time of day, or the time since one start. */
interface NodeClock {
  /** Arrival less stamp of the quickest message: what the clock is behind, and the way's time. */
  behind: number;
  /** Of the last one that was late, and since when all are late alike. */
  lateBy: number;
  since: number;
}

export class Stamps {
  readonly #clocks = new Map<string, NodeClock>();

  /** Milliseconds that the node's time of day is behind this page's; undefined while it tells none, or is right. */
  get off(): number | undefined {
    const behind = this.#clocks.get("")?.behind ?? 0;
    return Math.abs(behind) > OFF ? behind : undefined;
  }

  /** @param retained it has lain at the broker: its way tells nothing */
  place(fields: Fields, arrival: number, retained: boolean): Moment {
    const time = Date.parse(textIn(fields, "time") ?? "");
    const uptime = numberIn(fields, "uptime");
    const boot = textIn(fields, "boot");
    const isTimed = Number.isFinite(time);
    if (!isTimed && (uptime === undefined || boot === undefined)) {
      return { at: retained ? undefined : arrival, late: false, stamped: false };
    }
    const [name, stamp] = isTimed ? ["", time] : [`boot ${boot}`, uptime as number];
    const known = this.#clocks.get(name);
    if (retained) {
      const at = known === undefined ? (isTimed ? stamp : undefined) : shownAs(stamp, known.behind, isTimed);
      return { at, late: false, stamped: true };
    }
    const delay = arrival - stamp;
    const clock = known ?? this.#newClock(name, delay);
    const late = this.#isLate(clock, delay, arrival);
    return { at: shownAs(stamp, clock.behind, isTimed), late, stamped: true };
  }

  #newClock(name: string, behind: number): NodeClock {
    const clock = { behind, lateBy: 0, since: 0 };
    if (this.#clocks.size >= MOST_CLOCKS) this.#clocks.delete([...this.#clocks.keys()].find((one) => one !== "") ?? "");
    this.#clocks.set(name, clock);
    return clock;
  }

  #isLate(clock: NodeClock, delay: number, arrival: number): boolean {
    if (delay <= clock.behind + LATE) {
      clock.behind = Math.min(clock.behind, delay);
      clock.since = 0;
      return false;
    }
    if (clock.since === 0 || Math.abs(delay - clock.lateBy) > LATE) {
      clock.since = arrival;
      clock.lateBy = delay;
    } else if (arrival - clock.since > STEADY) {
      clock.behind = delay;
      clock.since = 0;
      return false;
    }
    return true;
  }
}

/** A time of day that is about right is shown as it is; what else counts, counts from somewhere. */
function shownAs(stamp: number, behind: number, isTimed: boolean): number {
  return isTimed && Math.abs(behind) <= OFF ? stamp : stamp + behind;
}
