/** Trace files: one JSON object a line, as trace.ts in the core describes them. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { TRACE_VERSION, type TraceEvent, toJson } from "../../core/sim/trace.js";
import { UsageError } from "../usage.js";

/** Bytes that are kept back to be written together. */
const CHUNK = 1 << 16;

export class TraceFile {
  readonly #file: number;
  #lines = "";

  /** @param story what to run to see the same @throws UsageError when the file cannot be written */
  constructor(path: string, story: unknown) {
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      throw new UsageError(`--trace ${path}: ${(error as Error).message}`);
    }
    this.#line({ trace: TRACE_VERSION, story });
  }

  add(event: TraceEvent): void {
    this.#line(toJson(event));
  }

  /** Writes the last line and closes it. */
  end(hash: string, events: number): void {
    this.#line({ event: "end", hash, events });
    this.#flush();
    closeSync(this.#file);
  }

  #line(fields: unknown): void {
    this.#lines += `${JSON.stringify(fields)}\n`;
    if (this.#lines.length > CHUNK) this.#flush();
  }

  #flush(): void {
    writeSync(this.#file, this.#lines);
    this.#lines = "";
  }
}

/** The first line of a trace file. @throws UsageError */
export function readTraceHeader(path: string): { readonly story: unknown } {
  let text = "";
  try {
    const file = openSync(path, "r");
    const buffer = Buffer.alloc(CHUNK);
    for (let count = readSync(file, buffer); count > 0 && !text.includes("\n"); count = readSync(file, buffer)) {
      text += buffer.toString("utf8", 0, count);
    }
    closeSync(file);
    const header = JSON.parse(text.slice(0, text.indexOf("\n"))) as { trace?: unknown; story?: unknown };
    if (header.trace !== TRACE_VERSION) throw new Error(`its first line has no "trace":${TRACE_VERSION}`);
    return { story: header.story };
  } catch (error) {
    throw new UsageError(`${path} is no trace file: ${(error as Error).message}`);
  }
}
