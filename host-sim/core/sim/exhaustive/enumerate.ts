/**
 * Every position of a single fault in each hand-shake, one after the other: power lost before and after each operation of
 * the flash, an operation that fails, a connection that ends or falls silent at every byte, power lost at each packet.
 *
 * A run without a fault says what positions there are.
 */

import type { Verdict } from "../../network/rules.js";
import { Halted } from "../../world/machine.js";
import type { Violation } from "../invariants.js";
import type { Story } from "../story.js";
import { type HandShake, prepare, type Stage } from "./hand-shakes.js";

/** One fault at one place. */
export type Position =
  | { readonly kind: "power"; readonly phase: "before" | "after"; readonly operation: number }
  | { readonly kind: "flash"; readonly leaves: "old" | "new"; readonly operation: number }
  | { readonly kind: "end"; readonly how: "close" | "reset"; readonly way: "up" | "down"; readonly byte: number }
  | { readonly kind: "silence"; readonly way: "up" | "down"; readonly byte: number }
  | { readonly kind: "packet"; readonly way: "up" | "down"; readonly packet: number };

export function describePosition(position: Position): string {
  switch (position.kind) {
    case "power":
      return `power lost ${position.phase} operation ${position.operation} of the flash`;
    case "flash":
      return `operation ${position.operation} of the flash fails and leaves the ${position.leaves} value`;
    case "end":
      return `connection ends (${position.how}) at byte ${position.byte} ${position.way}`;
    case "silence":
      return `nothing passes from byte ${position.byte} ${position.way} on`;
    case "packet":
      return `power lost at packet ${position.packet} ${position.way}`;
  }
}

/** What a hand-shake consists of, counted in a run without a fault. */
interface Extent {
  readonly operations: number;
  readonly up: readonly [number, number];
  readonly down: readonly [number, number];
  readonly packets: { readonly up: number; readonly down: number };
}

/** When the hand-shake begins, and by when it has ended if nothing is in its way. */
const BEGIN = 20_000;
const END = 26_000;
const DURATION = 60_000;

function storyOf(defers: boolean): Story {
  return {
    seed: "exhaustive",
    duration: DURATION,
    nodes: [{ program: "probe", interval: 10_000, QoS: 1, latency: [20, 20], window: 1536, flash: 24_576, defers }],
    steps: [],
    // All that follows from one fault has to end well within the time that any faults are given.
    calms: [DURATION],
    traffic: false,
  };
}

/** @param defers whether what is written lasts only after a sync, which is then an operation, too */
export function positionsOf(handShake: HandShake, defers = false): Position[] {
  const { operations, up, down, packets } = extentOf(handShake, defers);
  const positions: Position[] = [];
  for (let operation = 0; operation < operations; operation++) {
    for (const phase of ["before", "after"] as const) positions.push({ kind: "power", phase, operation });
    for (const leaves of ["old", "new"] as const) positions.push({ kind: "flash", leaves, operation });
  }
  for (const way of ["up", "down"] as const) {
    const [first, last] = way === "up" ? up : down;
    for (let byte = first; byte <= last; byte++) {
      positions.push({ kind: "end", how: "close", way, byte }, { kind: "end", how: "reset", way, byte });
      positions.push({ kind: "silence", way, byte });
    }
    for (let packet = 0; packet < packets[way]; packet++) positions.push({ kind: "packet", way, packet });
  }
  return positions;
}

/** @returns what is broken by a fault at that position */
export function runPosition(handShake: HandShake, position: Position, defers = false): readonly Violation[] {
  const stage = prepare(handShake, storyOf(defers));
  stage.simulation.at(BEGIN, () => {
    inject(stage, position);
    handShake.act(stage);
  });
  return stage.simulation.run().violations;
}

function extentOf(handShake: HandShake, defers: boolean): Extent {
  const stage = prepare(handShake, storyOf(defers));
  const { simulation, device, judge } = stage;
  /** Bytes that have gone over each connection. */
  const bytes = { up: [] as number[], down: [] as number[] };
  const packets = { up: 0, down: 0 };
  let counting = false;
  device.station.rules.add(({ direction, connection, position, bytes: { length } }) => {
    bytes[direction][connection] = position + length;
  });
  judge.watchPackets((up) => {
    if (counting) packets[up ? "up" : "down"]++;
  });
  let connection = 0;
  let before = { up: 0, down: 0, operations: 0 };
  let extent: Extent | undefined;
  simulation.at(BEGIN, () => {
    connection = connectionOf(stage);
    const { up, down } = bytes;
    before = { up: up[connection] ?? 0, down: down[connection] ?? 0, operations: device.flash.operations };
    counting = true;
    handShake.act(stage);
  });
  simulation.at(END, () => {
    const { up, down } = bytes;
    extent = {
      operations: device.flash.operations - before.operations,
      up: [before.up, up[connection] ?? 0],
      down: [before.down, down[connection] ?? 0],
      packets,
    };
    counting = false;
  });
  const { violations } = simulation.run();
  if (violations.length > 0) throw new Error(`${handShake.name} fails without a fault: ${violations[0]?.detail}`);
  return extent as Extent;
}

/** The connection that the hand-shake is on, asked when it begins. */
function connectionOf({ device, handShake }: Stage): number {
  return device.station.connections + (handShake.onNext ? 1 : 0);
}

function inject(stage: Stage, position: Position): void {
  const { device, judge, simulation } = stage;
  const powerOff = (): void => {
    device.cutPower("here");
    simulation.clock.setTimer(() => device.powerOn(), 500);
  };
  if (position.kind === "power") {
    device.flash.cutAt(position.operation, position.phase, () => {
      powerOff();
      throw new Halted();
    });
  } else if (position.kind === "flash") {
    let left = position.operation;
    device.flash.failAt(
      () => left-- === 0,
      () => position.leaves === "new",
    );
  } else if (position.kind === "packet") {
    let left = position.packet;
    const stop = judge.watchPackets((up) => {
      if (up !== (position.way === "up") || left-- > 0) return;
      stop();
      powerOff();
    });
  } else {
    const connection = connectionOf(stage);
    device.station.rules.add((piece, verdict) => {
      if (piece.connection === connection && piece.direction === position.way) spoil(position, piece.position, verdict);
    });
  }
}

function spoil(position: Position & { readonly byte: number }, at: number, verdict: Verdict): void {
  const left = position.byte - at;
  if (position.kind === "end") verdict.endAfter(left, position.how);
  else if (left > 0) verdict.take(left);
  else verdict.hold();
}
