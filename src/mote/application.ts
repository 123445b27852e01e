/**
 * An application: a file that says what a node is, as data: `export default application({ … })`. The node is made of it: topics,
 * checks, errors, and the description that a page reads. Types, and the function that freezes them.
 */
import type { QoS } from "../mqtt/api.js";
import type { Pin } from "../platform.js";
import type { DriverName } from "./drivers.js";

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
  /** What the node can be told to do, beside what each node can. By name. */
  readonly commands?: { readonly [name: string]: CommandDeclaration };
  /** What can be set by the command `settings`, beside what each node has. Kept over restarts. By name. */
  readonly settings?: { readonly [name: string]: SettingDeclaration };
  /** What the node publishes beside all that, by {@link ApplicationNode.publish}. By name. */
  readonly topics?: { readonly [name: string]: TopicDeclaration };
  /** What the node listens to. By name. */
  readonly subscriptions?: { readonly [name: string]: SubscriptionDeclaration };
  /** Called once at each start of the machine, when the pins are open. The network may be away. */
  readonly start?: (node: ApplicationNode) => void;
  /** Called when the node stops in order, before it leaves: not when power fails. */
  readonly stop?: (node: ApplicationNode) => void;
}

/** What a sensor of any kind may have beside its own fields. */
interface Sampling {
  /** From one sample to the next, such as `"5m"`. Default: the setting `interval`. */
  readonly interval?: string;
  /** A sample is published only when a quantity differs from the one published last by at least this much. Default: each is. */
  readonly change?: number;
}

export type SensorDeclaration =
  | BoardSensorDeclaration
  | AnalogDeclaration
  | DriverDeclaration
  | FunctionDeclaration
  | GroupDeclaration;

/** A sensor of the board, under a name of your choice. */
export interface BoardSensorDeclaration extends Sampling {
  /** Its id in the board's `board.ts`, or what it measures: `climate`, `temperature`. */
  readonly board: string;
}

/** A pin whose voltage says how much there is of something. */
export interface AnalogDeclaration extends Sampling {
  readonly analog: Pin;
  /** The name of what it measures, a field of its readings: `moisture`. */
  readonly quantity: string;
  readonly unit: string;
  /** Volts at two points of the scale, and what they mean; a line leads through both. Default: the value is the voltage. */
  readonly volts?: readonly [number, number];
  readonly values?: readonly [number, number];
}

/** A chip that one of the SDK's drivers reads. The firmware must hold the driver: docs/application.md. */
export interface DriverDeclaration extends Sampling {
  readonly driver: DriverName;
  /** Of one on a wire of its own (DS18B20). */
  readonly pin?: Pin;
  /** Which of several on that wire, by their serial numbers. Default 0. */
  readonly index?: number;
  /** The I2C bus, as `board.ts` calls it. Default `default`. */
  readonly bus?: string;
  /** On the I2C bus, 7 bits. Default: the usual one of that chip. */
  readonly address?: number;
}

/** A function that gives a number. */
export interface FunctionDeclaration extends Sampling {
  /** Measures, at once or later: the node goes on meanwhile. What it throws is reported, and the others go on. */
  readonly read: () => number | PromiseLike<number>;
  readonly quantity: string;
  readonly unit: string;
}

/** A function that gives several numbers. */
export interface GroupDeclaration extends Sampling {
  /** Measures, at once or later, each quantity of `units`. */
  readonly read: () => Quantities | PromiseLike<Quantities>;
  /** By the names of the quantities, which are the fields of its readings. */
  readonly units: { readonly [quantity: string]: string };
}

interface Quantities {
  readonly [quantity: string]: number;
}

export interface InputDeclaration {
  readonly pin: Pin;
  /** Default false. */
  readonly activeLow?: boolean;
  /** The SoC's own resistor holds the pin at what is off. Default false. */
  readonly pull?: boolean;
  /** For so long contacts may bounce after a change, at most `"10s"`. Default `"50ms"`. */
  readonly debounce?: string;
  /** Called after the change has been published. */
  readonly changed?: (node: ApplicationNode, on: boolean) => void;
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

/** What a command takes, and what can be set: each with bounds. Durations are text with their unit, `"30s"`. */
export type FieldDeclaration =
  | { readonly kind: "integer" | "number"; readonly least: number; readonly most: number; readonly initial?: number }
  | { readonly kind: "duration"; readonly least: string; readonly most: string; readonly initial?: string }
  | { readonly kind: "boolean"; readonly initial?: boolean }
  | { readonly kind: "choice"; readonly choices: readonly string[]; readonly initial?: string }
  /** `most`: bytes of UTF-8, up to 256. */
  | { readonly kind: "text"; readonly most: number; readonly initial?: string };

export type SettingDeclaration = FieldDeclaration & { readonly initial: number | string | boolean };

export type CommandField = FieldDeclaration & { readonly required?: boolean };

interface CommandFields {
  readonly [name: string]: CommandField;
}

/** Made by {@link command}, `run` has the types of its fields. */
export interface CommandDeclaration {
  /** By name, beside `id`, which each command may have. One without `initial` must be given if `required`. */
  readonly fields?: CommandFields;
  /**
   * Does it. What it returns is in the result beside `id` and `ok`; what it throws is its error, and the command is refused. A
   * promise is answered when it ends, within a minute.
   * @param values of the fields, checked; durations in milliseconds; `initial` where one was not given
   */
  run(node: ApplicationNode, values: FieldValues): CommandResult | PromiseLike<CommandResult>;
}

export type FieldValue = number | string | boolean;

export interface FieldValues {
  readonly [field: string]: FieldValue | undefined;
}

/** What `run` is given, by the fields as they are declared. */
export type ValuesOf<Fields extends CommandFields> = {
  readonly [name in keyof Fields]:
    | ValueOf<Fields[name]>
    | (Fields[name] extends { readonly required: true } | { readonly initial: FieldValue } ? never : undefined);
};

type ValueOf<Field extends FieldDeclaration> = Field extends { readonly kind: "boolean" }
  ? boolean
  : Field extends { readonly kind: "choice"; readonly choices: readonly (infer Choice)[] }
    ? Choice
    : Field extends { readonly kind: "text" }
      ? string
      : number;

// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is the most common one
export type CommandResult = { readonly [field: string]: FieldValue | undefined } | undefined | void;

export interface TopicDeclaration {
  /** Whole, without wildcards. Default: `motewire/<node>/topic/<name>`. */
  readonly topic?: string;
  /** Default: the setting `QoS`. */
  readonly QoS?: QoS;
  /** Default false. */
  readonly retain?: boolean;
}

export interface SubscriptionDeclaration {
  /** May have wildcards. */
  readonly filter: string;
  /** Default 1. */
  readonly QoS?: QoS;
  /** @param text the payload as UTF-8; one of more than about a kilobyte is refused and reported */
  readonly received: (node: ApplicationNode, text: string, topic: string) => void;
}

/** What an application's functions may do to its node. What a name stands for that is not declared throws, with the choices. */
export interface ApplicationNode {
  readonly id: string;
  /** Connected to the broker. */
  readonly online: boolean;
  /** Milliseconds since the machine started: does not jump. */
  readonly uptime: number;
  /** A setting, of one's own or of each node. A duration is in milliseconds. */
  setting(name: string): FieldValue;
  /** What a sensor measured last; undefined until it has. */
  reading(sensor: string): Quantities | undefined;
  /** Whether an input or an output is on. */
  isOn(name: string): boolean;
  /** Switches an output; a change is published. @throws Error when the pin cannot be driven */
  switch(output: string, on: boolean): void;
  /** Publishes a reading of each sensor now. */
  sample(): void;
  /**
   * Publishes to a topic that is declared. Kept as readings are: over a broken network, and a restart with QoS 1 and 2.
   * @param message text as it is, or an object, which gets the time as readings have it
   * @returns whether it was accepted
   */
  publish(topic: string, message: string | object): boolean;
  /** Calls once. @param delay milliseconds, or a duration such as `"30s"` */
  after(delay: number | string, act: () => void): Stoppable;
  /** Calls again and again, the first time after one interval. */
  every(interval: number | string, act: () => void): Stoppable;
  /** Says that something is wrong: as an error of the application in the node's log. */
  report(error: unknown): void;
}

export interface Stoppable {
  stop(): void;
}

/**
 * What the file of an application exports. It is frozen all the way down: so it stays in a device's flash, and what would fail there
 * because it is read-only fails on a laptop too.
 */
export function application(declared: Application): Application {
  return frozen(declared);
}

/** A command whose `run` has the types of its fields. */
export function command<const Fields extends CommandFields = Record<never, never>>(declared: {
  readonly fields?: Fields;
  run(node: ApplicationNode, values: ValuesOf<Fields>): CommandResult | PromiseLike<CommandResult>;
}): CommandDeclaration {
  return declared as CommandDeclaration;
}

function frozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) frozen(part);
  return Object.freeze(value);
}
