/** Programs on the XS host, in a test. */
import type { Memory } from "../../boards/board.js";
import { board } from "../../boards/esp32c3_devkitm/board.js";
import { buildHost } from "../../host-sim/xs/engine/build.js";
import { collectModules } from "../../host-sim/xs/engine/modules.js";
import { root } from "../../host-sim/xs/engine/paths.js";
import {
  type Ended,
  type MemoryFigures,
  Program,
  type ProgramOptions,
  type Value,
} from "../../host-sim/xs/engine/program.js";
import { broken, readSources } from "../support/breaking.js";

/** An ESP32-C3's. */
export const C3 = board.memory;

/** Where what is tested is not how much it takes. */
export const PLENTY: Memory = { ...C3, static: 4_000_000, stack: 4096 };

export interface Ran extends Ended {
  readonly traced: string;
  readonly told: readonly (readonly [name: string, ...values: Value[]])[];
  readonly memory: ReadonlyMap<string, MemoryFigures>;
}

export interface RunOptions extends Partial<Omit<ProgramOptions, "modules" | "host">> {
  /** From the repository's root, or text for a module of its own. */
  readonly entry: string;
  readonly patches?: ReadonlyMap<string, string>;
}

/** Runs a program to its end. */
export async function runOnXs({ entry, patches, ...options }: RunOptions): Promise<Ran> {
  const [host, modules] = await Promise.all([buildHost(), collectModules({ entry, ...(patches && { patches }) })]);
  const told: [string, ...Value[]][] = [];
  const memory = new Map<string, MemoryFigures>();
  let traced = "";
  const program = new Program({
    memory: C3,
    ...options,
    host,
    modules,
    onTell: (name, values) => void told.push([name, ...values]),
    onMemory: (label, figures) => void memory.set(label, figures),
    onTrace: (text) => {
      traced += text;
    },
  });
  return { ...(await program.ended), traced, told, memory };
}

/** Runs a program whose one module, besides the firmware's, is this text. */
export function runText(text: string, options: Omit<RunOptions, "entry"> = {}): Promise<Ran> {
  const entry = "host-sim/xs/programs/text.ts";
  return runOnXs({ ...options, entry, patches: new Map([...(options.patches ?? []), [entry, text]]) });
}

const sources = readSources(root);

/** A source with one place in it replaced. @throws Error as {@link broken} */
export function patched(search: string, replace: string): [string, string] {
  const [patch] = broken(sources, [{ search, replace }], "the patch");
  return patch as [string, string];
}
