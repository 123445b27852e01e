/** Size facts for people. */
import type { Board } from "../../boards/board.js";
import { type Image, type Module, SLOT } from "./image.js";
import { xsBytes } from "./problems.js";

/** Bytecode of each of our modules, and of the rest in one line. */
export function moduleTable({ modules }: Image, program: string): string {
  const ours = modules.filter(({ source }) => source.startsWith(program));
  const rows = ours.map(({ name, file, code, preloaded }) => row(name, file, code, preloaded ? "" : "not preloaded"));
  const rooms = new Map<string, Module[]>();
  for (const module of ours) {
    const room = module.name.includes("/") && !module.name.includes(":") ? module.name.replace(/\/.*/, "/") : "others";
    rooms.set(room, [...(rooms.get(room) ?? []), module]);
  }
  const sums = [...rooms].map(([room, all]) => total(`all of ${room}`, all));
  const rest = total(
    "the SDK's",
    modules.filter((module) => !ours.includes(module)),
  );
  return [row("module", "file", "code", ""), ...rows, "", ...sums, rest].join("\n");
}

/** One line a board. */
export function boardLine(name: string, image: Image, board: Board | undefined): string {
  const { modules, slots, keys, partition } = image;
  const code = modules.reduce((sum, module) => sum + module.code, 0);
  const loose = modules.filter(({ preloaded }) => !preloaded);
  const memory = board === undefined ? "" : `; memory ${memoryOf(board)}`;
  const room = partition === undefined ? "" : ` of a partition of ${partition}`;
  return (
    `${name}: bytecode ${code}, preloaded heap ${slots} slots (${slots * SLOT} bytes), ${keys} keys: ` +
    `${xsBytes(image)} bytes${room}; not preloaded ${loose.map((module) => `${module.name} ${module.code}`).join(", ") || "nothing"}${memory}`
  );
}

function memoryOf({ memory }: Board): string {
  if (memory.static > 0) return `${memory.static} bytes in all, stack ${memory.stack} slots`;
  return `chunks ${memory.chunk.initial} bytes, heap ${memory.heap.initial} slots, stack ${memory.stack} slots`;
}

function total(name: string, modules: readonly Module[]): string {
  const file = modules.reduce((sum, module) => sum + module.file, 0);
  const code = modules.reduce((sum, module) => sum + module.code, 0);
  return row(name, file, code, "");
}

function row(name: string, file: number | string, code: number | string, remark: string): string {
  return `  ${name.padEnd(34)}${String(file).padStart(8)}${String(code).padStart(8)}  ${remark}`.trimEnd();
}
