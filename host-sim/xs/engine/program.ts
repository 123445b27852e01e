/** Runs a program on XS, in a board's memory, as a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Memory } from "../../../boards/board.js";
import type { Host } from "./build.js";
import type { Module } from "./modules.js";
import { cacheFolder, root } from "./paths.js";

/** What is in use, after garbage was collected, and what was at most. Slots have 16 bytes on a device. */
export interface MemoryFigures {
  readonly slots: number;
  readonly slotsPeak: number;
  /** Bytes. */
  readonly chunks: number;
  readonly chunksPeak: number;
  /** Slots of the stack in use at most. */
  readonly stackPeak: number;
  readonly stack: number;
  /** Bytes, of slots with 16 bytes: all that the machine has, and what of it was ever taken. */
  readonly block: number;
  readonly blockPeak: number;
  /** Bytes of tables of names, which a device keeps outside of the block. */
  readonly tables: number;
  /** Bytes of a slot: 16, or 32 where the host was built with 64-bit pointers. */
  readonly slotSize: number;
}

/** What a program tells and asks of us: JSON values, bytes as {@link Bytes}. */
export type Value = string | number | boolean | null | Uint8Array;
export type Answer = string | number | Uint8Array | undefined;

export interface ProgramOptions {
  readonly host: Host;
  readonly modules: readonly Module[];
  readonly memory: Memory;
  /** Bytes that a socket takes before the kernel has them. */
  readonly window?: number;
  /**
   * Time passes only from timer to timer, and there are no sockets: the program does the same whenever it runs. While it
   * listens it asks `turn` before time passes; what was sent by the answer is heard.
   */
  readonly virtual?: boolean;
  /** `host.tell(name, …values)` */
  onTell?(name: string, values: readonly Value[]): void;
  /** `host.ask(name, …values)`; what is thrown is thrown on XS, as an Error with that message. */
  onAsk?(name: string, values: readonly Value[]): Answer;
  /** Memory in use: `boot` before the first line runs, `exit` after the last, and what `host.measure` is called with. */
  onMemory?(label: string, figures: MemoryFigures): void;
  /** Bytes of bytecode for each module, without what tells of lines. */
  onBytecode?(sizes: Readonly<Record<string, number>>): void;
  /** Text that was traced. */
  onTrace?(text: string): void;
  /** Put in front of the command, such as valgrind. */
  readonly prefix?: readonly string[];
}

export interface Ended {
  /** 0, what `host.exit` was given, or not 0 and then `words` say what it was. */
  readonly code: number;
  readonly words: string;
}

export class Program {
  /** How it ended; never rejects. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #parent: Duplex;

  constructor(options: ProgramOptions) {
    const folder = writePlan(options.modules);
    const { host, memory, window = 5744, virtual = false, prefix = [] } = options;
    const command = [
      ...prefix,
      host.command,
      ...host.before,
      join(folder, "plan"),
      ...flagsOf(memory, window),
      ...(virtual ? ["--time", "virtual"] : []),
      "--parent",
      "3",
    ];
    // In the repository, so that messages name files as a person does who is there.
    this.#child = spawn(command[0] as string, command.slice(1), {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    this.#parent = this.#child.stdio[3] as Duplex;
    this.#parent.on("error", () => {});
    readLines(this.#parent, (line) => this.#line(line, options));
    const errors: string[] = [];
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => options.onTrace?.(text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => errors.push(text));
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve({ code: 1, words: error.message }));
      this.#child.once("close", (code, signal) => {
        rmSync(folder, { recursive: true, force: true });
        const words = errors.join("").trim();
        resolve({ code: code ?? 1, words: signal === null ? words : `${words}\nended by ${signal}`.trim() });
      });
    });
  }

  /** Tells the program's listener (`host.listen`). @param text without line ends */
  send(name: string, text = ""): void {
    if (this.#parent.writable) this.#parent.write(`! ${name} ${text}\n`);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #line(line: string, options: ProgramOptions): void {
    const [, kind, name = "", json = "[]"] = /^(\w+) (\S+) (.*)$/s.exec(line) ?? [];
    const values = JSON.parse(json, (_key, value) => (isHex(value) ? Buffer.from(value.hex, "hex") : value));
    if (kind === "ask") this.#parent.write(`= ${answerTo(() => options.onAsk?.(name, values))}\n`);
    else if (name === "memory") options.onMemory?.(values[0], values[1]);
    else if (name === "bytecode") options.onBytecode?.(values[0]);
    else if (name !== "died") options.onTell?.(name, values);
  }
}

function isHex(value: unknown): value is { hex: string } {
  return typeof value === "object" && value !== null && typeof (value as { hex?: unknown }).hex === "string";
}

function answerTo(ask: () => Answer): string {
  try {
    const answer = ask();
    if (answer === undefined) return "u";
    if (typeof answer === "number") return `n ${answer}`;
    if (typeof answer === "string") return `s ${answer.replaceAll("\n", " ")}`;
    return `b ${Buffer.from(answer).toString("hex")}`;
  } catch (error) {
    return `e ${(error as Error).message.replaceAll("\n", " ")}`;
  }
}

function readLines(stream: Duplex, each: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) each(line);
  });
}

function writePlan(modules: readonly Module[]): string {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, "program-"));
  const lines = modules.map(({ name, code, map }, index) => {
    const file = join(folder, `${index}.js`);
    writeFileSync(file, `${code}//# sourceMappingURL=${index}.js.map\n`);
    writeFileSync(`${file}.map`, map);
    return `module ${name} ${file}`;
  });
  const preloads = modules.filter(({ preload }) => preload).map(({ name }) => `preload ${name}`);
  writeFileSync(join(folder, "plan"), `${[...lines, ...preloads].join("\n")}\nmain main\n`);
  return folder;
}

function flagsOf({ static: size, chunk, heap, stack }: Memory, window: number): string[] {
  return [
    ...["--static", `${size}`, "--chunk", `${chunk.initial},${chunk.incremental}`],
    ...["--heap", `${heap.initial},${heap.incremental}`, "--stack", `${stack}`, "--window", `${window}`],
  ];
}

/** Bytes that a device has in use: its slots have 16 bytes. */
export function bytesInUse({ slots, chunks, stack }: MemoryFigures): number {
  return (slots + stack) * 16 + chunks;
}

/** Bytes of memory that a board gives to XS. */
export function memorySize({ static: size, chunk, heap, stack }: Memory): number {
  return size > 0 ? size : chunk.initial + (heap.initial + stack) * 16;
}
