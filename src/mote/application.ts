/**
 * An application: a file that says what a node is, as data: `export default application({ … })`. The node is made of it: topics,
 * checks, errors, and the description that a page reads.
 *
 * This interface may still change (docs/application.md).
 */
import type { Pin } from "../platform.js";

export interface Application {
  /** Of what the node is, in the description. Default: none. */
  readonly name?: string;
  /** By id, a topic level. Default: every sensor of the board. */
  readonly sensors?: { readonly [id: string]: SensorDeclaration };
  /** What is told at once, whenever it changes: a contact, a motion sensor. By name. */
  readonly inputs?: { readonly [name: string]: InputDeclaration };
  /** What can be switched: a relay, a lamp. By name, which is the name of its command too. */
  readonly outputs?: { readonly [name: string]: OutputDeclaration };
  /** What a person should be told. By name. */
  readonly alerts?: { readonly [name: string]: AlertDeclaration };
}

export type SensorDeclaration = BoardSensorDeclaration | AnalogDeclaration | FunctionDeclaration;

/** A sensor of the board, under a name of your choice. */
export interface BoardSensorDeclaration {
  /** Its id in the board's `board.ts`: `climate`. */
  readonly board: string;
}

/** A pin whose voltage says how much there is of something. */
export interface AnalogDeclaration {
  readonly analog: Pin;
  /** The name of what it measures, a field of its readings: `moisture`. */
  readonly quantity: string;
  readonly unit: string;
  /** Volts at two points of the scale, and what they mean; a line leads through both. Default: the value is the voltage. */
  readonly volts?: readonly [number, number];
  readonly values?: readonly [number, number];
}

/** A function that gives a number. */
export interface FunctionDeclaration {
  /** Measures now. What it throws is reported, and the others go on. */
  readonly read: () => number;
  readonly quantity: string;
  readonly unit: string;
}

export interface InputDeclaration {
  readonly pin: Pin;
  /** Default false. */
  readonly activeLow?: boolean;
  /** The SoC's own resistor holds the pin at what is off. Default false. */
  readonly pull?: boolean;
}

/** Off at the start. */
export interface OutputDeclaration {
  readonly pin: Pin;
  /** Default false. */
  readonly activeLow?: boolean;
}

/** Raised when a quantity goes beyond a bound, cleared when it is back behind another. */
export interface AlertDeclaration {
  /** `<sensor>.<quantity>` */
  readonly of: string;
  /** Raised above it, or below it: one of the two. */
  readonly above?: number;
  readonly below?: number;
  /** Cleared when the quantity is at or behind it. The two apart are the hysteresis: a value that wavers tells nothing. */
  readonly clear: number;
  /** For so long the quantity must stay beyond the bound: a duration such as `"30s"`. Default: one sample is enough. */
  readonly for?: string;
}

/**
 * What the file of an application exports. It is frozen all the way down: so it stays in a device's flash, and what would fail there
 * because it is read-only fails on a laptop too.
 */
export function application(declared: Application): Application {
  return frozen(declared);
}

function frozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) frozen(part);
  return Object.freeze(value);
}
