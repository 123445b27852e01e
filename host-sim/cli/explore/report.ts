/** What `explore` says at the end: figures, hits of each fault in each state, and each violation with its replay. */
import { faults } from "../../core/sim/faults/index.js";
import { invariants, type Violation } from "../../core/sim/invariants.js";
import type { Excerpt, Shrunk } from "../../core/sim/shrink.js";
import type { Result } from "../../core/sim/simulation.js";
import { states } from "../../core/sim/states.js";
import type { Answer } from "./pool.js";

/** Adds up answers. */
export class Totals {
  seeds = 0;
  virtualMs = 0;
  events = 0;
  accepted = 0;
  arrived = 0;
  handed = 0;
  connections = 0;
  commits = 0;
  powerCuts = 0;
  parked = 0;
  recovery = 0;
  cpuMs = 0;
  readonly hits: number[] = new Array<number>(faults.length * states.length).fill(0);
  readonly failed: { readonly result: Result; readonly shrunk: Shrunk | undefined }[] = [];

  add({ result, shrunk, milliseconds }: Answer): void {
    this.seeds++;
    this.virtualMs += result.duration;
    this.events += result.events;
    this.accepted += result.accepted;
    this.arrived += result.arrived;
    this.handed += result.handed;
    this.connections += result.connections;
    this.commits += result.commits;
    this.powerCuts += result.powerCuts;
    this.parked += result.parked;
    this.recovery = Math.max(this.recovery, result.recovery);
    this.cpuMs += milliseconds;
    for (const [index, count] of result.hits.entries()) this.hits[index] = (this.hits[index] as number) + count;
    if (result.violations.length > 0) this.failed.push({ result, shrunk });
  }

  /** Fault and state of each cell that nothing has hit. */
  get misses(): string[] {
    const misses: string[] = [];
    for (const [index, count] of this.hits.entries()) {
      const fault = faults[Math.floor(index / states.length)];
      if (count === 0) misses.push(`${fault?.name} in "${states[index % states.length]}"`);
    }
    return misses;
  }
}

function thousands(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

export function figures(totals: Totals, wallMs: number): string {
  const hours = totals.virtualMs / 3_600_000;
  const violations = totals.failed.reduce((sum, { result }) => sum + result.violations.length, 0);
  const rows: [string, string][] = [
    ["seeds", thousands(totals.seeds)],
    ["virtual hours", thousands(hours)],
    ["messages accepted", thousands(totals.accepted)],
    ["messages at the broker", thousands(totals.arrived)],
    ["messages handed over", thousands(totals.handed)],
    ["connections", thousands(totals.connections)],
    ["power cuts and restarts", thousands(totals.powerCuts)],
    ["flash commits", thousands(totals.commits)],
    ["messages put aside", thousands(totals.parked)],
    ["longest recovery", `${Math.round(totals.recovery / 1000)} s`],
    ["events", thousands(totals.events)],
    [
      "time",
      `${(wallMs / 1000).toFixed(1)} s, ${thousands((hours * 1000) / totals.cpuMs)} virtual h per s of processor time`,
    ],
    ["violations", `${thousands(violations)} in ${totals.failed.length} seeds`],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(24)}${value}`).join("\n");
}

/** One row a fault, one column a state. */
export function hitTable({ hits }: Totals): string {
  const first = Math.max(...faults.map(({ name }) => name.length));
  const widths = states.map((state) => Math.max(state.length, 6));
  const row = (name: string, cells: readonly string[]) =>
    `  ${name.padEnd(first)}  ${cells.map((cell, index) => cell.padStart(widths[index] as number)).join("  ")}`;
  const lines = faults.map(({ name }, fault) =>
    row(
      name,
      states.map((_, state) => {
        const count = hits[fault * states.length + state] as number;
        return count === 0 ? "none" : thousands(count);
      }),
    ),
  );
  return [row("hits of", states), ...lines].join("\n");
}

/** The command that shows an excerpt again. */
export function replayLine({ seed, hours, nodes, steps }: Excerpt): string {
  const which = steps === undefined ? "" : ` --steps ${steps.length === 0 ? "none" : steps.join(",")}`;
  return `npm run sim -- replay ${seed} --hours ${hours} --nodes ${nodes}${which}`;
}

export function violationText({ t, node, invariant, detail }: Violation): string {
  return `${(t / 1000).toFixed(3)} s, node ${node}: ${invariants[invariant]} (${invariant}): ${detail}`;
}
