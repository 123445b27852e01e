/** Builds the XS host: our C (../native) and the sources of XS. Objects are kept, so that a second build is quick. */
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder, root } from "./paths.js";
import { fetchSources, sourcesFolder } from "./sources.js";

export interface BuildOptions {
  /**
   * `debug` (default) knows the lines that run and says them; `release` is what a device runs, faster: for counting
   * instructions.
   */
  readonly variant?: "debug" | "release";
  /** Default: 32 where this machine can build and run that, for a slot has the device's 16 bytes then. */
  readonly bits?: 32 | 64;
  /** Address and undefined-behaviour sanitizers, in our own C: XS reads strings by words, beyond their ends. */
  readonly sanitize?: boolean;
  /** Told in words how far it is, where there is something to build. */
  readonly onBuilding?: (progress: string) => void;
}

export interface Host {
  /** What to run, and the arguments that come before the host's own. */
  readonly command: string;
  readonly before: readonly string[];
  readonly bits: 32 | 64;
}

const run = promisify(execFile);
const native = join(root, "host-sim", "xs", "native");
/** The optional parts of XS come through our defaults.c; snapshots and profiles are not for a device. */
const LEFT_OUT = new Set(["xsDefaults.c", "xsSnapshot.c", "xsLockdown.c"]);

const XS_FLAGS = [
  "-fno-common",
  "-DINCLUDE_XSPLATFORM",
  '-DXSPLATFORM="platform.h"',
  "-DmxBoundsCheck=1",
  "-DmxParse=1",
  "-DmxRun=1",
  // What is traced is said by us.
  "-DmxNoConsole=1",
];

/** Builds what is not built yet. @throws Error with the compiler's words */
export async function buildHost(options: BuildOptions = {}): Promise<Host> {
  fetchSources();
  const bits = options.bits ?? bitsFromEnvironment() ?? (runs32() ? 32 : 64);
  const flags = flagsOf(options, bits);
  const folder = join(cacheFolder, `host-${hash([...flags, readFileSync(join(native, "platform.h"), "utf8")])}`);
  mkdirSync(folder, { recursive: true });
  const sources = [
    ...cFiles(sourcesFolder, "sources").filter((file) => !LEFT_OUT.has(file.split("/").at(-1) ?? "")),
    ...cFiles(native),
  ];
  const sanitizers = options.sanitize ? ["-fsanitize=address,undefined"] : [];
  const objects = sources.map((source) => ({ source, object: objectFor(folder, source) }));
  const missing = objects.filter(({ object }) => !existsSync(object));
  const { onBuilding = () => {} } = options;
  if (missing.length > 0) onBuilding(`builds the XS engine, which is done once: ${missing.length} files to compile`);
  let done = 0;
  await inParallel(missing, async ({ source, object }) => {
    const ours = source.startsWith(native);
    await compile([...flags, ...(ours ? ["-Wall", ...sanitizers] : ["-w"]), "-c", source], object);
    if (++done % 20 === 0) onBuilding(`${done} of ${missing.length} files compiled`);
  });
  const program = join(folder, `xs-host-${hash(objects.map(({ object }) => object))}`);
  if (!existsSync(program)) {
    const link = [...flags.filter((flag) => flag.startsWith("-m")), ...sanitizers];
    await compile([...link, ...objects.map(({ object }) => object), "-lm", "-lpthread", "-ldl"], program);
  }
  // A machine that cannot run 32-bit programs itself may have an emulator that can.
  if (bits === 32 && !runs32()) return { command: "qemu-i386", before: [program], bits };
  return { command: program, before: [], bits };
}

function flagsOf({ variant = "debug", sanitize = false }: BuildOptions, bits: number): string[] {
  const { arch } = process;
  return [
    ...(arch === "x64" ? [`-m${bits}`] : []),
    ...(variant === "debug" ? ["-O1", "-g", "-DmxDebug=1"] : ["-O2", "-g"]),
    ...(sanitize ? ["-fno-omit-frame-pointer"] : []),
    ...XS_FLAGS,
    ...[native, ...["includes", "platforms", "sources"].map((part) => join(sourcesFolder, part))].map(
      (path) => `-I${path}`,
    ),
  ];
}

function cFiles(...folder: string[]): string[] {
  const path = join(...folder);
  return readdirSync(path)
    .filter((file) => file.endsWith(".c"))
    .map((file) => join(path, file));
}

/** Its name has the content of a source of ours, and of what it includes. */
function objectFor(folder: string, source: string): string {
  const name = source.split("/").at(-1)?.replace(/\.c$/, "") ?? "";
  if (!source.startsWith(native)) return join(folder, `${name}.o`);
  return join(
    folder,
    `${name}-${hash([readFileSync(source, "utf8"), readFileSync(join(native, "host.h"), "utf8")])}.o`,
  );
}

/** Written under another name first: several test processes may build at once. */
async function compile(args: readonly string[], into: string): Promise<void> {
  const temporary = `${into}.${process.pid}`;
  await run("gcc", [...args, "-o", temporary]);
  renameSync(temporary, into);
}

async function inParallel<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await each(item);
  });
  await Promise.all(workers);
}

function hash(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 12);
}

/** MOTEWIRE_XS_BITS=32 counts as on a device also where only an emulator runs that. */
function bitsFromEnvironment(): 32 | 64 | undefined {
  const { MOTEWIRE_XS_BITS: bits } = process.env;
  if (bits === undefined || bits === "") return undefined;
  if (bits !== "32" && bits !== "64") throw new Error(`MOTEWIRE_XS_BITS is "${bits}": must be 32 or 64`);
  return bits === "32" ? 32 : 64;
}

let can32: boolean | undefined;

/** Compilers without the 32-bit libraries, and kernels without their system calls, are common. */
function runs32(): boolean {
  if (can32 !== undefined) return can32;
  if (process.arch !== "x64") {
    can32 = false;
    return can32;
  }
  mkdirSync(cacheFolder, { recursive: true });
  const probe = join(cacheFolder, `probe-${process.pid}`);
  try {
    writeFileSync(`${probe}.c`, "#include <stdio.h>\nint main(void) { return sizeof(void*) == 4 ? 0 : 1; }\n");
    execFileSync("gcc", ["-m32", `${probe}.c`, "-o", probe], { stdio: "ignore" });
    execFileSync(probe, { stdio: "ignore" });
    can32 = true;
  } catch {
    can32 = false;
  } finally {
    for (const file of [probe, `${probe}.c`]) rmSync(file, { force: true });
  }
  return can32;
}
