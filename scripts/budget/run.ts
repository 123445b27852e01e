/** Runs a program on XS in virtual time, with a broker of the tests at the other end of its one connection. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Memory } from "../../boards/board.js";
import { MemoryStore } from "../../host-sim/core/storage/memory-store.js";
import { buildHost } from "../../host-sim/xs/engine/build.js";
import { collectModules, type Module } from "../../host-sim/xs/engine/modules.js";
import { root } from "../../host-sim/xs/engine/paths.js";
import {
  type Answer,
  type Ended,
  type MemoryFigures,
  Program,
  type ProgramOptions,
  type Value,
} from "../../host-sim/xs/engine/program.js";
import type { Line } from "./line.js";

/**
 * Figures are of 64-bit builds, for every machine can run those: as many slots and as much of the stack as on a device, and
 * chunks with larger heads.
 */
export const BITS = 64;

/** Texts of sources in the place of what they hold, by their paths. */
export type Patches = ReadonlyMap<string, string>;

/** @param entry from the repository's root, as is @param application of the node; default: the firmware's own */
export function modulesOf(entry: string, patches: Patches = new Map(), application?: string): Promise<Module[]> {
  const tcp = readFileSync(join(root, "host-sim/xs/sdk/told-tcp.ts"), "utf8");
  return collectModules({
    entry,
    application: application && join(root, application),
    patches: new Map([...patches, ["host-sim/xs/sdk/tcp.ts", tcp]]),
  });
}

/** A device's flash: both stores of the node. */
export type Flash = Readonly<Record<string, MemoryStore>>;

export function emptyFlash(): Flash {
  return { session: new MemoryStore(), settings: new MemoryStore() };
}

/** What the other end does over time: gives milliseconds to wait, and goes on after them. */
export type Script = (program: Program) => Generator<number, void, void>;

export interface RunOptions extends Partial<Pick<ProgramOptions, "prefix">> {
  readonly modules: readonly Module[];
  readonly memory: Memory;
  readonly line: Line;
  readonly flash?: Flash;
  readonly script?: Script;
  /** Bytes that a socket takes at once. */
  readonly window: number;
  onAsk?(name: string, values: readonly Value[]): Answer;
  onTell?(name: string, values: readonly Value[]): void;
}

export interface Ran extends Ended {
  readonly memory: ReadonlyMap<string, MemoryFigures>;
  readonly bytecode: Readonly<Record<string, number>>;
}

/** Milliseconds between two looks for bytes, where nothing is known to come sooner. */
const LOOK = 60_000;

/** The script's place in virtual time. */
class Play {
  private readonly acts: Generator<number, void, void>;
  private due = 0;
  private over = false;

  constructor(acts: Generator<number, void, void>) {
    this.acts = acts;
  }

  /** @returns milliseconds until there is something to do */
  at(now: number): number {
    while (!this.over && this.due <= now) {
      const { done, value } = this.acts.next();
      if (done) this.over = true;
      else this.due = now + value;
    }
    return this.over ? LOOK : this.due - now;
  }
}

export async function runScripted(options: RunOptions): Promise<Ran> {
  const host = await buildHost({ bits: BITS });
  const { modules, memory, line, flash = emptyFlash(), window, prefix = [] } = options;
  const figures = new Map<string, MemoryFigures>();
  let bytecode: Readonly<Record<string, number>> = {};
  const program: Program = new Program({
    host,
    modules,
    memory,
    prefix,
    virtual: true,
    onMemory: (label, found) => void figures.set(label, found),
    onBytecode: (sizes) => {
      bytecode = sizes;
    },
    onTell: (name, values) => {
      if (name === "closed") line.close();
      options.onTell?.(name, values);
    },
    onAsk(name, values) {
      const [first = 0, second = "", third] = values;
      const { [String(first)]: store } = flash;
      if (store !== undefined) return stored(store, name, String(second), third);
      if (name === "open") return line.connect() ? window : 0;
      if (name === "sent") {
        line.send(second as Buffer);
        return window;
      }
      const wait = name === "turn" || name === "came" ? play.at(Number(first)) : 0;
      if (name === "came") return line.take() ?? (line.open ? Math.max(wait, 1) : undefined);
      return options.onAsk?.(name, values);
    },
  });
  const play = new Play((options.script ?? noScript)(program));
  const ended = await program.ended;
  return { ...ended, memory: figures, bytecode };
}

function* noScript(): Generator<number, void, void> {}

function stored(store: MemoryStore, name: string, key: string, value: Value | undefined): Answer {
  if (name === "read") return store.read(key);
  if (name === "write") store.write(key, value as Uint8Array);
  else if (name === "delete") store.delete(key);
  else if (name === "keys") return store.keys().join(" ");
  return undefined;
}
