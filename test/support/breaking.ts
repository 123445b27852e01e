/**
 * Sources that are broken on purpose: the one way in which defects, violations of statements and checks of the firmware do it.
 * A change finds its place by what it searches, which is in all of `src` exactly once: files may be renamed and moved.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";

export interface Change {
  readonly search: string;
  readonly replace: string;
}

/** Texts by their paths from the repository's root. */
export type Sources = ReadonlyMap<string, string>;

/** All sources and manifests of `src`. */
export function readSources(root: string): Sources {
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).sort();
  const paths = files.filter((file) => /\.(ts|json)$/.test(file)).map((file) => join("src", file));
  return new Map(paths.map((path) => [path.split(sep).join("/"), readFileSync(join(root, path), "utf8")]));
}

/**
 * @param name of what breaks them, for the error
 * @returns the sources that are changed, and those only. @throws Error when a search is nowhere, or in several places
 */
export function broken(sources: Sources, changes: readonly Change[], name: string): Map<string, string> {
  const changed = new Map<string, string>();
  for (const { search, replace } of changes) {
    const path = placeOf(sources, search, name);
    const text = changed.get(path) ?? (sources.get(path) as string);
    const at = text.indexOf(search);
    if (at < 0) throw new Error(`${name} does not apply: its changes overlap in ${path}`);
    changed.set(path, text.slice(0, at) + replace + text.slice(at + search.length));
  }
  return changed;
}

function placeOf(sources: Sources, search: string, name: string): string {
  const places = [...sources].flatMap(([path, text]) => new Array<string>(text.split(search).length - 1).fill(path));
  const [path] = places;
  const shown = JSON.stringify(search.trim().slice(0, 80));
  if (path === undefined)
    throw new Error(`${name} does not apply: nothing in src holds ${shown}; mend what it searches`);
  if (places.length > 1) throw new Error(`${name} does not apply: ${places.join(" and ")} hold ${shown}`);
  return path;
}

/** Breaks the sources under `root`. @returns what mends them again. @throws as {@link broken} */
export function breakSources(root: string, changes: readonly Change[], name: string): () => void {
  const sources = readSources(root);
  const write = (texts: Sources) => {
    for (const [path, text] of texts) writeFileSync(join(root, path), text);
  };
  const changed = broken(sources, changes, name);
  write(changed);
  return () => write(new Map([...changed.keys()].map((path) => [path, sources.get(path) as string])));
}
