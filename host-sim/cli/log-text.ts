/** How the log puts things: numbers with their units, messages by their topic, packets in a line. */
import type { Packet } from "mqtt-packet";
import { visible } from "../../src/platforms/quoted.js";

/** Time since the start: `0:03.214`. */
export function clockTime(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const minutes = Math.floor(whole / 60_000);
  const seconds = ((whole % 60_000) / 1000).toFixed(3).padStart(6, "0");
  return `${minutes}:${seconds}`;
}

/** `0.4 ms`, `12 ms`, `5.2 s`, `3 min`. */
export function span(milliseconds: number): string {
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 99_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
}

/** What a message is about, by its topic `motewire/<node>/<kind>/<name>`. */
export function subjectOf(topic: string): { kind: string; name: string } {
  const [, , kind = "", name = kind] = topic.split("/");
  return { kind, name };
}

const NAMED: readonly string[] = Object.freeze(["reading", "input", "output", "alert", "topic"]);

/** What a line of the log begins with. */
export function subjectShown(kind: string, name: string): string {
  return NAMED.includes(kind) ? name : kind;
}

const quantities: Readonly<Record<string, (value: number) => string>> = Object.freeze({
  temperature: (value) => `${value.toFixed(2)} °C`,
  humidity: (value) => `${value.toFixed(1)} %`,
  pressure: (value) => `${(value / 100).toFixed(2)} hPa`,
  voltage: (value) => `${value.toFixed(2)} V`,
});

/** Says in words what a message of the node holds; one of a form that is not known, as it is. */
export function messageText(kind: string, payload: string): string {
  const fields = fieldsOf(payload);
  const words = fields && (wording[kind]?.(fields) || undefined);
  return visible(words ?? payload);
}

/** Whether a result says that the command was refused. */
export function isRefusal(kind: string, payload: string): boolean {
  return kind === "result" && fieldsOf(payload)?.ok === false;
}

type Fields = { readonly [name: string]: unknown };

const wording: Readonly<Record<string, (fields: Fields) => string>> = Object.freeze({
  reading({ time: _t, boot: _b, uptime: _u, seq: _s, ...measured }) {
    return Object.entries(measured)
      .map(([name, value]) => (typeof value === "number" ? quantities[name]?.(value) : undefined) ?? `${name} ${value}`)
      .join("   ");
  },
  status({ status, reason, firmware, restartReason }) {
    const why = reason ?? (restartReason === undefined ? firmware : `${firmware}, started by ${restartReason}`);
    return why === undefined ? String(status) : `${status}   ${why}`;
  },
  input: stateText,
  output: stateText,
  alert: (fields) => `alert ${stateText(fields)}`,
  description({ application, board, firmware }) {
    return [application, `on ${board}`, firmware].filter((part) => part !== undefined).join("   ");
  },
  diagnostics({ uptime, rssi, freeMemory, reconnects }) {
    const parts = [`up ${span(Number(uptime))}`];
    if (rssi !== undefined) parts.push(`${rssi} dBm`);
    if (freeMemory !== undefined) parts.push(`${freeMemory} bytes free`);
    parts.push(reconnects === 1 ? "1 reconnect" : `${reconnects} reconnects`);
    return parts.join("   ");
  },
  result({ ok, error, id, ...said }) {
    const rest = Object.entries(said).map(([name, value]) => `${name} ${shown(value)}`);
    const number = id === undefined ? [] : [`#${id}`];
    return [...number, ok === false ? `refused: ${error}` : "done", ...rest].join("   ");
  },
});

function stateText({ state, value }: Fields): string {
  return value === undefined ? String(state) : `${state}   at ${value}`;
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function fieldsOf(payload: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

const LONG: readonly string[] = Object.freeze(["will", "payload"]);

/** A packet as words: its name, what identifies it, and its fields. */
export function packetText({ cmd, messageId, ...rest }: Packet): string {
  const parts = [cmd.toUpperCase().padEnd(11)];
  if (messageId !== undefined) parts.push(`id ${messageId}`);
  // What is long comes last.
  const fields = Object.entries(rest).sort(([a], [b]) => Number(LONG.includes(a)) - Number(LONG.includes(b)));
  for (const [name, value] of fields) {
    if (value === false || value === "" || ["protocolId", "protocolVersion", "bridgeMode"].includes(name)) continue;
    parts.push(value === true ? name : `${name} ${shown(value)}`);
  }
  return visible(parts.join("  "));
}
