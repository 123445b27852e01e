/** Figures as a table. */
import { type Figures, groups } from "./figures.js";

/** Modules of a room and what they are together. */
const ROOMS = ["mqtt", "mote", "platforms"];

/** What a board's budget is, what was found, and the difference. */
export function tableOf(found: Figures, budget: Figures): string {
  const lines: string[] = [];
  for (const [group, { title }] of Object.entries(groups)) {
    const names = Object.keys(found).filter((name) => name.startsWith(`${group}.`));
    if (names.length === 0) continue;
    lines.push("", row(title, "found", "budget", ""));
    for (const name of names) lines.push(figureRow(name.slice(group.length + 1), found[name] ?? 0, budget[name]));
    if (group === "bytecode") lines.push(...ROOMS.map((room) => sumRow(room, found, budget)));
  }
  return lines.join("\n").trimStart();
}

function figureRow(name: string, value: number, allowed: number | undefined): string {
  const over = allowed === undefined ? "new" : value === allowed ? "" : signed(value - allowed);
  return row(`  ${name}`, String(value), allowed === undefined ? "" : String(allowed), over);
}

function sumRow(room: string, found: Figures, budget: Figures): string {
  return figureRow(`${room}, all`, sumOf(found, room), sumOf(budget, room));
}

export function sumOf(figures: Figures, room: string): number {
  const names = Object.keys(figures).filter((name) => name.startsWith(`bytecode.${room}/`));
  return names.reduce((sum, name) => sum + (figures[name] ?? 0), 0);
}

function row(name: string, found: string, budget: string, over: string): string {
  return `${name.padEnd(76)}${found.padStart(8)}${budget.padStart(8)}${over.padStart(7)}`.trimEnd();
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value);
}

/** Bytes of a slot on a device. */
const SLOT = 16;

/** What is aimed at, and how far it is. */
export function aimsOf(found: Figures): string {
  const client = sumOf(found, "mqtt");
  const above = (what: string) => {
    const slots = (found[`slots.${what}`] ?? 0) - (found["slots.an empty application"] ?? 0);
    const chunks = (found[`chunks.${what}`] ?? 0) - (found["chunks.an empty application"] ?? 0);
    return slots * SLOT + chunks;
  };
  return [
    aim("bytecode of the complete client", client, 14 * 1024),
    aim("node and client connected, above an empty application", above("node connected"), 24 * 1024),
  ].join("\n");
}

function aim(what: string, value: number, aimed: number): string {
  const away = value <= aimed ? "met" : `missed by ${value - aimed}`;
  return `${what}: ${value} bytes; aim: ${aimed}, ${away}`;
}
