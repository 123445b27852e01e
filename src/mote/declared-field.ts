/** A field that an application declares, as the node has fields: durations in milliseconds. */
import type { FieldDeclaration } from "./application.js";
import { parseDuration } from "./duration.js";
import { asError, quoted } from "./errors.js";
import { checkField, type Field, type Value } from "./field.js";

/** Bytes of a text at most: a command has no room for more. */
const LONGEST_TEXT = 256;
const KINDS = "integer, number, duration, boolean, choice, text";

/** @throws Error that names what is wrong with it, and what it may be */
export function fieldOf(where: string, declared: FieldDeclaration & { readonly required?: boolean }): Field {
  const { kind, initial, required } = declared;
  const bounds = boundsOf(where, declared);
  let start: Value | undefined = initial;
  if (start !== undefined) {
    if (kind === "duration") start = parseDuration(start as string);
    try {
      checkField("initial", { kind: kind === "duration" ? "integer" : kind, ...bounds }, start);
    } catch (error) {
      throw new Error(`${where}: ${asError(error).message}`);
    }
  }
  return {
    kind,
    ...bounds,
    ...(start !== undefined && { initial: start }),
    ...(required === true && { required }),
  };
}

function boundsOf(where: string, declared: FieldDeclaration): Pick<Field, "least" | "most" | "choices"> {
  const { kind } = declared;
  if (kind === "boolean") return {};
  if (kind === "choice") {
    const { choices } = declared;
    if (Array.isArray(choices) && choices.length > 0) return { choices };
    throw new Error(`${where}: choices is ${quoted(choices)}: must be a list of texts`);
  }
  if (kind === "text") {
    const { most } = declared;
    if (most >= 1 && most <= LONGEST_TEXT) return { most };
    throw new Error(`${where}: most is ${quoted(most)}: must be bytes from 1 to ${LONGEST_TEXT}`);
  }
  if (kind !== "duration" && kind !== "integer" && kind !== "number")
    throw new Error(`${where}: kind is ${quoted(kind)}: must be one of ${KINDS}`);
  const least = kind === "duration" ? parseDuration(`${declared.least}`) : declared.least;
  const most = kind === "duration" ? parseDuration(`${declared.most}`) : declared.most;
  if (typeof least === "number" && typeof most === "number" && least <= most) return { least, most };
  throw new Error(
    `${where}: least is ${quoted(declared.least)}, most ${quoted(declared.most)}: ` +
      `must be two ${kind === "duration" ? 'durations such as "30s"' : "numbers"}, the first not above the second`,
  );
}
