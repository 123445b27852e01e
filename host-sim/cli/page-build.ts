/** The page as files, made of host-sim/view. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PageFiles } from "./page.js";

/** @throws Error when a source does not compile */
export async function buildPage(root: string): Promise<PageFiles> {
  // Loaded only where somebody looks at the page.
  const { build } = await import("esbuild");
  const view = join(root, "host-sim", "view");
  const [bundle, html, icon] = await Promise.all([
    build({
      absWorkingDir: root,
      entryPoints: { page: join(view, "main.tsx"), style: join(view, "page.css") },
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
    readFile(join(view, "index.html")),
    readFile(join(view, "icon.svg")),
  ]);
  const output = (ending: string) => bundle.outputFiles.find(({ path }) => path.endsWith(ending))?.contents;
  return new Map([
    ["/", { type: "text/html; charset=utf-8", body: html }],
    ["/page.js", { type: "text/javascript; charset=utf-8", body: output("page.js") ?? new Uint8Array() }],
    ["/page.css", { type: "text/css; charset=utf-8", body: output("style.css") ?? new Uint8Array() }],
    ["/icon.svg", { type: "image/svg+xml", body: icon }],
  ]);
}
