/** What a node says of itself: what there is to be seen of it, and what it can be told. */
import { entriesOf, type Fields, fieldsOf, shortened, textIn } from "./payload.js";

/** A field of a command, or a setting. */
export interface Field {
  readonly name: string;
  /** `duration`, `integer`, `number`, `boolean`, `choice`; any other is text. */
  readonly kind: string;
  readonly initial?: string | number | boolean | undefined;
  readonly least?: string | number | undefined;
  readonly most?: string | number | undefined;
  readonly choices?: readonly string[] | undefined;
}

export interface Command {
  readonly name: string;
  readonly fields: readonly Field[];
}

export interface Description {
  readonly application: string | undefined;
  readonly firmware: string | undefined;
  readonly board: string | undefined;
  /** Units by quantity, by sensor. */
  readonly sensors: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Their rules, in words. */
  readonly alerts: ReadonlyMap<string, string>;
  readonly commands: readonly Command[];
  readonly settings: readonly Field[];
}

const VERSION = 1;
const MOST_CHOICES = 32;

/** @returns undefined for what is no description, or one of another version */
export function readDescription(value: unknown): Description | undefined {
  const parts = new Map(entriesOf(value));
  const head = fieldsOf(value);
  if (head.get("version") !== VERSION) return undefined;
  const names = (part: string) => entriesOf(parts.get(part)).map(([name]) => name);
  return {
    application: textIn(head, "application"),
    firmware: textIn(head, "firmware"),
    board: textIn(head, "board"),
    sensors: new Map(entriesOf(parts.get("sensors")).map(([id, quantities]) => [id, unitsOf(quantities)])),
    inputs: names("inputs"),
    outputs: names("outputs"),
    alerts: new Map(entriesOf(parts.get("alerts")).map(([name, rule]) => [name, ruleInWords(fieldsOf(rule))])),
    commands: entriesOf(parts.get("commands")).map(([name, command]) => ({
      name,
      fields: readFieldList(new Map(entriesOf(command)).get("fields")),
    })),
    settings: readFieldList(parts.get("settings")),
  };
}

function unitsOf(quantities: unknown): Map<string, string> {
  return new Map(
    entriesOf(quantities).map(([name, unit]) => [name, typeof unit === "string" ? shortened(unit, 12) : ""]),
  );
}

function ruleInWords(rule: Fields): string {
  const { of = "", ...rest } = Object.fromEntries(rule);
  return [of, ...Object.entries(rest).map(([name, value]) => `${name} ${value}`)].join(" ").trim();
}

function readFieldList(list: unknown): Field[] {
  return entriesOf(list).map(([name, facts]) => {
    const fields = fieldsOf(facts);
    const bound = (which: string) => {
      const value = fields.get(which);
      return typeof value === "boolean" ? undefined : value;
    };
    const choices: unknown = new Map(entriesOf(facts)).get("choices");
    return {
      name,
      kind: textIn(fields, "kind") ?? "text",
      initial: fields.get("initial"),
      least: bound("least"),
      most: bound("most"),
      choices: Array.isArray(choices)
        ? choices
            .filter((choice) => typeof choice === "string")
            .slice(0, MOST_CHOICES)
            .map((choice) => shortened(choice))
        : undefined,
    };
  });
}

const interval: Field = { name: "interval", kind: "duration", initial: "10s", least: "100ms", most: "1d" };

/** Of firmware that publishes none, older than 0.2: what all of it understood. */
export const undescribed: Description = Object.freeze({
  application: undefined,
  firmware: undefined,
  board: undefined,
  sensors: new Map(),
  inputs: [],
  outputs: [],
  alerts: new Map(),
  commands: [
    { name: "identify", fields: [{ name: "duration", kind: "duration", initial: "10s", least: "1s", most: "10m" }] },
    { name: "sample", fields: [] },
    { name: "restart", fields: [] },
  ],
  settings: [
    interval,
    { name: "QoS", kind: "integer", initial: 1, least: 0, most: 2 },
    { name: "diagnosticsInterval", kind: "duration", initial: "1m", least: "1s", most: "1d" },
  ],
});

/** Units of firmware that publishes none, by quantity. */
export const usualUnits: ReadonlyMap<string, string> = new Map([
  ["temperature", "°C"],
  ["humidity", "%"],
  ["pressure", "Pa"],
  ["voltage", "V"],
]);
