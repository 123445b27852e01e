/**
 * Starts the simulator's command line from one file that is made of its sources when they have changed: to compile each of
 * them at every start took longer than all else until the first reading.
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, ".cache", "sim");

/** Names what the file is made of: each source, its size and when it was changed. */
function stateOfSources() {
  let state = 0;
  for (const folder of ["src", "host-sim", "boards", "examples"]) {
    for (const name of readdirSync(join(root, folder), { recursive: true }).sort()) {
      if (!name.endsWith(".ts")) continue;
      const { size, mtimeMs } = statSync(join(root, folder, name));
      for (const char of `${folder}/${name} ${size} ${mtimeMs}`)
        state = (Math.imul(state, 31) + char.codePointAt(0)) | 0;
    }
  }
  return (state >>> 0).toString(16);
}

/** Makes it beside and moves it, so that several starts at once are none the worse. */
async function make(folder) {
  const { build } = await import("esbuild");
  mkdirSync(cache, { recursive: true });
  const made = mkdtempSync(join(cache, "make-"));
  await build({
    absWorkingDir: root,
    entryPoints: ["host-sim/cli/main.ts"],
    outdir: made,
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    // The applications that are simulated import it by this name, as on a device.
    alias: { "motewire/application": join(root, "src/package/application.ts") },
    sourcemap: "inline",
    // One module asks where it is.
    define: { "import.meta.url": JSON.stringify(pathToFileURL(join(root, "host-sim/xs/engine/paths.ts")).href) },
    logLevel: "error",
  });
  for (const name of readdirSync(cache))
    if (!name.startsWith("make-") && join(cache, name) !== folder) rmSync(join(cache, name), { recursive: true });
  try {
    renameSync(made, folder);
  } catch {
    // Another start was quicker, with the same.
    rmSync(made, { recursive: true });
  }
}

const folder = join(cache, stateOfSources());
const main = join(folder, "main.js");
if (statSync(main, { throwIfNoEntry: false }) === undefined) await make(folder);
process.setSourceMapsEnabled(true);
await import(pathToFileURL(main).href);
