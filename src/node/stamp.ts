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
  // The comparison is false for NaN too.
  return epoch !== undefined && Math.abs(epoch) <= MAXIMUM_EPOCH ? new Date(epoch).toISOString() : undefined;
}

/** Writes the time into messages, and mends it in those that were made before the clock was set. */
export class Stamper {
  private readonly clock: Clock;
  private readonly uptime: Uptime;
  private readonly instance: string;
  /** Messages of this start were stamped with their uptime and not mended yet. */
  private owes = false;

  /** @param instance names this start */
  constructor(clock: Clock, uptime: Uptime, instance: string) {
    this.clock = clock;
    this.uptime = uptime;
    this.instance = instance;
  }

  stamp(into: Stamp): void {
    const time = timeOfDay(this.clock);
    if (time !== undefined) into.time = time;
    else {
      into.boot = this.instance;
      into.uptime = this.uptime.now();
      this.owes = true;
    }
  }

  /** Milliseconds since a message was made, by its stamp; undefined when that cannot be known. */
  age({ payload }: WaitingMessage): number | undefined {
    const fields = fieldsOf(payload);
    if (fields === undefined) return undefined;
    const { time } = fields;
    if (typeof time !== "string") return this.since(fields);
    const epoch = this.clock.epoch();
    const made = Date.parse(time);
    return epoch === undefined || Number.isNaN(made) ? undefined : epoch - made;
  }

  /**
   * Once the clock is set: messages of this start that were never sent get the time of day in place of their uptime. Those
   * of earlier starts keep theirs, for how long the device was off nobody knows. To be called often: costs nothing when
   * there is nothing to mend.
   * @throws MqttError when the store refuses
   */
  mend(backlog: Backlog): void {
    if (!this.owes) return;
    const epoch = this.clock.epoch();
    if (timeOf(epoch) === undefined) return;
    backlog.revise(({ payload }) => {
      const fields = fieldsOf(payload);
      const age = fields === undefined || fields.time !== undefined ? undefined : this.since(fields);
      return fields === undefined || age === undefined ? undefined : mended(fields, (epoch as number) - age);
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
