/** The page as files: made of its sources when it is first asked for, or those that the package brings. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../xs/engine/paths.js";

export interface PageFile {
  readonly type: string;
  readonly body: Uint8Array;
}

/** By the path that a browser asks for. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const TYPES = Object.freeze({
  "/": "text/html; charset=utf-8",
  "/page.js": "text/javascript; charset=utf-8",
  "/page.css": "text/css; charset=utf-8",
  "/icon.svg": "image/svg+xml",
});

/** @throws Error when a source does not compile */
export async function pageFiles(): Promise<PageFiles> {
  if (existsSync(join(root, "host-sim", "view"))) return (await import("./page-build.js")).buildPage(root);
  const made = join(root, "dist", "simulator", "page");
  const files = Object.entries(TYPES).map(async ([path, type]) => {
    const body = await readFile(join(made, path === "/" ? "index.html" : path.slice(1)));
    return [path, { type, body }] as const;
  });
  return new Map(await Promise.all(files));
}
