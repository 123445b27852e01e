/** Numbers as people read them. */
import type { Spread } from "./statistics.js";

/** Three significant digits, thousands set apart. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(Number(value.toPrecision(3))).toLocaleString("en-US");
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toString();
  return value.toFixed(size >= 10 ? 1 : 2);
}

/** The middle, and from where to where when the rounds differ. */
export function spread({ median, least, most }: Spread): string {
  const [low, middle, high] = [figure(least), figure(median), figure(most)];
  return low === high ? middle : `${middle} (${low}–${high})`;
}
