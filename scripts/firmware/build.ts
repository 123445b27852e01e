/** A program of this repository through the SDK's tools: mcconfig, tsc, xsc, xsl, mcrez. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { root, type Sdk } from "./sdk.js";

/** What mcconfig builds for what. */
export interface Target {
  /** For people. */
  readonly name: string;
  /** The folder with the manifest.json. */
  readonly program: string;
  /** What goes after mcconfig's -p. */
  readonly platform: string;
  /** `key=value`, as on mcconfig's command line. */
  readonly config: readonly string[];
}

export interface Built {
  readonly target: Target;
  /** mcconfig's intermediate folder. */
  readonly folder: string;
  /** All that the tools have said. */
  readonly log: string;
}

/** A tool has said no. The message is what a person needs to see. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

const LIMIT = 64 * 1024 * 1024;

/**
 * Compiles and links the XS side: bytecode of all modules, the preloaded heap, resources.
 * @param output a folder for it; programs for the same platform can share one
 * @throws BuildError
 */
export function buildXs(target: Target, output: string, sdk: Sdk): Built {
  mkdirSync(output, { recursive: true });
  const log = run("mcconfig", ["-p", target.platform, "-o", output, ...target.config], target.program, sdk);
  const folder = intermediateFolder(target, output);
  const types = compileTypeScript(folder, target.program, sdk);
  const link = make(folder, [join(folder, "mc.xs.c"), join(folder, "mc.resources.c")], target, sdk);
  return { target, folder, log: log + types + link };
}

/** Runs further targets of the makefile that mcconfig wrote. */
export function make(folder: string, targets: readonly string[], target: Target, sdk: Sdk): string {
  return run("make", ["-f", join(folder, "makefile"), ...targets], target.program, sdk);
}

/** mcconfig puts it below `tmp`, by platform and board. */
function intermediateFolder({ program }: Target, output: string): string {
  const end = join("release", basename(program), "makefile");
  const makefile = readdirSync(join(output, "tmp"), { recursive: true, encoding: "utf8" }).find((file) =>
    file.endsWith(end),
  );
  if (makefile === undefined) throw new BuildError(`mcconfig has written no ${end} below ${output}`);
  return join(output, "tmp", dirname(makefile));
}

interface ModuleConfig {
  readonly files: readonly [string];
  readonly compilerOptions: { readonly outDir: string };
}

/**
 * The makefile would start tsc once for each module. Here it is run once for all of them, with the options that mcconfig
 * has written for each, and its output is put where the makefile looks for it.
 */
function compileTypeScript(folder: string, program: string, sdk: Sdk): string {
  const configs = readdirSync(join(folder, "modules"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("-tsconfig.json"))
    .map((file) => JSON.parse(readFileSync(join(folder, "modules", file), "utf8")) as ModuleConfig);
  const outDir = join(folder, "tsc-once");
  const project = join(folder, "tsconfig-once.json");
  const files = configs.map((config) => config.files[0]);
  const compilerOptions = { rootDir: "/", outDir, noEmit: false, noEmitOnError: true, sourceMap: false };
  writeFileSync(
    project,
    JSON.stringify({ extends: join(folder, "modules/tsconfig-base.json"), compilerOptions, files }),
  );
  const log = run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", project], program, sdk);
  for (const config of configs) {
    const script = config.files[0].replace(/\.ts$/, ".js");
    const into = join(config.compilerOptions.outDir, script);
    mkdirSync(dirname(into), { recursive: true });
    cpSync(join(outDir, script), into);
  }
  return log;
}

function run(program: string, args: readonly string[], cwd: string, { env }: Sdk): string {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: "utf8", maxBuffer: LIMIT });
  if (error !== undefined) throw new BuildError(`${program} cannot be run: ${error.message}`);
  const log = stdout + stderr;
  if (status !== 0) throw new BuildError(complaints(log) || `${program} failed:\n${log}`);
  return log;
}

/** Of a long log what tells why. */
function complaints(log: string): string {
  return log
    .split("\n")
    .filter((line) => /error|###|not found/i.test(line) && !/^make:|^# (cc|xsc|tsc) |warning:/.test(line))
    .slice(0, 20)
    .join("\n");
}
