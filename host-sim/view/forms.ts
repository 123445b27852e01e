/** What a person writes into a form, and what a command makes of it. */
import { parseDuration } from "../../src/mote/duration.js";
import type { Field } from "./description.js";
import type { Scalar } from "./payload.js";

/** Left out, a value for the command, or what is wrong with it. */
export type Written = { readonly value?: Scalar; readonly problem?: string };

/** How a field is written: the kind of its control. */
export type Control = "text" | "number" | "choice";

export function controlOf({ kind, choices }: Field): Control {
  if (choices !== undefined || kind === "boolean") return "choice";
  return kind === "integer" || kind === "number" ? "number" : "text";
}

export function choicesOf({ choices }: Field): readonly string[] {
  return choices ?? ["true", "false"];
}

/** Its bounds, in words. */
export function hintOf({ kind, least, most }: Field): string {
  if (kind === "text") return most === undefined ? "" : `at most ${most} bytes`;
  const range = least === undefined && most === undefined ? "" : `${least ?? "…"} to ${most ?? "…"}`;
  return kind === "duration" ? `${range || "with its unit, such as 5s"}` : range;
}

/** @param text as it stands in the control; empty: the field is left out */
export function readWritten(field: Field, text: string): Written {
  const { name, kind } = field;
  const trimmed = text.trim();
  if (trimmed === "") return {};
  if (kind === "boolean") return { value: trimmed === "true" };
  if (controlOf(field) === "choice")
    return choicesOf(field).includes(trimmed)
      ? { value: trimmed }
      : { problem: `${name} must be one of ${choicesOf(field).join(", ")}` };
  if (kind === "duration") {
    const duration = parseDuration(trimmed);
    if (duration === undefined) return { problem: `${name} needs a number and a unit: ms, s, m, h or d, such as 5s` };
    return (
      within(field, duration, (bound) => (typeof bound === "string" ? parseDuration(bound) : bound)) ?? {
        value: trimmed,
      }
    );
  }
  if (kind === "integer" || kind === "number") {
    const number = Number(trimmed);
    if (!Number.isFinite(number) || (kind === "integer" && !Number.isInteger(number)))
      return { problem: `${name} must be a ${kind === "integer" ? "whole " : ""}number` };
    return within(field, number, Number) ?? { value: number };
  }
  return { value: text };
}

function within(
  field: Field,
  value: number,
  read: (bound: string | number) => number | undefined,
): Written | undefined {
  const least = field.least === undefined ? undefined : read(field.least);
  const most = field.most === undefined ? undefined : read(field.most);
  const fits = (least === undefined || value >= least) && (most === undefined || value <= most);
  return fits ? undefined : { problem: `${field.name} must be from ${hintOf(field)}` };
}
