/**
 * What a fault is: something that a story, drawn or written, can let happen to a node. One entry of a table holds all that
 * is particular about it.
 */
import type { Broker } from "../../broker/broker.js";
import type { VirtualClock } from "../../world/clock.js";
import type { RandomStream } from "../../world/random.js";
import type { Device } from "../device.js";
import type { Judge } from "../judge.js";

/** A parameter of a fault, as a story has it. Durations are milliseconds. */
export interface Parameter {
  readonly name: string;
  readonly help: string;
  readonly kind: "ms" | "bytes" | "bytes/s" | "count";
  readonly least: number;
  readonly most: number;
  /** What it is where a story does not say. */
  readonly initial: number;
}

/** A parameter that is a word. */
export interface Choice {
  readonly name: string;
  readonly help: string;
  readonly kind: "choice";
  readonly choices: readonly string[];
  readonly initial: string;
}

export type Values = { readonly [name: string]: number | string };

/** What a fault has at hand. */
export interface Target {
  readonly clock: VirtualClock;
  readonly broker: Broker;
  readonly device: Device;
  readonly judge: Judge;
  readonly random: RandomStream;
  /** Opens or closes the broker's port. Counted: it is open when all that closed it have opened it. */
  listen(open: boolean): void;
  /** A fault that was armed has happened now. Others happen when they begin. */
  happens(): void;
}

export interface Fault {
  readonly name: string;
  readonly help: string;
  readonly parameters: readonly (Parameter | Choice)[];
  /** It waits for an operation or a packet before it happens. */
  readonly armed?: boolean;
  /** It is over at once: there is nothing to heal. */
  readonly instant?: boolean;
  /** Milliseconds that a drawn one lasts, shortest and longest. */
  readonly lasts?: readonly [number, number];
  /** Draws parameters for an exploration. */
  draw(random: RandomStream): Values;
  /** Lets it happen, or arms it. @returns what heals or disarms it */
  begin(target: Target, values: Values): (() => void) | undefined;
}

export function ms(name: string, help: string, initial: number, least = 0, most = 86_400_000): Parameter {
  return { name, help, kind: "ms", least, most, initial };
}

export function bytes(name: string, help: string, initial: number, least = 0, most = 1_000_000): Parameter {
  return { name, help, kind: "bytes", least, most, initial };
}

export function count(name: string, help: string, initial: number, least = 0, most = 1_000_000): Parameter {
  return { name, help, kind: "count", least, most, initial };
}

export function choice(name: string, help: string, choices: readonly string[]): Choice {
  return { name, help, kind: "choice", choices, initial: choices[0] as string };
}

export function num(values: Values, name: string): number {
  return values[name] as number;
}
