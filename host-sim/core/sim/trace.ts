/**
 * The event stream of a simulation: one line an event when somebody listens, a hash of all of them always.
 *
 * Version 1. A line is a JSON object with `t` (virtual ms since the start), `node` (its number, from 0; absent for what
 * concerns all), `event` (a name of {@link kinds}) and that event's fields as listed there. The first line of a file is
 * `{"trace":1,"story":…}`, the last one `{"event":"end","hash":…}`. Events and fields are only ever added within a version.
 */

export const TRACE_VERSION = 1;

/** Where a replay shows an event. */
export type Column = "node" | "link" | "broker" | "storage" | "all";

interface Kind {
  readonly name: string;
  readonly column: Column;
  /** What the two numbers and the text of an event are called. */
  readonly a?: string;
  readonly b?: string;
  readonly text?: string;
}

/** Every event there is. */
export const kinds = Object.freeze({
  /** The machine starts. */
  start: { name: "start", column: "node", text: "reason" },
  /** The machine has lost power. */
  cut: { name: "cut", column: "node", text: "where" },
  /** The program restarts the machine. */
  restart: { name: "restart", column: "node" },
  /** The client has taken a message. */
  accepted: { name: "accepted", column: "node", a: "token", b: "QoS", text: "topic" },
  /** An accepted message is done with. */
  published: { name: "published", column: "node", a: "token", text: "outcome" },
  /** A message never sent has another payload from now on. */
  revised: { name: "revised", column: "node", a: "token", text: "topic" },
  /** A message never sent is given up. */
  dropped: { name: "dropped", column: "node", a: "token", text: "topic" },
  /** A message was handed to the application. */
  handed: { name: "handed", column: "node", a: "token", b: "QoS", text: "topic" },
  connected: { name: "connected", column: "node", a: "sessionPresent" },
  disconnected: { name: "disconnected", column: "node", a: "delay", text: "reason" },
  error: { name: "error", column: "node", text: "error" },
  wifi: { name: "wifi", column: "link", text: "state" },
  /** A connection was opened by the node. */
  open: { name: "open", column: "link", a: "connection" },
  /** A packet from the node, as the broker reads it. */
  up: { name: "up", column: "broker", a: "id", b: "bytes", text: "packet" },
  /** A packet that the broker sends. */
  down: { name: "down", column: "broker", a: "id", b: "bytes", text: "packet" },
  /** The broker has closed the connection or seen its end. */
  left: { name: "left", column: "broker", text: "reason" },
  /** The broker has lost the session. */
  forgotten: { name: "forgotten", column: "broker" },
  /** A change of the flash. */
  commit: { name: "commit", column: "storage", a: "number", b: "bytes", text: "key" },
  /** A change that failed or that power was lost in. */
  broken: { name: "broken", column: "storage", a: "number", b: "changed", text: "key" },
  /** A fault begins. */
  fault: { name: "fault", column: "all", a: "index", text: "fault" },
  /** A fault ends. */
  healed: { name: "healed", column: "all", a: "index", text: "fault" },
  violation: { name: "violation", column: "all", text: "invariant" },
} as const satisfies { readonly [name: string]: Kind });

export type KindName = keyof typeof kinds;

export interface TraceEvent {
  readonly t: number;
  readonly node: number;
  readonly kind: KindName;
  readonly a: number;
  readonly b: number;
  readonly text: string;
}

export type Listener = (event: TraceEvent) => void;

/** Nobody in particular: in place of a node's number. */
export const ALL = -1;

export class Trace {
  readonly #now: () => number;
  readonly #listener: Listener | undefined;
  #first = 0x243f6a88;
  #second = 0x85a308d3;
  #count = 0;

  constructor(now: () => number, listener?: Listener) {
    this.#now = now;
    this.#listener = listener;
  }

  /** Events so far. */
  get count(): number {
    return this.#count;
  }

  /** Of all events so far: 16 hexadecimal digits. */
  get hash(): string {
    return hex(this.#first) + hex(this.#second);
  }

  add(kind: KindName, node: number, a = 0, b = 0, text = ""): void {
    const t = this.#now();
    this.#count++;
    this.#mix(t | 0);
    this.#mix(node);
    this.#mixText(kind);
    this.#mix(a | 0);
    this.#mix(b | 0);
    this.#mixText(text);
    this.#listener?.({ t, node, kind, a, b, text });
  }

  #mix(value: number): void {
    const first = Math.imul(this.#first ^ value, 0xcc9e2d51);
    this.#first = ((first << 15) | (first >>> 17)) ^ this.#second;
    const second = Math.imul(this.#second ^ value, 0x1b873593);
    this.#second = (Math.imul((second << 13) | (second >>> 19), 5) + 0xe6546b64) | 0;
  }

  #mixText(text: string): void {
    let sum = text.length;
    for (let index = 0; index < text.length; index++) sum = (Math.imul(sum, 31) + text.charCodeAt(index)) | 0;
    this.#mix(sum);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}

/** An event as a line of a trace file has it. */
export function toJson({ t, node, kind, a, b, text }: TraceEvent): { readonly [field: string]: unknown } {
  const { name, ...fields }: Kind = kinds[kind];
  return {
    t,
    ...(node !== ALL && { node }),
    event: name,
    ...(fields.a !== undefined && { [fields.a]: a }),
    ...(fields.b !== undefined && { [fields.b]: b }),
    ...(fields.text !== undefined && { [fields.text]: text }),
  };
}
