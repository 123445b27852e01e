/** The file that `--app` names. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { compileFunction } from "node:vm";
import type { Message } from "esbuild";
import type { Application } from "../../src/mote/application.js";
import { root } from "../xs/engine/paths.js";
import { UsageError } from "./usage.js";

export interface LoadedApplication {
  readonly declared: Application;
  /** Its path; undefined: the firmware's own. */
  readonly file: string | undefined;
  /** All files that it is made of. */
  readonly sources: readonly string[];
}

/** @throws UsageError that says what is wrong with the file */
export async function loadApplication(file: string | undefined): Promise<LoadedApplication> {
  if (file === undefined) return { declared: {}, file, sources: [] };
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`--app ${file}: there is no such file`);
  let loaded: Awaited<ReturnType<typeof evaluate>>;
  try {
    loaded = await evaluate(path);
  } catch (error) {
    throw new UsageError(`--app ${file}: ${wordsOf(error as Error)}`);
  }
  const declared = loaded.exported.default;
  if (typeof declared !== "object" || declared === null)
    throw new UsageError(`--app ${file}: must export a definition: export default application({ sensors: { … } })`);
  return { declared: declared as Application, file: path, sources: loaded.sources };
}

/** The first place where it does not compile; of what it throws when it runs, the message. */
function wordsOf(error: Error & { readonly errors?: readonly Message[] }): string {
  const [first] = error.errors ?? [];
  if (first?.location == null) return first?.text ?? error.message;
  const { file, line, column } = first.location;
  return `${file}:${line}:${column + 1}: ${first.text}`;
}

/** A project of one's own has it by tsx. */
async function compiler(): Promise<typeof import("esbuild")> {
  try {
    return await import("esbuild");
  } catch {
    throw new Error("esbuild is not installed, which compiles it: npm install --save-dev tsx");
  }
}

/** Node.js takes no TypeScript, so the file is compiled first, with all that it imports by path. @returns its exports, and all files of it */
async function evaluate(path: string): Promise<{ exported: { readonly default?: unknown }; sources: string[] }> {
  const { build } = await compiler();
  const { outputFiles, metafile } = await build({
    entryPoints: [path],
    bundle: true,
    packages: "external",
    alias: { "motewire/application": join(root, "src/package/application.ts") },
    write: false,
    format: "cjs",
    platform: "node",
    target: "node20",
    sourcemap: "inline",
    metafile: true,
    absWorkingDir: process.cwd(),
    logLevel: "silent",
  });
  const module = { exports: {} };
  const run = compileFunction(outputFiles[0]?.text ?? "", ["module", "exports", "require"], { filename: path });
  run(module, module.exports, createRequire(path));
  const sources = Object.keys(metafile.inputs).map((source) => resolve(source));
  return { exported: module.exports, sources };
}
