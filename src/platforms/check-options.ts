/**
 * Options as JavaScript gives them: their names and types, checked where no compiler has. A name that nobody knows is answered
 * with the one that is nearest. For computers and browsers only; a device leaves this to its compiler.
 */
import type { ClientOptions, ClientPlatform, OptionsOf, PublishOptions, SubscribeOptions, Will } from "../mqtt/api.js";
import { MqttError } from "../mqtt/errors.js";
import { quoted } from "./quoted.js";

/** What a value must be: a type, one of some words, or text or bytes. */
type Shape = "string" | "number" | "boolean" | "function" | "object" | "text or bytes" | readonly (string | number)[];

type Shapes<Options> = { readonly [Name in keyof Required<Options>]: Shape };

const qualities: readonly number[] = Object.freeze([0, 1, 2]);

const client: Shapes<ClientOptions> = Object.freeze({
  platform: "object",
  host: "string",
  port: "number",
  id: "string",
  user: "string",
  password: "text or bytes",
  will: "object",
  keepAlive: "number",
  clean: "boolean",
  store: "object",
  durability: Object.freeze(["always", "offline", "never"]),
  foreignSession: Object.freeze(["discard", "random"]),
  malformedSession: Object.freeze(["discard", "keep"]),
  responseTimeout: "number",
  backoff: "object",
  stableTime: "number",
  pipelining: "boolean",
  window: "number",
  maximumQueued: "number",
  maximumReceived: "number",
  receiveBuffer: "number",
  transmitBuffer: "number",
  onConnected: "function",
  onDisconnected: "function",
  onPublished: "function",
  onSubscribed: "function",
  onUnsubscribed: "function",
  onReadable: "function",
  onAborted: "function",
  onWritable: "function",
  onError: "function",
});

const will: Shapes<Will> = Object.freeze({
  topic: "string",
  message: "text or bytes",
  QoS: qualities,
  retain: "boolean",
});
const backoff: Shapes<NonNullable<ClientOptions["backoff"]>> = Object.freeze({ minimum: "number", maximum: "number" });
const publish: Shapes<PublishOptions> = Object.freeze({ QoS: qualities, retain: "boolean", keepFree: "number" });
const subscribe: Shapes<SubscribeOptions> = Object.freeze({ QoS: qualities });

const shapes: { readonly [Call in OptionsOf]: { readonly [name: string]: Shape } } = Object.freeze({
  client,
  publish,
  subscribe,
});

/** Options that have options of their own. */
const nested: { readonly [name: string]: { readonly [name: string]: Shape } } = Object.freeze({ will, backoff });

/** For {@link ClientPlatform.checkOptions}. @throws MqttError of kind `misuse` that names the option and what it must be */
export const checkOptions: NonNullable<ClientPlatform["checkOptions"]> = (call, options) => {
  check(options, shapes[call], "", `the options of ${call}`);
};

function check(options: unknown, known: { readonly [name: string]: Shape }, prefix: string, what: string): void {
  if (typeof options !== "object" || options === null) throw wrong(`${what} must be an object, not ${quoted(options)}`);
  for (const [name, value] of Object.entries(options)) {
    const shape = Object.hasOwn(known, name) ? known[name] : undefined;
    if (shape === undefined) throw unknown(prefix + name, nearest(name, Object.keys(known)), prefix);
    if (value === undefined) continue;
    if (!fits(value, shape)) throw wrong(`option ${prefix}${name} must be ${inWords(shape)}, not ${quoted(value)}`);
    const inner = prefix === "" ? nested[name] : undefined;
    if (inner !== undefined) check(value, inner, `${name}.`, `option ${name}`);
  }
}

function fits(value: unknown, shape: Shape): boolean {
  if (shape === "text or bytes")
    return typeof value === "string" || value instanceof Uint8Array || value instanceof ArrayBuffer;
  if (typeof shape !== "string") return shape.includes(value as string | number);
  return typeof value === shape && value !== null;
}

function inWords(shape: Shape): string {
  if (typeof shape !== "string") {
    const words = shape.map((word) => quoted(word));
    return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  }
  return (
    { string: "text", function: "a function", object: "an object", boolean: "true or false" }[shape as "string"] ??
    (shape === "number" ? "a number" : shape)
  );
}

function unknown(name: string, near: string | undefined, prefix: string): MqttError {
  return wrong(`there is no option ${quoted(name)}${near === undefined ? "" : `: ${prefix}${near}?`}`);
}

function wrong(message: string): MqttError {
  return new MqttError("misuse", "option", message);
}

/** The name that was meant, probably: the same but for capitals, or no more than a third of its letters away. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let found: string | undefined;
  let least = Math.floor(name.length / 3) + 1;
  for (const candidate of known) {
    const distance = edits(name.toLowerCase(), candidate.toLowerCase());
    if (distance >= least) continue;
    least = distance;
    found = candidate;
  }
  return found;
}

/** Letters to be put in, taken out or changed, to get from one word to the other. */
function edits(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = (row[j - 1] as number) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[other.length] as number;
}
