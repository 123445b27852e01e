import type { QoS } from "../mqtt/api.js";
import type { KeyValue } from "../platform.js";
import { asError, quoted, type Report } from "./errors.js";
import { checkField, type Field, type FieldTable, readField, type Value, writeField } from "./field.js";
import { type Fields, readFields } from "./fields.js";
import { bytesOf } from "./text.js";

/** What can be set, by a command or from outside, as the node uses it. */
export interface Settings {
  /** Milliseconds from one reading to the next. */
  readonly interval: number;
  /** Of readings and diagnostics. */
  readonly QoS: QoS;
  /** Milliseconds from one diagnostics message to the next. */
  readonly diagnosticsInterval: number;
  /** Whether the broker keeps the newest reading of each sensor. */
  readonly retain: boolean;
}

/** Some of the settings. */
export type SettingValues = { readonly [name in keyof Settings]?: Settings[name] | undefined };

export type SettingName = keyof Settings;

const DAY = 86_400_000;

/** All that is particular about each setting. */
export const definitions = Object.freeze({
  interval: Object.freeze({ kind: "duration", initial: 10_000, least: 100, most: DAY }),
  QoS: Object.freeze({ kind: "integer", initial: 1, least: 0, most: 2 }),
  diagnosticsInterval: Object.freeze({ kind: "duration", initial: 60_000, least: 1000, most: DAY }),
  retain: Object.freeze({ kind: "boolean", initial: true }),
} as const) satisfies { readonly [name in SettingName]: Field };

type Values = { [name: string]: Value };

/** Key of the value that holds what commands have set: `{"version":1,"interval":"5s"}`. */
const KEY = "settings";
/** Key that a broken value is moved to, so that it can be looked at. */
const ASIDE = "settings.broken";
const VERSION = 1;

/**
 * The settings and what becomes of them over a restart. What counts, last to first: what a command has set since the
 * start, what is forced from outside (`override`), what a command has set before, `defaults`, the table above.
 */
export class SettingsStore {
  /** Those of each node, and the application's own. */
  readonly table: FieldTable;
  private readonly store: KeyValue;
  private readonly values: Values = {};
  /** What commands have set, as the store has it. */
  private stored: Values = {};

  /**
   * A stored value that is broken is reported, moved aside, and ignored.
   * @param own the application's
   * @throws Error when a value of `defaults` or `override` is out of bounds
   */
  constructor(store: KeyValue, defaults: SettingValues, override: SettingValues, report: Report, own?: FieldTable) {
    this.store = store;
    this.table = own === undefined ? definitions : { ...definitions, ...own };
    for (const [name, { initial }] of Object.entries(this.table)) this.values[name] = initial as Value;
    this.take(defaults);
    this.load(report);
    Object.assign(this.values, this.stored);
    this.take(override);
  }

  /** A view: it changes with the settings. */
  get current(): Settings {
    return this.values as unknown as Settings;
  }

  /** @throws Error when there is no such setting */
  value(name: string): Value {
    this.field(name);
    return this.values[name] as Value;
  }

  /** All settings as people write them. */
  describe(): Fields {
    const fields: { [name: string]: unknown } = {};
    for (const [name, field] of Object.entries(this.table))
      fields[name] = writeField(field, this.values[name] as Value);
    return fields;
  }

  /**
   * Changes settings, all or none, and stores them.
   * @param fields names and values as people write them
   * @throws Error that names what is wrong, or that they cannot be stored; then nothing has changed
   */
  change(fields: Fields): void {
    const changes = this.readAll(fields);
    const stored = { ...this.stored, ...changes };
    this.save(stored);
    this.stored = stored;
    Object.assign(this.values, changes);
  }

  private take(values: SettingValues): void {
    for (const name of Object.keys(values)) {
      const value = values[name as SettingName];
      if (value !== undefined) this.values[name] = checkField(name, this.field(name), value);
    }
  }

  private save(values: Values): void {
    const fields: { [name: string]: unknown } = { version: VERSION };
    for (const [name, field] of Object.entries(this.table)) {
      const value = values[name];
      if (value !== undefined) fields[name] = writeField(field, value);
    }
    this.store.write(KEY, bytesOf(JSON.stringify(fields)));
  }

  private load(report: Report): void {
    try {
      const bytes = this.store.read(KEY);
      if (bytes === undefined || this.read(bytes, report)) return;
      this.store.write(ASIDE, bytes);
      this.save(this.stored);
    } catch (error) {
      report(error, "settings");
    }
  }

  /** @returns whether all of it is right */
  private read(bytes: Uint8Array, report: Report): boolean {
    let fields: Fields;
    try {
      fields = readFields(bytes);
    } catch (error) {
      report(new Error(`what is stored ${asError(error).message}; defaults are used`), "settings");
      return false;
    }
    const { version, ...settings } = fields;
    if (version !== VERSION) {
      report(
        new Error(`what is stored has version ${quoted(version)}, known is ${VERSION}; defaults are used`),
        "settings",
      );
      return false;
    }
    let right = true;
    for (const name of Object.keys(settings)) {
      try {
        Object.assign(this.stored, this.readAll({ [name]: settings[name] }));
      } catch (error) {
        report(new Error(`stored ${asError(error).message}; the default is used`), "settings");
        right = false;
      }
    }
    return right;
  }

  /** @throws Error that names the first setting that is unknown or whose value is wrong */
  private readAll(fields: Fields): Values {
    const values: Values = {};
    for (const name of Object.keys(fields)) values[name] = readField(name, this.field(name), fields[name]);
    return values;
  }

  private field(name: string): Field {
    const field = Object.hasOwn(this.table, name) ? this.table[name] : undefined;
    if (field !== undefined) return field;
    throw new Error(`setting ${quoted(name)} is unknown: known are ${Object.keys(this.table).join(", ")}`);
  }
}
