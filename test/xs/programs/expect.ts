/** As much of vitest's `expect` as the socket's contract says, on XS, which has room for no more. */

export interface Expected {
  toBe(value: unknown): void;
  /** Of numbers, texts, undefined and arrays of them. */
  toEqual(value: unknown): void;
  toBeGreaterThanOrEqual(bound: number): void;
  toMatch(pattern: RegExp): void;
  toThrow(type: typeof Error): void;
}

export function expect(actual: unknown): Expected {
  const must = (holds: boolean, relation: string, value: unknown) => {
    if (!holds) throw new Error(`${shown(actual)} ${relation} ${shown(value)}`);
  };
  return {
    toBe: (value) => must(Object.is(actual, value), "is not", value),
    toEqual: (value) => must(isEqual(actual, value), "does not equal", value),
    toBeGreaterThanOrEqual: (bound) => must((actual as number) >= bound, "is less than", bound),
    toMatch: (pattern) => must(typeof actual === "string" && pattern.test(actual), "does not match", String(pattern)),
    toThrow: (type) => {
      let thrown: unknown;
      try {
        (actual as () => unknown)();
      } catch (error) {
        thrown = error;
      }
      if (!(thrown instanceof type)) throw new Error(`no ${type.name} was thrown`);
    },
  };
}

function isEqual(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return Object.is(one, other);
  return one.length === other.length && one.every((value, index) => isEqual(value, other[index]));
}

function shown(value: unknown): string {
  const text = typeof value === "function" ? "a function" : (JSON.stringify(value) ?? String(value));
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
