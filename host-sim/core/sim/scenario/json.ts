/** JSON with the line of every value, so that what is wrong with a file can be said with its line. RFC 8259. */

export type Json = JsonObject | JsonArray | JsonPlain;

export interface JsonPlain {
  readonly kind: "plain";
  readonly line: number;
  readonly value: string | number | boolean | null;
}

export interface JsonArray {
  readonly kind: "array";
  readonly line: number;
  readonly items: readonly Json[];
}

export interface JsonObject {
  readonly kind: "object";
  readonly line: number;
  readonly fields: ReadonlyMap<string, Json>;
}

/** Something in a file is wrong. */
export class FileError extends Error {
  readonly line: number;

  constructor(line: number, why: string) {
    super(`line ${line}: ${why}`);
    this.name = "FileError";
    this.line = line;
  }
}

/** @throws FileError */
export function readJson(text: string): Json {
  const reader = new Reader(text);
  const json = reader.value();
  reader.end();
  return json;
}

class Reader {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  value(): Json {
    this.#skip();
    const line = this.#line;
    const sign = this.#text[this.#at];
    if (sign === "{") return { kind: "object", line, fields: this.#fields() };
    if (sign === "[") return { kind: "array", line, items: this.#items() };
    return { kind: "plain", line, value: this.#plain() };
  }

  end(): void {
    this.#skip();
    if (this.#at < this.#text.length) throw this.#wrong("the end of the file");
  }

  #fields(): Map<string, Json> {
    const fields = new Map<string, Json>();
    this.#list("}", () => {
      const line = this.#line;
      const name = this.#plain();
      if (typeof name !== "string") throw new FileError(line, "the name of a field must be in quotes");
      if (fields.has(name)) throw new FileError(line, `the field "${name}" is there twice`);
      this.#expect(":");
      fields.set(name, this.value());
    });
    return fields;
  }

  #items(): Json[] {
    const items: Json[] = [];
    this.#list("]", () => items.push(this.value()));
    return items;
  }

  /** What stands between the brackets, of which the first is next. */
  #list(close: string, item: () => void): void {
    this.#at++;
    this.#skip();
    if (this.#text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#skip();
      item();
      this.#skip();
      const sign = this.#text[this.#at];
      if (sign !== "," && sign !== close) throw this.#wrong(`"," or "${close}"`);
      this.#at++;
      if (sign === close) return;
    }
  }

  #plain(): string | number | boolean | null {
    const token = /(?:"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|true|false|null)/y;
    token.lastIndex = this.#at;
    const found = token.exec(this.#text)?.[0];
    if (found === undefined) throw this.#wrong("a value");
    try {
      const value = JSON.parse(found) as string | number | boolean | null;
      this.#at += found.length;
      return value;
    } catch {
      throw this.#wrong("a value");
    }
  }

  #expect(sign: string): void {
    this.#skip();
    if (this.#text[this.#at] !== sign) throw this.#wrong(`"${sign}"`);
    this.#at++;
  }

  #skip(): void {
    for (;;) {
      const sign = this.#text[this.#at];
      if (sign === "\n") this.#line++;
      else if (sign !== " " && sign !== "\t" && sign !== "\r") return;
      this.#at++;
    }
  }

  #wrong(expected: string): FileError {
    const sign = this.#text[this.#at];
    const instead = sign === undefined ? "the file ends" : `there is ${JSON.stringify(sign)}`;
    return new FileError(this.#line, `${expected} should be here, but ${instead}`);
  }
}

/** Reads the fields of an object one after the other, and says which are left over. */
export class ObjectReader {
  readonly line: number;
  readonly #what: string;
  readonly #left: Map<string, Json>;
  readonly #known: string[] = [];

  /** @param what it is, for messages: `a node` @throws FileError when it is no object */
  constructor(json: Json, what: string) {
    if (json.kind !== "object") throw new FileError(json.line, `${what} must be an object in { }`);
    this.line = json.line;
    this.#what = what;
    this.#left = new Map(json.fields);
  }

  /** The field, or undefined. It counts as known. */
  take(name: string): Json | undefined {
    this.#known.push(name);
    const json = this.#left.get(name);
    this.#left.delete(name);
    return json;
  }

  has(name: string): boolean {
    return this.#left.has(name);
  }

  need(name: string): Json {
    const json = this.take(name);
    if (json === undefined) throw new FileError(this.line, `${this.#what} has no "${name}"`);
    return json;
  }

  list(name: string): readonly Json[] {
    const json = this.take(name);
    if (json === undefined) return [];
    if (json.kind !== "array") throw new FileError(json.line, `"${name}" must be a list in [ ]`);
    return json.items;
  }

  /** @throws FileError when there is a field that nobody took */
  end(): void {
    for (const [name, { line }] of this.#left) {
      throw new FileError(line, `${this.#what} knows no "${name}": it knows ${this.#known.join(", ")}`);
    }
  }
}

const UNITS: { readonly [unit: string]: number } = Object.freeze({
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
});

/** Milliseconds from text such as `"90s"`, `"1h 30m"` or `"-2h"`. @throws FileError */
export function durationOf(json: Json, name: string): number {
  const text = json.kind === "plain" ? json.value : undefined;
  const wrong = new FileError(json.line, `"${name}" must be a time such as "500ms", "10s", "1h 30m" or "7d"`);
  if (typeof text !== "string" || !/^-?(\d+(\.\d+)?(ms|s|m|h|d)\s*)+$/.test(text)) throw wrong;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    sum += Number(count) * (UNITS[unit as string] as number);
  }
  return Math.round(text.startsWith("-") ? -sum : sum);
}

/** @throws FileError */
export function numberOf(json: Json, name: string, least: number, most: number): number {
  const value = json.kind === "plain" ? json.value : undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new FileError(json.line, `"${name}" must be a whole number from ${least} to ${most}`);
}

/** @throws FileError */
export function wordOf(json: Json, name: string, choices: readonly string[]): string {
  const value = json.kind === "plain" ? json.value : undefined;
  if (typeof value === "string" && choices.includes(value)) return value;
  throw new FileError(json.line, `"${name}" must be one of ${choices.map((choice) => `"${choice}"`).join(", ")}`);
}
