import { DIGITS, isMadeOf } from "./characters.js";
import { quoted } from "./errors.js";

/**
 * Durations as people write them, `"100ms"`, `"5s"`, `"1.5m"`, `"24h"`: always with their unit, so that nobody has to
 * guess whether 300 means five minutes. In memory they are milliseconds.
 */
const units = Object.freeze({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 });

/** @returns whole milliseconds, or undefined when `text` is not a duration */
export function parseDuration(text: string): number | undefined {
  const unit = text.endsWith("ms") ? "ms" : text.slice(-1);
  const factor = (units as Readonly<Record<string, number>>)[unit];
  if (factor === undefined) return undefined;
  // Number() would take much more: signs, exponents, spaces, 0x10.
  const number = text.slice(0, -unit.length);
  const point = number.indexOf(".");
  const whole = point < 0 ? number : number.slice(0, point);
  if (!isMadeOf(whole, DIGITS, 12) || (point >= 0 && !isMadeOf(number.slice(point + 1), DIGITS, 6))) return undefined;
  return Math.round(Number(number) * factor);
}

/** The shortest way to write `milliseconds` exactly: `"90s"`, `"1500ms"`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds > 0) {
    if (milliseconds % units.h === 0) return `${milliseconds / units.h}h`;
    if (milliseconds % units.m === 0) return `${milliseconds / units.m}m`;
    if (milliseconds % units.s === 0) return `${milliseconds / units.s}s`;
  }
  return `${milliseconds}ms`;
}

/**
 * Reads a duration that comes from outside.
 * @param name what is called so in the error
 * @throws Error that names the bounds when `value` is no duration or outside of them
 */
export function readDuration(name: string, value: unknown, least: number, most: number): number {
  const duration = typeof value === "string" ? parseDuration(value) : undefined;
  if (duration === undefined || duration < least || duration > most) {
    throw new Error(
      `${name} is ${quoted(value)}: must be a duration with its unit (ms, s, m, h, d), ` +
        `"${formatDuration(least)}" to "${formatDuration(most)}"`,
    );
  }
  return duration;
}
