/** Takes what a part of the node could not deal with. @param where the part: `sensor climate`, `settings` … */
export type Report = (error: unknown, where: string) => void;

/** Anything can be thrown; what is reported is an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/**
 * Makes a callback that the platform or the client may call: a throw is reported and goes no further, because a throw out
 * of a callback restarts a device.
 */
export function guarded<A extends [] | [unknown] | [unknown, unknown]>(
  report: Report,
  where: string,
  act: (...args: A) => void,
): (...args: A) => void {
  // Two named parameters and no rest: a rest parameter makes an array at each call.
  const call = act as (a: unknown, b: unknown) => void;
  return ((a: unknown, b: unknown) => {
    try {
      call(a, b);
    } catch (error) {
      report(error, where);
    }
  }) as (...args: A) => void;
}

/** How a value from outside is named in an error: as JSON, cut short. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
