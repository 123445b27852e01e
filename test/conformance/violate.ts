import { applyChange } from "../defects/defect.js";
import type { Statement, Violation } from "./statement.js";

/** The file's path from the repository's root. */
export function fileOf({ file }: Violation): string {
  return `src/mqtt/${file}.ts`;
}

/** @param source of the violation's file @returns it, violated @throws Error when the source is not what it was made for */
export function violate(source: string, { number }: Pick<Statement, "number">, violation: Violation): string {
  return violation.changes.reduce(
    (text, [search, replace]) =>
      applyChange(text, { file: fileOf(violation), search, replace }, `the violation of ${number}`),
    source,
  );
}
