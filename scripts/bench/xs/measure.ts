/** Runs a program on XS and gives what each of its works took: instructions by callgrind, or time. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Memory } from "../../../boards/board.js";
import { board } from "../../../boards/esp32c3_devkitm/board.js";
import { buildHost } from "../../../host-sim/xs/engine/build.js";
import type { Module } from "../../../host-sim/xs/engine/modules.js";
import { type Answer, type MemoryFigures, Program, type Value } from "../../../host-sim/xs/engine/program.js";

export interface Measured {
  /** By the work's name: packets or messages, and milliseconds for all of them. */
  readonly works: ReadonlyMap<string, { readonly count: number; readonly milliseconds: number }>;
  /** By the work's name, for all of them; empty unless counted. */
  readonly instructions: ReadonlyMap<string, number>;
  readonly memory: ReadonlyMap<string, MemoryFigures>;
}

export interface MeasureOptions {
  readonly modules: readonly Module[];
  readonly memory?: Memory;
  /** Whether instructions are counted, which takes fifty times as long. */
  readonly counts: boolean;
  onAsk(name: string): Answer;
  onTell?(name: string, values: readonly Value[]): void;
}

/** Where what is measured is not how much memory it takes. */
export const PLENTY: Memory = { ...board.memory, static: 4_000_000, stack: 4096 };

export function haveValgrind(): boolean {
  try {
    execFileSync("valgrind", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export async function measured(options: MeasureOptions): Promise<Measured> {
  const { modules, memory = board.memory, counts, onAsk } = options;
  const host = await buildHost({ variant: "release", bits: 64 });
  const folder = mkdtempSync(join(tmpdir(), "motewire-callgrind-"));
  try {
    const works = new Map<string, { count: number; milliseconds: number }>();
    const looks = new Map<string, MemoryFigures>();
    const labels: string[] = [];
    const errors: string[] = [];
    const program = new Program({
      host,
      modules,
      memory,
      prefix: counts ? callgrind(folder) : [],
      onAsk: (name) => onAsk(name),
      onMemory(label, figures) {
        labels.push(label);
        looks.set(label, figures);
      },
      onTell(name, values) {
        const [first, count, milliseconds] = values;
        if (name === "work") works.set(String(first), { count: Number(count), milliseconds: Number(milliseconds) });
        else if (name === "error") errors.push(values.join(" "));
        options.onTell?.(name, values);
      },
    });
    const { code, words } = await program.ended;
    if (code !== 0 || errors.length > 0)
      throw new Error(`a benchmark on XS ended with ${code}: ${words}\n${errors.join("\n")}`);
    return { works, memory: looks, instructions: counts ? instructionsOf(folder, labels) : new Map() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes what was counted before and after each look at memory, which is a function of the host. */
function callgrind(folder: string): string[] {
  return [
    "valgrind",
    "--quiet",
    "--tool=callgrind",
    "--dump-before=hostMeasure",
    "--dump-after=hostMeasure",
    `--callgrind-out-file=${join(folder, "out")}`,
  ];
}

/** The looks `begin X` and `end X` follow each other: what was counted from the one's end to the other's beginning. */
function instructionsOf(folder: string, labels: readonly string[]): Map<string, number> {
  const counted = new Map<number, number>();
  for (const name of readdirSync(folder)) {
    const number = Number(/^out\.(\d+)$/.exec(name)?.[1]);
    const total = /^(?:totals|summary): (\d+)/m.exec(readFileSync(join(folder, name), "utf8"))?.[1];
    if (total !== undefined) counted.set(number, Number(total));
  }
  const found = new Map<string, number>();
  labels.forEach((label, index) => {
    if (label.startsWith("end ")) found.set(label.slice(4), counted.get(2 * index + 1) ?? Number.NaN);
  });
  return found;
}
