/** The file that `--app` names. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { compileFunction } from "node:vm";
import { build } from "esbuild";
import type { Application } from "../../src/mote/application.js";
import { root } from "../xs/engine/paths.js";
import { UsageError } from "./usage.js";

export interface LoadedApplication {
  readonly declared: Application;
  /** Its path; undefined: the firmware's own. */
  readonly file: string | undefined;
}

/** @throws UsageError that says what is wrong with the file */
export async function loadApplication(file: string | undefined): Promise<LoadedApplication> {
  if (file === undefined) return { declared: {}, file };
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`--app ${file}: there is no such file`);
  let loaded: { readonly default?: unknown };
  try {
    loaded = await evaluate(path);
  } catch (error) {
    throw new UsageError(`--app ${file}: ${(error as Error).message}`);
  }
  const declared = loaded.default;
  if (typeof declared !== "object" || declared === null)
    throw new UsageError(`--app ${file}: must export a definition: export default application({ sensors: { … } })`);
  return { declared: declared as Application, file: path };
}

/** Node.js takes no TypeScript, so the file is compiled first, with all that it imports by path. @returns its exports */
async function evaluate(path: string): Promise<{ readonly default?: unknown }> {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    packages: "external",
    alias: { "motewire/application": join(root, "src/package/application.ts") },
    write: false,
    format: "cjs",
    platform: "node",
    target: "node20",
    sourcemap: "inline",
    logLevel: "silent",
  });
  const module = { exports: {} };
  const run = compileFunction(outputFiles[0]?.text ?? "", ["module", "exports", "require"], { filename: path });
  run(module, module.exports, createRequire(path));
  return module.exports;
}
