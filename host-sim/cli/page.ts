/** The page as files, made of host-sim/view when it is first asked for. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../xs/engine/paths.js";

export interface PageFile {
  readonly type: string;
  readonly body: Uint8Array;
}

/** By the path that a browser asks for. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const VIEW = join(root, "host-sim", "view");

/** @throws Error when a source does not compile */
export async function buildPage(): Promise<PageFiles> {
  // Loaded only where somebody looks at the page.
  const { build } = await import("esbuild");
  const [bundle, html, icon] = await Promise.all([
    build({
      absWorkingDir: root,
      entryPoints: { page: join(VIEW, "main.tsx"), style: join(VIEW, "page.css") },
      outdir: root,
      write: false,
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      jsx: "automatic",
      jsxImportSource: "preact",
      legalComments: "none",
      logLevel: "silent",
    }),
    readFile(join(VIEW, "index.html")),
    readFile(join(VIEW, "icon.svg")),
  ]);
  const output = (ending: string) => bundle.outputFiles.find(({ path }) => path.endsWith(ending))?.contents;
  const script = output("page.js") ?? new Uint8Array();
  const style = output("style.css") ?? new Uint8Array();
  return new Map<string, PageFile>([
    ["/", { type: "text/html; charset=utf-8", body: html }],
    ["/page.js", { type: "text/javascript; charset=utf-8", body: script }],
    ["/page.css", { type: "text/css; charset=utf-8", body: style }],
    ["/icon.svg", { type: "image/svg+xml", body: icon }],
  ]);
}
