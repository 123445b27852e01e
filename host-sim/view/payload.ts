/** What comes from a broker, read without trust: anybody may have written it. Bounded in each direction, and never HTML. */

export type Scalar = string | number | boolean;

/** A flat object. A map, because a name may be `__proto__`. */
export type Fields = ReadonlyMap<string, Scalar>;

export const NO_FIELDS: Fields = new Map();

const MOST_ENTRIES = 64;
const LONGEST_TEXT = 300;

/** @returns undefined for what is not JSON */
export function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** The entries of an object, the first so many. @returns none for what is no object */
export function entriesOf(value: unknown, most = MOST_ENTRIES): [name: string, value: unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value)
    .slice(0, most)
    .map(([name, inner]) => [shortened(name), inner]);
}

/** The fields of an object that are text, finite numbers or booleans; others are left out. */
export function fieldsOf(value: unknown): Fields {
  const fields = new Map<string, Scalar>();
  for (const [name, inner] of entriesOf(value)) {
    if (typeof inner === "string") fields.set(name, shortened(inner));
    else if (typeof inner === "boolean" || (typeof inner === "number" && Number.isFinite(inner)))
      fields.set(name, inner);
  }
  return fields;
}

export function textIn(fields: Fields, name: string): string | undefined {
  const value = fields.get(name);
  return typeof value === "string" ? value : undefined;
}

export function numberIn(fields: Fields, name: string): number | undefined {
  const value = fields.get(name);
  return typeof value === "number" ? value : undefined;
}

export function shortened(text: string, most = LONGEST_TEXT): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
