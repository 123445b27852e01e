/** Runs a program on XS in virtual time, with a broker in this process at the other end of its one connection. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Memory } from "../../../boards/board.js";
import { MemoryStore } from "../../core/storage/memory-store.js";
import { VirtualClock } from "../../core/world/clock.js";
import { buildHost } from "../../xs/engine/build.js";
import { collectModules, type Module } from "../../xs/engine/modules.js";
import { root } from "../../xs/engine/paths.js";
import {
  type Answer,
  type Ended,
  type MemoryFigures,
  Program,
  type ProgramOptions,
  type Value,
} from "../../xs/engine/program.js";
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
    application: application && resolve(root, application),
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

function play(acts: Generator<number, void, void>, clock: VirtualClock): void {
  const { done, value } = acts.next();
  if (!done) clock.setTimer(() => play(acts, clock), value);
}

export interface RunOptions extends Partial<Pick<ProgramOptions, "prefix">> {
  readonly modules: readonly Module[];
  readonly memory: Memory;
  readonly line: Line;
  readonly flash?: Flash;
  readonly script?: Script;
  /** The time of all that is not the program. It is let pass as the program's does. */
  readonly clock?: VirtualClock;
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

export async function runScripted(options: RunOptions): Promise<Ran> {
  const host = await buildHost({ bits: BITS });
  const { modules, memory, line, flash = emptyFlash(), window, prefix = [], clock = new VirtualClock() } = options;
  /** @returns milliseconds until there is something to do */
  const passTo = (now: number) => {
    clock.advance(Math.max(0, now - clock.elapsed));
    return clock.nextAt === undefined ? LOOK : clock.nextAt - clock.elapsed;
  };
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
      const wait = name === "turn" || name === "came" ? passTo(Number(first)) : 0;
      if (name === "came") return line.take() ?? (line.open ? Math.max(wait, 1) : undefined);
      return options.onAsk?.(name, values);
    },
  });
  if (options.script !== undefined) play(options.script(program), clock);
  const ended = await program.ended;
  return { ...ended, memory: figures, bytecode };
}

function stored(store: MemoryStore, name: string, key: string, value: Value | undefined): Answer {
  if (name === "read") return store.read(key);
  if (name === "write") store.write(key, value as Uint8Array);
  else if (name === "delete") store.delete(key);
  else if (name === "keys") return store.keys().join(" ");
  return undefined;
}
