/**
 * A defect: a change of the source that breaks the protocol, kept as a text file.
 *
 *     What it breaks, in a sentence.
 *     file: src/mqtt/sender.ts
 *     --- search
 *     lines that are in the file exactly once
 *     --- replace
 *     lines that stand in their place
 *
 * `file:`, `search` and `replace` may be repeated.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Change {
  readonly file: string;
  readonly search: string;
  readonly replace: string;
}

export interface Defect {
  readonly name: string;
  readonly about: string;
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
  const [about = "", ...parts] = text.split(/^file: /m);
  const changes = parts.flatMap((part) => {
    const [file = "", ...pairs] = part.split(/^--- search\n/m);
    return pairs.map((pair) => {
      const [search = "", replace] = pair.split(/^--- replace\n/m);
      if (search === "" || replace === undefined) throw new Error(`${name}: a search has no replace`);
      return { file: file.trim(), search, replace };
    });
  });
  if (about.trim() === "" || changes.length === 0) throw new Error(`${name}: there is no text or no change`);
  return { name, about: about.trim(), changes };
}

/** @returns the source of `file`, changed @throws Error that names the defect, when it is not what it was made for */
export function applyChange(source: string, { file, search, replace }: Change, name: string): string {
  const at = source.indexOf(search);
  if (at < 0) throw new Error(`${name} does not apply: ${file} does not hold what it searches; mend the defect`);
  if (source.indexOf(search, at + 1) >= 0) throw new Error(`${name} does not apply: ${file} holds it twice`);
  return source.slice(0, at) + replace + source.slice(at + search.length);
}

/** Changes the source under `root`. @throws Error as {@link applyChange} */
export function applyDefect({ name, changes }: Defect, root: string): void {
  for (const change of changes) {
    const path = join(root, change.file);
    writeFileSync(path, applyChange(readFileSync(path, "utf8"), change, name));
  }
}
