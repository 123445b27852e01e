/** What must not be in a firmware although the SDK's tools let it pass. */
import { readFileSync } from "node:fs";
import { expressionsOf } from "../../test/support/expressions.js";
import type { Built } from "./build.js";
import { type Image, type Module, missingModules, SLOT } from "./image.js";
import { moduleState } from "./module-state.js";

/**
 * Bytes for all that is native in a firmware: XS, ESP-IDF, Wi-Fi, lwip. It cannot be measured without ESP-IDF; the SDK's
 * own programs for ESP32 take about 1 MB of it.
 */
export const NATIVE = 1_500_000;

/** One line each, that says where, what and what to do. */
export function problemsOf(built: Built, image: Image, program: string): string[] {
  const ours = image.modules.filter(({ source }) => source.startsWith(`${program}/`));
  return [
    ...linkerWarnings(built, ours),
    ...ours.flatMap(stateOf),
    ...image.modules.flatMap(expressionsIn),
    ...missingModules(built),
    ...tooLarge(image),
  ];
}

/** The linker warns of modules of the SDK too; those are not ours to change. */
function linkerWarnings({ log }: Built, modules: readonly Module[]): string[] {
  const ours = new Set(modules.map(({ name }) => name));
  const found: string[] = [];
  for (const [, name, what] of log.matchAll(/^### warning: (.+?): (.*)$/gm)) {
    if (!ours.has(name as string)) continue;
    const advice = (what as string).endsWith("no const")
      ? "state of a preloaded module, which is read-only: keep it in an instance"
      : "freeze it: preloaded, it would cost memory";
    found.push(`${name}: ${what}; ${advice}`);
  }
  return found;
}

function stateOf({ name, source, preloaded }: Module): string[] {
  if (!preloaded) return [];
  return moduleState(readFileSync(source.replace(/\.js$/, ".ts"), "utf8")).map(
    ({ line, what }) =>
      `${name}:${line}: ${what} at the level of a preloaded module is read-only: keep it in an instance`,
  );
}

/** In the SDK's modules too: who uses one of those has its fault. */
function expressionsIn({ name, script }: Module): string[] {
  return expressionsOf(readFileSync(script, "utf8")).map(
    ({ line, what }) =>
      `${name}:${line}: a regular expression (${what}): each use takes memory for good, see docs/upstream.md`,
  );
}

/** Bytes of flash for what XS links: bytecode, and the heap with its keys. */
export function xsBytes({ modules, slots, keys, resources }: Image): number {
  const code = modules.reduce((sum, module) => sum + module.code, 0);
  return code + slots * SLOT + keys * 4 + resources;
}

function tooLarge(image: Image): string[] {
  const { partition } = image;
  const bytes = xsBytes(image) + NATIVE;
  if (partition === undefined || bytes <= partition) return [];
  return [`the image takes about ${bytes} bytes and its partition has ${partition}`];
}
