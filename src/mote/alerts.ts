import type { KeyValue } from "../platform.js";
import type { AlertDeclaration } from "./application.js";
import { parseDuration } from "./duration.js";
import type { ReadingMessage } from "./messages.js";
import type { Parts } from "./parts.js";
import { State, type States } from "./states.js";
import { bytesOf, textOf } from "./text.js";

/** Key of the names of the alerts that are raised, with a space between two. */
const KEY = "alerts";

/** Raises and clears what a person should be told. What is raised stays so over a restart, until a sample says otherwise. */
export class Alerts {
  private readonly store: KeyValue;
  private readonly parts: Parts;
  private readonly states: States;
  private readonly all: Alert[] = [];

  constructor(declared: { readonly [name: string]: AlertDeclaration }, store: KeyValue, parts: Parts, states: States) {
    this.store = store;
    this.parts = parts;
    this.states = states;
    const raised = this.load();
    for (const [name, alerting] of Object.entries(declared)) {
      const alert = new Alert(parts.topics.alert(name), name, alerting, raised.includes(name));
      this.all.push(alert);
      states.add(alert, false);
    }
  }

  /** A sensor has measured. */
  measured(sensor: string, reading: ReadingMessage): void {
    for (const alert of this.all) {
      const { of } = alert.declared;
      if (!of.startsWith(`${sensor}.`)) continue;
      const value = reading[of.slice(sensor.length + 1)];
      if (typeof value !== "number") continue;
      const { raised } = alert;
      alert.measured(value, this.parts.uptime.now());
      if (alert.raised !== raised) this.save();
      if (alert.raised !== raised || !alert.known) this.states.changed(alert, false);
    }
  }

  private load(): string[] {
    try {
      const bytes = this.store.read(KEY);
      return bytes === undefined ? [] : textOf(bytes).split(" ");
    } catch (error) {
      this.parts.report(error, "alerts");
      return [];
    }
  }

  private save(): void {
    try {
      const raised = this.all.filter((alert) => alert.raised).map(({ name }) => name);
      this.store.write(KEY, bytesOf(raised.join(" ")));
    } catch (error) {
      this.parts.report(error, "alerts");
    }
  }
}

class Alert extends State {
  readonly name: string;
  readonly declared: AlertDeclaration;
  raised: boolean;
  private readonly duration: number;
  /** Since when, by the uptime, the quantity is beyond the bound. */
  private since: number | undefined;
  private value = 0;

  constructor(topic: string, name: string, declared: AlertDeclaration, raised: boolean) {
    super(topic);
    this.name = name;
    this.declared = declared;
    this.raised = raised;
    this.duration = parseDuration(declared.for ?? "0s") ?? 0;
  }

  measured(value: number, now: number): void {
    const { above, below, clear } = this.declared;
    this.value = value;
    if (above !== undefined ? value > above : value < (below as number)) {
      this.since ??= now;
      if (now - this.since >= this.duration) this.raised = true;
      return;
    }
    this.since = undefined;
    if (above !== undefined ? value <= clear : value >= clear) this.raised = false;
  }

  describe() {
    return { state: this.raised ? "raised" : "cleared", value: this.value } as const;
  }
}
