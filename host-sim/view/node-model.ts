/** All that is known of one node, from what it publishes. No DOM. */
import { signal } from "@preact/signals";
import { parseDuration } from "../../src/mote/duration.js";
import { type Description, readDescription, undescribed, usualUnits } from "./description.js";
import { Orders } from "./orders.js";
import { Outages } from "./outages.js";
import { entriesOf, type Fields, fieldsOf, NO_FIELDS, numberIn, readJson, type Scalar, textIn } from "./payload.js";
import { Series } from "./series.js";
import { Stamps } from "./stamps.js";

export interface Arrival {
  /** The levels of the topic behind the node's: `reading/climate`. */
  readonly path: string;
  readonly payload: Uint8Array;
  /** It has lain at the broker. */
  readonly retained: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Reading {
  readonly values: ReadonlyMap<string, number>;
  /** When it was made, as far as that is known. */
  readonly at: number | undefined;
  readonly retained: boolean;
}

export interface Alert {
  readonly raised: boolean;
  readonly value: number | undefined;
  readonly at: number | undefined;
}

export interface StateOf {
  readonly state: string;
  readonly at: number | undefined;
}

export type Presence = "unknown" | "online" | "offline";

/** Sensors, alerts, inputs and outputs of each kind; and quantities of a sensor. What is beyond them is counted, not kept. */
const MOST_NAMES = 32;
const MOST_QUANTITIES = 8;
/** What a reading says beside its quantities. */
const NO_QUANTITY: readonly string[] = Object.freeze(["seq", "uptime"]);
/** Milliseconds that changes are gathered for before they are shown. */
const GATHERED = 40;
/** The last gaps between readings, of which the middle one is what is to be expected. */
const GAPS = 9;

export class NodeModel {
  readonly id: string;
  readonly orders: Orders;
  readonly outages = new Outages();
  readonly stamps = new Stamps();
  /** By sensor. */
  readonly readings = new Map<string, Reading>();
  /** By sensor, by quantity. */
  readonly series = new Map<string, Map<string, Series>>();
  readonly alerts = new Map<string, Alert>();
  readonly inputs = new Map<string, StateOf>();
  readonly outputs = new Map<string, StateOf>();
  presence: Presence = "unknown";
  status: Fields = NO_FIELDS;
  diagnostics: Fields = NO_FIELDS;
  settings: Fields = NO_FIELDS;
  described: Description | undefined;
  /** Messages that were too large, broken, or of more names than are kept. */
  ignored = 0;
  /** Goes up when something has changed: many changes together. What shows the node reads it. */
  readonly version = signal(0);
  readonly #raised: (name: string, alert: Alert) => void;
  #gathering = false;
  #heard: number | undefined;
  /** Of a sensor, when a reading in time came last. */
  readonly #arrived = new Map<string, number>();
  #gaps: number[] = [];
  /** Whether this page is connected. */
  #watching = false;

  /**
   * @param prefix of the ids of this page's commands
   * @param raised an alert is raised now, while somebody looks
   */
  constructor(id: string, prefix: string, raised: (name: string, alert: Alert) => void) {
    this.id = id;
    this.orders = new Orders(prefix);
    this.#raised = raised;
  }

  get description(): Description {
    return this.described ?? undescribed;
  }

  /** Milliseconds from one reading to the next, as far as that is known. */
  get interval(): number | undefined {
    const set = parseDuration(textIn(this.settings, "interval") ?? "");
    return set ?? [...this.#gaps].sort((one, other) => one - other)[Math.floor(this.#gaps.length / 2)];
  }

  /** Milliseconds without a reading that are more than chance. */
  get patience(): number | undefined {
    const { interval } = this;
    return interval === undefined ? undefined : interval + Math.max(3_000, interval / 2);
  }

  unitOf(sensor: string, quantity: string): string {
    return this.description.sensors.get(sensor)?.get(quantity) ?? usualUnits.get(quantity) ?? "";
  }

  /** Quantities that are known, sensor by sensor, those of the description first. */
  get quantities(): [sensor: string, quantity: string][] {
    const described = [...this.description.sensors].flatMap(([id, units]) =>
      [...units.keys()].map((name): [string, string] => [id, name]),
    );
    const seen = [...this.series].flatMap(([id, all]) => [...all.keys()].map((name): [string, string] => [id, name]));
    const isNew = ([id, name]: [string, string]) => !described.some((one) => one[0] === id && one[1] === name);
    return [...described, ...seen.filter(isNew)];
  }

  seriesOf(sensor: string, quantity: string): Series | undefined {
    return this.series.get(sensor)?.get(quantity);
  }

  /** A message of this node that could not be taken whole. */
  ignore(): void {
    this.ignored++;
    this.#changed();
  }

  take(arrival: Arrival): void {
    const value = readJson(arrival.payload);
    const fields = fieldsOf(value);
    const [kind = "", name = "", ...more] = arrival.path.split("/");
    // Retained and emptied: it is taken back.
    const isEmpty = arrival.payload.length === 0;
    if (kind === "command") return;
    if (more.length > 0 || (fields.size === 0 && !isEmpty)) this.ignored++;
    else if (kind === "status" && name === "") this.#takeStatus(fields, arrival.now);
    else if (kind === "diagnostics" && name === "") this.diagnostics = diagnosticsIn(value, fields);
    else if (kind === "description" && name === "")
      this.described = isEmpty ? undefined : (readDescription(value) ?? this.described);
    else if (kind === "reading") this.#takeReading(name, fields, arrival);
    else if (kind === "alert") this.#takeAlert(name, fields, arrival);
    else if (kind === "input" || kind === "output") this.#takeState(kind, name, fields, arrival);
    else if (kind === "result") this.#takeResult(name, fields, arrival.now);
    else this.ignored++;
    this.#changed();
  }

  /** This page is connected to the broker, or is not any more. */
  watching(on: boolean, now: number, words = ""): void {
    if (on === this.#watching) return;
    this.#watching = on;
    this.#heard = now;
    if (!on) this.outages.begin("unseen", now, words);
    else if (this.presence === "offline") this.outages.begin("offline", now, this.#offlineWords);
    else this.outages.end(now);
    this.#changed();
  }

  /** Sends a command by way of {@link orders}. @param quiet the page asks by itself. @returns the payload */
  order(command: string, fields: readonly (readonly [string, Scalar])[], now: number, quiet: boolean): string {
    this.#changed();
    return this.orders.issue(command, fields, now, quiet);
  }

  /** Time passes. */
  tick(now: number): void {
    const { patience } = this;
    const heard = this.#heard ?? now;
    if (this.#watching && this.presence === "online" && patience !== undefined && now - heard > patience) {
      if (this.outages.open === undefined) {
        this.outages.begin("silent", heard, "no readings");
        this.#changed();
      }
    }
    if (this.orders.expire(now)) this.#changed();
  }

  #changed(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    setTimeout(() => {
      this.#gathering = false;
      this.version.value++;
    }, GATHERED);
  }

  get #offlineWords(): string {
    return textIn(this.status, "reason") ?? "offline";
  }

  #takeStatus(status: Fields, now: number): void {
    this.status = status;
    const said = status.get("status");
    this.presence = said === "online" || said === "offline" ? said : "unknown";
    if (said === "offline") this.outages.begin("offline", now, this.#offlineWords);
    if (said !== "online") return;
    this.#heard = now;
    this.outages.end(now);
  }

  #takeReading(sensor: string, fields: Fields, { retained, now }: Arrival): void {
    const values = new Map<string, number>();
    for (const [name, value] of fields)
      if (typeof value === "number" && !NO_QUANTITY.includes(name) && values.size < MOST_QUANTITIES)
        values.set(name, value);
    if (values.size === 0 || !hasRoom(this.readings, sensor)) {
      this.ignored++;
      return;
    }
    const wasOut = this.outages.open !== undefined;
    const { at, late: isOld, stamped } = this.stamps.place(fields, now, retained);
    if (!retained) {
      this.#heard = now;
      this.outages.end(now);
    }
    // What says no time of its own, and comes when the node can be heard again, has waited until then.
    const late = isOld || (!stamped && !retained && (wasOut || this.#isBurst(now)));
    if (!retained && !late) this.#count(sensor, now);
    if (!late || this.readings.get(sensor) === undefined) this.readings.set(sensor, { values, at, retained });
    if (at === undefined) return;
    const all = this.series.get(sensor) ?? new Map<string, Series>();
    this.series.set(sensor, all);
    for (const [name, value] of values) {
      if (!hasRoom(all, name, MOST_QUANTITIES)) continue;
      const series = all.get(name) ?? new Series();
      all.set(name, series);
      series.add(at, value, late);
    }
  }

  /** So soon after an outage. */
  #isBurst(now: number): boolean {
    const to = this.outages.list.at(-1)?.to;
    return to !== undefined && now - to < 500;
  }

  #count(sensor: string, now: number): void {
    const before = this.#arrived.get(sensor);
    this.#arrived.set(sensor, now);
    if (before !== undefined) this.#gaps = [...this.#gaps, now - before].slice(-GAPS);
  }

  #takeAlert(name: string, fields: Fields, { retained, now }: Arrival): void {
    if (fields.size === 0) {
      this.alerts.delete(name);
      return;
    }
    if (!hasRoom(this.alerts, name)) return void this.ignored++;
    const raised = fields.get("state") === "raised";
    const isNew = raised && this.alerts.get(name)?.raised !== true;
    const alert = { raised, value: numberIn(fields, "value"), at: this.stamps.place(fields, now, retained).at };
    this.alerts.set(name, alert);
    if (isNew && !retained) this.#raised(name, alert);
  }

  #takeState(kind: "input" | "output", name: string, fields: Fields, { retained, now }: Arrival): void {
    const states = kind === "input" ? this.inputs : this.outputs;
    if (!hasRoom(states, name)) return void this.ignored++;
    if (fields.size === 0) states.delete(name);
    else
      states.set(name, { state: String(fields.get("state") ?? ""), at: this.stamps.place(fields, now, retained).at });
  }

  #takeResult(name: string, fields: Fields, now: number): void {
    this.orders.answered(fields, now);
    const isAll = name === "settings" || name === "interval";
    if (isAll && fields.get("ok") === true)
      this.settings = new Map([...fields].filter(([field]) => field !== "id" && field !== "ok"));
  }
}

/** A name that is there already, or one more. Empty names are none. */
function hasRoom(names: ReadonlyMap<string, unknown>, name: string, most = MOST_NAMES): boolean {
  return name !== "" && name.length <= 100 && (names.has(name) || names.size < most);
}

/** Those that a person looks for, and what is nested of them. */
function diagnosticsIn(value: unknown, fields: Fields): Fields {
  const parts = new Map(entriesOf(value));
  const messages = fieldsOf(parts.get("messages"));
  const counters = fieldsOf(parts.get("counters"));
  return new Map([...fields, ...[...messages].filter(([name]) => name === "waiting"), ...counters]);
}
