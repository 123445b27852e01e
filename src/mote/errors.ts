/** Takes what a part of the node could not deal with. @param where the part: `sensor climate`, `settings` … */
export type Report = (error: unknown, where: string) => void;

/** Anything can be thrown; what is reported is an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/**
 * A callback that calls a method of `owner` and reports what it throws: an uncaught throw restarts a device.
 *
 * A bound function, for on XS a closure takes twice the slots, and a copy of its code in memory.
 */
export function guarded<A extends [] | [unknown] | [unknown, unknown]>(
  report: Report,
  where: string,
  owner: object,
  act: (...args: A) => void,
): (...args: A) => void {
  return run.bind(owner, act as Act, report, where) as (...args: A) => void;
}

type Act = (a: unknown, b: unknown) => void;

/** Two named parameters and no rest: a rest parameter makes an array at each call. */
function run(this: object, act: Act, report: Report, where: string, a?: unknown, b?: unknown): void {
  try {
    act.call(this, a, b);
  } catch (error) {
    report(error, where);
  }
}

/** How a value from outside is named in an error: as JSON, cut short. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
