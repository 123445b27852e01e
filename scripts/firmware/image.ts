/** What is in a linked XS image, as the SDK's linker has written it. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { importsOf } from "../../test/support/imports.js";
import type { Built } from "./build.js";

export interface Module {
  /** As it is imported on the device. */
  readonly name: string;
  readonly source: string;
  /** What xsc reads: JavaScript. */
  readonly script: string;
  /** Bytes of the compiled module, symbols included. */
  readonly file: number;
  /** Bytes of its bytecode. */
  readonly code: number;
  readonly preloaded: boolean;
}

export interface Image {
  readonly modules: readonly Module[];
  /** Slots of the heap that is made when linking and stays in flash. */
  readonly slots: number;
  readonly keys: number;
  readonly resources: number;
  /** Bytes of the partition for the program; undefined where there is none. */
  readonly partition: number | undefined;
}

/** A slot on a 32-bit machine. */
export const SLOT = 16;

export function readImage({ folder }: Built): Image {
  const linked = readFileSync(join(folder, "mc.xs.c"), "utf8");
  const scripts = new Map(
    [...linked.matchAll(/^\t\{ [^{}]*, (\d+), NULL, 0, "([^"]+)", \{ XS_MAJOR/gm)].map(([, size, name]) => [
      name as string,
      Number(size),
    ]),
  );
  // Bytecode that stays beside the heap is a module's that is evaluated at run time.
  const modules = sourcesOf(folder).map(({ name, source, script, compiled }) => ({
    name,
    source,
    script,
    file: statSync(compiled).size,
    code: codeSize(compiled),
    preloaded: scripts.get(name) === 0,
    linked: scripts.has(name),
  }));
  return {
    modules: modules.filter(({ linked }) => linked),
    slots: count(linked, "mxHeapCount"),
    keys: count(linked, "mxKeysCount"),
    resources: sizeOf(join(folder, "mc.resources.c")) > 0 ? resourceBytes(folder) : 0,
    partition: partitionOf(folder),
  };
}

/** Modules that are imported and not in the image: on the device each is an abort at the start. */
export function missingModules({ folder }: Built): string[] {
  const linked = readFileSync(join(folder, "mc.xs.c"), "utf8");
  const names = new Set([...linked.matchAll(/^\t\{ .*, "([^"]+)", \{ XS_MAJOR/gm)].map(([, name]) => name as string));
  const found: string[] = [];
  for (const { name, script } of sourcesOf(folder)) {
    if (!names.has(name)) continue;
    for (const { specifier, typeOnly } of importsOf(readFileSync(script, "utf8"))) {
      if (typeOnly || names.has(resolve(specifier, name))) continue;
      found.push(`${name} imports "${specifier}", which is not in the image: put it into a manifest`);
    }
  }
  return found;
}

/** As XS resolves a specifier (fxFindModule): relative to the importing module's name, without its extension. */
export function resolve(specifier: string, importer: string): string {
  const name = specifier.replace(/\.m?js$/, "");
  if (!name.startsWith(".")) return name;
  const folders = importer.split("/").slice(0, -1);
  for (const part of name.split("/")) {
    if (part === "..") folders.pop();
    else if (part !== ".") folders.push(part);
  }
  return folders.join("/");
}

interface Source {
  readonly name: string;
  /** What a person wrote. */
  readonly source: string;
  /** What xsc reads. */
  readonly script: string;
  readonly compiled: string;
}

/** From the makefile's calls of xsc. */
function sourcesOf(folder: string): Source[] {
  const makefile = readFileSync(join(folder, "makefile"), "utf8");
  const found: Source[] = [];
  const pattern = /^\$\(MODULES_DIR\)\/(\S+)\.xsb:.*\n(?:\t(?!xsc ).*\n)*\txsc (\S+)/gm;
  for (const [, target, input] of makefile.matchAll(pattern)) {
    const module = (target as string).replaceAll("\\", "");
    const name = module.replace(/^~\.([^/]+)\//, "$1:");
    const script = (input as string)
      .replaceAll("\\", "")
      .replace("$(TMP_DIR)", folder)
      .replace("$(MODULES_DIR)", join(folder, "modules"));
    const compiled = join(folder, "modules", `${module}.xsb`);
    // What tsc has made lies below a folder of the module's name, with its whole path.
    const emitted = join(folder, "tsc", module);
    const source = script.startsWith(`${emitted}/`) ? script.slice(emitted.length) : script;
    if (existsSync(compiled)) found.push({ name, source, script, compiled });
  }
  return found;
}

/** The CODE atom of a compiled module: after a header of 8 bytes come atoms of length, name, data. */
function codeSize(path: string): number {
  const bytes = readFileSync(path);
  for (let at = 8; at + 8 <= bytes.length; at += bytes.readUInt32BE(at)) {
    if (bytes.toString("latin1", at + 4, at + 8) === "CODE") return bytes.readUInt32BE(at) - 8;
  }
  throw new Error(`${path} has no CODE`);
}

function count(source: string, name: string): number {
  const value = new RegExp(`#define ${name} (\\d+)`).exec(source)?.[1];
  if (value === undefined) throw new Error(`mc.xs.c defines no ${name}`);
  return Number(value);
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

function resourceBytes(folder: string): number {
  const resources = join(folder, "resources");
  if (!existsSync(resources)) return 0;
  return readdirSync(resources, { recursive: true, encoding: "utf8" })
    .map((file) => statSync(join(resources, file)))
    .reduce((sum, status) => sum + (status.isFile() ? status.size : 0), 0);
}

/** The partition that the program goes to, in the table that the SDK would flash. */
function partitionOf(folder: string): number | undefined {
  const project = readdirSync(folder).find((name) => name.startsWith("xsProj-"));
  if (project === undefined) return undefined;
  const table = readFileSync(join(folder, project, "partitions.csv"), "utf8");
  const size = /^\s*factory\s*,\s*app\s*,[^,]*,[^,]*,\s*(\w+)/m.exec(table)?.[1];
  if (size === undefined) throw new Error(`${project}/partitions.csv has no factory partition`);
  return /k$/i.test(size)
    ? Number.parseInt(size, 10) * 1024
    : /m$/i.test(size)
      ? Number.parseInt(size, 10) * 1024 ** 2
      : Number(size);
}
