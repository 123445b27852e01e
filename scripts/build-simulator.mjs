/**
 * Makes the simulator that the package brings (`motewire`, `motewire/simulator`): bundled with all that it needs but aedes and esbuild,
 * which a project of one's own has, so that the package depends on nothing. And the page's files, ready to be served.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "dist", "simulator");
rmSync(out, { recursive: true, force: true });

const options = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  minifySyntax: true,
  platform: "node",
  format: "esm",
  target: "node20",
  legalComments: "linked",
  logLevel: "error",
  alias: { "motewire/application": join(root, "src/package/application.ts") },
  external: ["aedes", "esbuild", "bufferutil", "utf-8-validate"],
  // What is CommonJS in it requires what Node.js has.
  banner: {
    js: 'import { createRequire as __requireOf } from "node:module"; const require = __requireOf(import.meta.url);',
  },
  // As deep as host-sim/xs/engine/paths.ts, which says from there where the package is.
  chunkNames: "cli/[name]-[hash]",
};

const { metafile } = await build({
  ...options,
  metafile: true,
  entryPoints: { "cli/main": "host-sim/cli/main.ts", "library/index": "host-sim/library/index.ts" },
  outdir: out,
});

// What is bundled is others' work, under their licences. The page's parts are in it too.
const bundled = Object.keys(metafile.inputs).map((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]);
const packages = new Set([
  ...bundled.filter((name) => name !== undefined),
  "preact",
  "@preact/signals",
  "@preact/signals-core",
  "uplot",
]);
const licences = [...packages].sort().map((name) => {
  const folder = join(root, "node_modules", name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `${name} ${version} (${license})\n\n${file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim()}`;
});
writeFileSync(join(out, "LICENSES.txt"), `${licences.join("\n\n----\n\n")}\n`);
const main = join(out, "cli", "main.js");
writeFileSync(main, `#!/usr/bin/env node\n${readFileSync(main, "utf8")}`, { mode: 0o755 });

// The page's maker itself, to be run here.
const maker = join(out, "maker.mjs");
await build({ ...options, splitting: false, entryPoints: ["host-sim/cli/page-build.ts"], outfile: maker });
const { buildPage } = await import(maker);
rmSync(maker);
mkdirSync(join(out, "page"));
for (const [path, { body }] of await buildPage(root))
  writeFileSync(join(out, "page", path === "/" ? "index.html" : path.slice(1)), body);
