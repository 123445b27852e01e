/** What the firmware takes of a board: counts that are the same on every machine and at every run. */
import type { Board, Memory } from "../../boards/board.js";
import { modulesOf, type Patches } from "../../host-sim/cli/virtual/run.js";
import type { Module } from "../../host-sim/xs/engine/modules.js";
import type { MemoryFigures } from "../../host-sim/xs/engine/program.js";
import { applications, entries, type Told, tellClient, tellNode, tellNothing } from "./stories.js";

/** By name, `<group>.<what>`: the groups are those of {@link groups}. */
export type Figures = Readonly<Record<string, number>>;

/** What the figures of a group are, and how far one may be below its budget before the budget counts as stale. */
export const groups: Readonly<Record<string, { readonly title: string; readonly slack: number }>> = Object.freeze({
  bytecode: { title: "Bytecode, bytes", slack: 64 },
  slots: { title: "Slots in use, 16 bytes each", slack: 16 },
  chunks: { title: "Chunks in use, bytes (64-bit pointers: a little more than on a device)", slack: 256 },
  stack: { title: "Stack at most, slots", slack: 16 },
  smallest: { title: "The smallest memory in which the node's whole story passes", slack: 1024 },
});

/** Messages of the client's story until memory has settled, and at its end. */
export const SETTLED = 300;

/** What an unchanging program may differ by between two looks: slots and bytes of chunks. */
const NO_GROWTH = { slots: 16, chunks: 256 };

/** @throws Error when a program did not do what it is measured at */
function sound(name: string, told: Told): Told {
  if (told.wrong.length > 0) throw new Error(`${name} on XS went wrong:\n${told.wrong.slice(0, 5).join("\n")}`);
  return told;
}

/** Of each module of ours. */
export async function bytecodeOf(board: Board, patches?: Patches): Promise<Figures> {
  // All that the node links is there; nothing of it runs.
  const [linked, idle] = await Promise.all([modulesOf(entries.node, patches), modulesOf(entries.nothing, patches)]);
  const isMain = ({ name }: Module) => name === "main";
  const modules = [...linked.filter((module) => !isMain(module)), ...idle.filter(isMain)];
  const { bytecode } = sound("nothing", await tellNothing(board, modules));
  const ours = modules.filter(({ source }) => source.startsWith("src/")).map(({ name }) => name);
  return Object.fromEntries(ours.sort().map((name) => [`bytecode.${name}`, bytecode[name] ?? 0]));
}

const looks = {
  nothing: { exit: "an empty application" },
  client: {
    made: "client made",
    connected: "client connected",
    "in flight": "client, 4 in flight each way",
    early: "client after messages",
  },
  node: {
    started: "node started",
    connected: "node connected",
    "in flight": "node, messages in flight",
    backlog: "node, queue overflowed",
    resumed: "node restarted",
  },
};

function memoryOf(told: Told, labels: Readonly<Record<string, string>>): Figures {
  const found: Record<string, number> = {};
  for (const [label, name] of Object.entries(labels)) {
    const { slots, chunks } = told.memory.get(label) as MemoryFigures;
    found[`slots.${name}`] = slots;
    found[`chunks.${name}`] = chunks;
  }
  return found;
}

function stackOf(told: Told): number {
  return Math.max(...[...told.memory.values()].map(({ stackPeak }) => stackPeak));
}

export async function memoryFigures(board: Board, patches?: Patches): Promise<Figures> {
  const nothing = sound("nothing", await tellNothing(board, await modulesOf(entries.nothing, patches)));
  const client = sound(
    "the client",
    await tellClient(board, await modulesOf(entries.client, patches), { messages: SETTLED + 10, early: SETTLED }),
  );
  const node = sound("the node", await tellNode(board, await modulesOf(entries.node, patches)));
  const applied: Record<string, number> = {};
  for (const [name, file] of Object.entries(applications)) {
    const told = sound(file, await tellNode(board, await modulesOf(entries.node, patches, file)));
    Object.assign(applied, memoryOf(told, { connected: `node connected, examples/${name}` }));
    applied[`stack.node, examples/${name}`] = stackOf(told);
  }
  return {
    ...memoryOf(nothing, looks.nothing),
    ...memoryOf(client, looks.client),
    ...memoryOf(node, looks.node),
    "stack.client": stackOf(client),
    "stack.node": stackOf(node),
    ...applied,
  };
}

/** @returns how much more the client has in use after so many messages than after a few, in words; undefined when nothing */
export async function growthOver(board: Board, messages: number, patches?: Patches): Promise<string | undefined> {
  const told = sound(
    "the client",
    await tellClient(board, await modulesOf(entries.client, patches), { messages, early: SETTLED }),
  );
  const [early, late] = ["early", "late"].map((label) => told.memory.get(label) as MemoryFigures) as [
    MemoryFigures,
    MemoryFigures,
  ];
  const slots = late.slots - early.slots;
  const chunks = late.chunks - early.chunks;
  if (slots <= NO_GROWTH.slots && chunks <= NO_GROWTH.chunks) return undefined;
  return `after ${messages} messages there are ${slots} slots and ${chunks} bytes of chunks more in use than after ${SETTLED}`;
}

/** A part of a board's memory that could be smaller. */
interface Part {
  readonly name: string;
  readonly step: number;
  of(memory: Memory): number;
  with(memory: Memory, size: number): Memory;
}

/** Bytes and slots that a machine can begin with and grow from. */
const SMALL = { chunk: 1536, heap: 512 };

const parts: readonly (Part & { isOf(memory: Memory): boolean })[] = [
  {
    name: "smallest.static, bytes",
    step: 256,
    isOf: ({ static: size }) => size > 0,
    of: ({ static: size }) => size,
    // What the machine begins with is for its speed. How little suffices is seen where it begins small and grows.
    with: (memory, size) => ({
      ...memory,
      static: size,
      chunk: { ...memory.chunk, initial: Math.min(memory.chunk.initial, SMALL.chunk) },
      heap: { ...memory.heap, initial: Math.min(memory.heap.initial, SMALL.heap) },
    }),
  },
  {
    name: "smallest.chunk, bytes",
    step: 256,
    isOf: ({ static: size }) => size === 0,
    of: ({ chunk }) => chunk.initial,
    with: (memory, size) => ({ ...memory, chunk: { ...memory.chunk, initial: size } }),
  },
  {
    name: "smallest.heap, slots",
    step: 16,
    isOf: ({ static: size }) => size === 0,
    of: ({ heap }) => heap.initial,
    with: (memory, size) => ({ ...memory, heap: { ...memory.heap, initial: size } }),
  },
];

/** Whether the node's whole story passes in what `size` leaves of that part. */
async function passes(board: Board, part: Part, size: number, patches?: Patches): Promise<boolean> {
  const { wrong } = await tellNode(board, await modulesOf(entries.node, patches), part.with(board.memory, size));
  return wrong.length === 0;
}

/** The smallest sizes, by halving what is not known. */
export async function smallestOf(board: Board): Promise<Figures> {
  const found: Record<string, number> = {};
  for (const part of parts.filter(({ isOf }) => isOf(board.memory))) {
    let good = Math.ceil(part.of(board.memory) / part.step);
    let bad = 0;
    while (good - bad > 1) {
      const middle = (good + bad) >> 1;
      if (await passes(board, part, middle * part.step)) good = middle;
      else bad = middle;
    }
    found[part.name] = good * part.step;
  }
  return found;
}

/**
 * The smallest sizes, where they are about what they were: each budget that still suffices, and does not when its slack is
 * taken off, is itself what is found. What does not is looked for.
 */
export async function smallestNear(board: Board, budget: Figures): Promise<Figures> {
  const slack = (part: Part) => (groups.smallest?.slack ?? 0) * (part.step / 256);
  for (const part of parts.filter(({ isOf }) => isOf(board.memory))) {
    const size = budget[part.name];
    if (
      size === undefined ||
      !(await passes(board, part, size)) ||
      (await passes(board, part, size - slack(part) - part.step))
    ) {
      return smallestOf(board);
    }
  }
  return Object.fromEntries(Object.entries(budget).filter(([name]) => name.startsWith("smallest.")));
}
