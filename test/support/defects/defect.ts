/**
 * A defect: a change of the source that breaks the protocol, kept as a text file.
 *
 *     What it breaks, in a sentence.
 *     --- tests
 *     file > title > title
 *     --- search
 *     lines that are in the sources exactly once
 *     --- replace
 *     lines that stand in their place
 *
 * `search` and `replace` may be repeated. `tests` names the tests that catch it, one a line, as statements of the specification
 * do; without it the simulation catches it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Change } from "../breaking.js";

export interface Defect {
  readonly name: string;
  readonly about: string;
  /** Names of tests that catch it; none: the simulation does. */
  readonly tests: readonly string[];
  readonly changes: readonly Change[];
}

const FOLDER = fileURLToPath(new URL("./patches/", import.meta.url));
const SUFFIX = ".defect";

export function readDefects(folder = FOLDER): Defect[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .sort()
    .map((name) => parseDefect(name.slice(0, -SUFFIX.length), readFileSync(join(folder, name), "utf8")));
}

/** @throws Error that names the defect and what is wrong with its file */
export function parseDefect(name: string, text: string): Defect {
  const [head = "", ...pairs] = text.split(/^--- search\n/m);
  const [about = "", named] = head.split(/^--- tests\n/m);
  const tests = named?.split("\n").filter((line) => line !== "") ?? [];
  if (named !== undefined && tests.length === 0) throw new Error(`${name}: no test is named`);
  const changes = pairs.map((pair) => {
    const [search = "", replace] = pair.split(/^--- replace\n/m);
    if (search === "" || replace === undefined) throw new Error(`${name}: a search has no replace`);
    return { search, replace };
  });
  if (about.trim() === "" || changes.length === 0) throw new Error(`${name}: there is no text or no change`);
  return { name, about: about.trim(), tests, changes };
}
