import type { Clock } from "../platform.js";
import type { Backlog, WaitingMessage } from "./backlog.js";
import { type Fields, readFields } from "./fields.js";
import type { Stamp } from "./messages.js";
import type { Uptime } from "./uptime.js";

/** The furthest that a Date reaches either way from 1970. */
const MAXIMUM_EPOCH = 8.64e15;

/** The time of day as ISO 8601, or undefined as long as it is not known. */
export function timeOfDay(clock: Clock): string | undefined {
  return timeOf(clock.epoch());
}

function timeOf(epoch: number | undefined): string | undefined {
  return isTime(epoch) ? new Date(epoch).toISOString() : undefined;
}

function isTime(epoch: number | undefined): epoch is number {
  // The comparison is false for NaN too.
  return epoch !== undefined && Math.abs(epoch) <= MAXIMUM_EPOCH;
}

/** Milliseconds: a jump of the clock of the day that is shorter is none, for ages are days. */
const JUMP = 60_000;
/** So many times of day are told apart. After more jumps in one start no age is known. */
const MAXIMUM_TIMES = 8;

/** Writes the time into messages, and mends it in those that were made before the clock was set. */
export class Stamper {
  private readonly clock: Clock;
  private readonly uptime: Uptime;
  private readonly instance: string;
  /** What the clock of the day was ahead of the uptime: once in most starts, and once more for each jump. */
  private readonly times: number[] = [];
  /** Messages of this start were stamped with their uptime and not mended yet. */
  private owes = false;

  /** @param instance names this start */
  constructor(clock: Clock, uptime: Uptime, instance: string) {
    this.clock = clock;
    this.uptime = uptime;
    this.instance = instance;
  }

  /** @param at when it was, by the uptime; default: now */
  stamp(into: Stamp, at?: number): void {
    const now = this.uptime.now();
    const epoch = this.epoch();
    const time = epoch === undefined || at === undefined ? timeOf(epoch) : timeOf(epoch - (now - at));
    if (time !== undefined) into.time = time;
    else {
      into.boot = this.instance;
      into.uptime = at ?? now;
      this.owes = true;
    }
  }

  /** The clock's, which must be known to be held against the stamps that are made with it. */
  private epoch(): number | undefined {
    const { times } = this;
    const epoch = this.clock.epoch();
    if (!isTime(epoch)) return undefined;
    const ahead = epoch - this.uptime.now();
    let at = 0;
    while (at < times.length && !(Math.abs((times[at] as number) - ahead) < JUMP)) at++;
    if (at === times.length && at <= MAXIMUM_TIMES) times.push(ahead);
    return epoch;
  }

  /**
   * Milliseconds since a message was made, by its stamp and the uptime; undefined when that cannot be known.
   *
   * A stamp of this start was made by one of the times of day that this start has known. By each of them the message has an
   * age; the shortest counts, for what is given up is gone: it may be too short by a jump, and never too long. A message of
   * an earlier start has no other measure than these times either: where the clock jumped before this start, nobody knows.
   */
  age({ payload }: WaitingMessage): number | undefined {
    const fields = fieldsOf(payload);
    if (fields === undefined) return undefined;
    const since = this.since(fields);
    const { time } = fields;
    if (since !== undefined || typeof time !== "string") return since;
    const made = Date.parse(time);
    if (this.epoch() === undefined || this.times.length > MAXIMUM_TIMES) return undefined;
    const now = this.uptime.now();
    let shortest: number | undefined;
    for (let at = 0; at < this.times.length; at++) {
      const age = now + (this.times[at] as number) - made;
      // By a time that it is ahead of, it was not made.
      if (age > -JUMP && (shortest === undefined || age < shortest)) shortest = age;
    }
    return shortest;
  }

  /**
   * Once the clock is set: messages of this start that were never sent get the time of day in place of their uptime. Those
   * of earlier starts keep theirs, for how long the device was off nobody knows. To be called often: costs nothing when
   * there is nothing to mend.
   * @throws MqttError when the store refuses
   */
  mend(backlog: Backlog): void {
    if (!this.owes) return;
    const epoch = this.epoch();
    if (epoch === undefined) return;
    backlog.revise(({ payload }) => {
      const fields = fieldsOf(payload);
      const age = fields === undefined || fields.time !== undefined ? undefined : this.since(fields);
      return fields === undefined || age === undefined ? undefined : mended(fields, epoch - age);
    });
    this.owes = false;
  }

  /** Milliseconds since a message of this start was made. */
  private since({ boot, uptime }: Fields): number | undefined {
    return boot === this.instance && typeof uptime === "number" ? this.uptime.now() - uptime : undefined;
  }
}

function fieldsOf(payload: Uint8Array): Fields | undefined {
  try {
    return readFields(payload);
  } catch {
    return undefined;
  }
}

/** The same message with the time where the stamp was. */
function mended(fields: Fields, epoch: number): string | undefined {
  const time = timeOf(epoch);
  if (time === undefined) return undefined;
  const message: { [name: string]: unknown } = {};
  for (const name of Object.keys(fields)) {
    if (name === "boot") message.time = time;
    else if (name !== "uptime") message[name] = fields[name];
  }
  return JSON.stringify(message);
}
