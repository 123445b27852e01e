import { asError } from "./errors.js";
import { textOf } from "./text.js";

/** A flat JSON object: what commands, stored settings and a status consist of. */
export interface Fields {
  readonly [name: string]: unknown;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const COMMA = 0x2c;
/** Fields at most: on a device each takes memory of its own, and a name that is new takes a key of the engine. */
const MAXIMUM_FIELDS = 32;

/**
 * Reads a flat JSON object.
 * @throws Error that says what is wrong with it, so as to follow the name of what was read
 */
export function readFields(bytes: Uint8Array): Fields {
  const fields = countFields(bytes);
  if (fields < 0) throw new Error("must be one flat JSON object: no arrays, no objects inside");
  if (fields > MAXIMUM_FIELDS) throw new Error(`has ${fields} fields: must be at most ${MAXIMUM_FIELDS}`);
  let value: unknown;
  try {
    value = JSON.parse(textOf(bytes));
  } catch (error) {
    throw new Error(`is not JSON: ${asError(error).message}`);
  }
  if (typeof value !== "object" || value === null) throw new Error('must be a JSON object, such as {"id":"1"}');
  return value as Fields;
}

/**
 * Counts the fields of a flat object, by what stands between them. Asked before the text is parsed: JSON.parse recurses, and on
 * a device thousands of brackets would overflow the stack and restart it.
 * @returns -1 when an array is opened, or more than one object
 */
function countFields(bytes: Uint8Array): number {
  let fields = 1;
  let opened = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (quoted) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === COMMA) fields++;
    else if (byte === OPEN_BRACKET || (byte === OPEN_BRACE && ++opened > 1)) return -1;
  }
  return fields;
}
