/** Typed fields: of what commands take, and of what can be set. One table entry says how it is read, checked and described. */
import { utf8Length } from "../mqtt/wire/utf8.js";
import { holdsControls } from "./characters.js";
import { formatDuration, readDuration } from "./duration.js";
import { quoted } from "./errors.js";

/** In memory a duration is in milliseconds; people write it with its unit, `"5s"`. */
export type Value = number | boolean | string;

export interface Field {
  readonly kind: "duration" | "integer" | "number" | "boolean" | "choice" | "text";
  /** Where none is given. In milliseconds, if it is a duration. */
  readonly initial?: Value;
  /** Bounds of a duration, in milliseconds, or of a number; of text, `most` is bytes of UTF-8. */
  readonly least?: number;
  readonly most?: number;
  /** Of a choice. */
  readonly choices?: readonly string[];
  /** Must be given. */
  readonly required?: boolean;
}

/** As people read it: a duration is `"10s"`. */
export interface FieldDescription extends Omit<Field, "least" | "most"> {
  readonly least?: Value;
  readonly most?: Value;
}

export interface FieldTable {
  readonly [name: string]: Field;
}

/**
 * Reads a value that comes from outside, as people write it.
 * @throws Error that names the field, what it is, and what it must be
 */
export function readField(name: string, field: Field, value: unknown): Value {
  const { kind, least = 0, most = 0 } = field;
  return kind === "duration" ? readDuration(name, value, least, most) : checkField(name, field, value);
}

/** Checks a value as it is in memory. @throws Error as above */
export function checkField(name: string, { kind, least = 0, most = 0, choices = [] }: Field, value: unknown): Value {
  let rule: string;
  if (kind === "boolean") {
    if (typeof value === "boolean") return value;
    rule = "true or false";
  } else if (kind === "choice") {
    if (typeof value === "string" && choices.includes(value)) return value;
    rule = `one of ${choices.join(", ")}`;
  } else if (kind === "text") {
    if (typeof value === "string" && !holdsControls(value) && utf8Length(value) <= most) return value;
    rule = `text of at most ${most} bytes without control characters`;
  } else if (kind === "number") {
    if (typeof value === "number" && value >= least && value <= most) return value;
    rule = `a number from ${least} to ${most}`;
  } else {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    rule = `a whole number from ${least} to ${most}`;
  }
  throw new Error(`${name} is ${quoted(value)}: must be ${rule}`);
}

/** A value as people write it. */
export function writeField({ kind }: Field, value: Value): Value {
  return kind === "duration" ? formatDuration(value as number) : value;
}

/** A field as the description has it: every value as people write it. */
export function describeField(field: Field): FieldDescription {
  const { kind, initial, least, most, choices, required } = field;
  return {
    kind,
    ...(initial !== undefined && { initial: writeField(field, initial) }),
    ...(least !== undefined && { least: writeField(field, least) }),
    ...(most !== undefined && { most: writeField(field, most) }),
    // A copy: XS writes into what it makes JSON of, and tables are read-only there.
    ...(choices !== undefined && { choices: [...choices] }),
    ...(required === true && { required }),
  };
}
