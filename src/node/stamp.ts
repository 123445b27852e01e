import type { Clock } from "../platform.js";
import type { Stamp } from "./messages.js";
import type { Uptime } from "./uptime.js";

/** The furthest that a Date reaches either way from 1970. */
const MAXIMUM_EPOCH = 8.64e15;

/** The time of day as ISO 8601, or undefined as long as it is not known. */
export function timeOfDay(clock: Clock): string | undefined {
  const epoch = clock.epoch();
  // The comparison is false for NaN too.
  return epoch !== undefined && Math.abs(epoch) <= MAXIMUM_EPOCH ? new Date(epoch).toISOString() : undefined;
}

/** Writes the time into a message. */
export function stamp(into: Stamp, clock: Clock, uptime: Uptime, instance: string): void {
  const time = timeOfDay(clock);
  if (time !== undefined) into.time = time;
  else {
    into.boot = instance;
    into.uptime = uptime.now();
  }
}
