/** Where this package came from, for a project that is to get the same one. */
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";

interface Lock {
  readonly packages?: { readonly [path: string]: { readonly resolved?: string } | undefined };
}

/**
 * @param root of this package @param version of it @param project the folder of the new project
 * @returns what its package.json says: a tarball, a git address or a folder, or the version from a registry
 */
export function addressOf(root: string, version: string, project: string): string {
  const modules = dirname(root.replace(/[/\\]$/, ""));
  // In a checkout the package is where it is made.
  if (!modules.endsWith("node_modules")) return file(root, project);
  const resolved = resolvedIn(modules);
  if (resolved === undefined) return version;
  if (/^git\b|^git\+/.test(resolved)) return resolved;
  if (!resolved.startsWith("file:")) return version;
  const path = resolved.slice("file:".length);
  return file(isAbsolute(path) ? path : resolve(dirname(modules), path), project);
}

/** npm writes down where it has got each package from. */
function resolvedIn(modules: string): string | undefined {
  try {
    const lock: Lock = JSON.parse(readFileSync(join(modules, ".package-lock.json"), "utf8"));
    return lock.packages?.["node_modules/motewire"]?.resolved;
  } catch {
    return undefined;
  }
}

function file(path: string, project: string): string {
  const short = relative(project, path);
  // On another drive there is no way from here to there.
  return isAbsolute(short) ? pathToFileURL(short).href : `file:${short.replaceAll("\\", "/")}`;
}
