/** What happens to simulated nodes, event by event. */
import type { QoS } from "../../src/mqtt/api.js";

export interface MessageEvent {
  readonly type: "message";
  readonly topic: string;
  /** The payload as UTF-8. */
  readonly text: string;
  readonly QoS: QoS;
  readonly retain: boolean;
}

/** `node`: its place among the nodes, from 0. */
export type NodeEvent =
  | { readonly type: "connected" | "started" | "stopped"; readonly node: number }
  | { readonly type: "disconnected"; readonly node: number; readonly reason: string }
  | { readonly type: "dropped"; readonly node: number; readonly topic: string; readonly reason: string }
  | { readonly type: "error"; readonly node: number; readonly where: string; readonly message: string };

/** `at`: milliseconds since the start. */
export type SimulatedEvent = (MessageEvent | NodeEvent) & { readonly at: number };

/** Events that wait for a reader who is slow; then the oldest are left out. */
const MOST_WAITING = 100_000;

/** Hands events to whoever reads them, each reader all from when it began. */
export class Events {
  readonly #readers = new Set<Reader>();
  #ended = false;

  add(event: SimulatedEvent): void {
    for (const reader of this.#readers) reader.add(event);
  }

  end(): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.end();
  }

  /** All from now on, until the end or `signal`. */
  read(signal?: AbortSignal): AsyncIterableIterator<SimulatedEvent> {
    const reader = new Reader(() => this.#readers.delete(reader));
    this.#readers.add(reader);
    if (this.#ended || signal?.aborted) reader.end();
    signal?.addEventListener("abort", () => reader.end(), { once: true });
    return reader;
  }
}

class Reader implements AsyncIterableIterator<SimulatedEvent> {
  readonly #left: () => void;
  readonly #waiting: SimulatedEvent[] = [];
  #wanted: ((result: IteratorResult<SimulatedEvent>) => void)[] = [];
  #ended = false;

  constructor(left: () => void) {
    this.#left = left;
  }

  add(event: SimulatedEvent): void {
    const want = this.#wanted.shift();
    if (want !== undefined) want({ value: event, done: false });
    else {
      this.#waiting.push(event);
      if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    }
  }

  end(): void {
    this.#ended = true;
    this.#left();
    for (const want of this.#wanted.splice(0)) want({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<SimulatedEvent>> {
    const value = this.#waiting.shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((want) => this.#wanted.push(want));
  }

  return(): Promise<IteratorResult<SimulatedEvent>> {
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
