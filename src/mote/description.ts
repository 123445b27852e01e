/** What the node is, made of what its application declares, and sent piece by piece: it is never in memory as a whole. */
import type { Outcome, PayloadSource } from "../mqtt/api.js";
import { utf8Length } from "../mqtt/wire/utf8.js";
import type { Sensor } from "../platform.js";
import type { Application } from "./application.js";
import { type CommandTable, commands, fieldsOf } from "./built-in.js";
import { describeField, type FieldTable } from "./field.js";
import type { Parts } from "./parts.js";
import type { SettingsStore } from "./settings.js";
import { bytesOf } from "./text.js";

/** What is described beside the application. */
export interface DescribedFacts {
  readonly firmware: string;
  readonly board: string;
  readonly sensors: readonly Sensor[];
  readonly settings: SettingsStore;
  /** The application's, those of its outputs too. */
  readonly commands: CommandTable;
}

/**
 * Publishes the description, retained, once the node is connected. With QoS 0, so nothing of it is stored: on a connection that
 * ends before anything later has been answered, it may not have arrived, and is sent again on the next.
 */
export class Description implements PayloadSource {
  readonly byteLength: number;
  private readonly application: Application;
  private readonly facts: DescribedFacts;
  private readonly parts: Parts;
  private due = true;
  private token = 0;

  constructor(application: Application, facts: DescribedFacts, parts: Parts) {
    this.application = application;
    this.facts = facts;
    this.parts = parts;
    let length = 0;
    this.visit((piece) => {
      length += utf8Length(piece);
    });
    this.byteLength = length;
  }

  /** The broker has accepted a connection: what it keeps for all may have been lost with the session. */
  connected(sessionPresent: boolean): void {
    if (!sessionPresent || this.token > 0) this.due = true;
    this.token = 0;
    this.update();
  }

  /** Tries again what found no room. Call it when connected. */
  update(): void {
    if (!this.due) return;
    const { publisher, topics } = this.parts;
    this.token = publisher.offer(topics.description, this, 0, true);
    this.due = this.token === 0;
  }

  /** A message that was accepted later, and acknowledged, says that the description has arrived. */
  published(token: number, outcome: Outcome): void {
    if (token === this.token && outcome === "lost") this.due = true;
    else if (token > this.token && outcome !== "lost" && this.parts.settings.QoS > 0) this.token = 0;
  }

  /** As {@link PayloadSource.read}. */
  read(into: Uint8Array, offset: number): void {
    let at = -offset;
    this.visit((piece) => {
      const bytes = bytesOf(piece);
      const from = Math.max(0, -at);
      const to = Math.min(bytes.length, into.length - at);
      if (from < to) into.set(bytes.subarray(from, to), at + from);
      at += bytes.length;
    });
  }

  /** The JSON text of a {@link DescriptionMessage}, an entry at a time. */
  private visit(take: (piece: string) => void): void {
    const { name: application, inputs = {}, outputs = {}, alerts = {} } = this.application;
    const { firmware, board, sensors, settings } = this.facts;
    take(JSON.stringify({ version: 1, application, firmware, board }).slice(0, -1));
    visitSection(take, "sensors", sensors, ({ id, units }) => [id, units]);
    visitSection(take, "inputs", Object.keys(inputs), (name) => [name, {}]);
    visitSection(take, "outputs", Object.keys(outputs), (name) => [name, {}]);
    // A copy: XS writes into what it makes JSON of, and what is declared is read-only there.
    visitSection(take, "alerts", Object.entries(alerts), ([name, alert]) => [name, { ...alert }]);
    const all = [...Object.entries(commands), ...Object.entries(this.facts.commands)];
    visitSection(take, "commands", all, ([name, command]) => [
      name,
      { needsId: command.needsId, fields: described(fieldsOf(command, settings)) },
    ]);
    visitSection(take, "settings", Object.entries(settings.table), ([name, field]) => [name, describeField(field)]);
    take("}");
  }
}

/** `,"name":{"key":…,"key":…}` */
function visitSection<T>(
  take: (piece: string) => void,
  name: string,
  entries: readonly T[],
  entryOf: (entry: T) => readonly [string, object],
): void {
  take(`,"${name}":{`);
  let separator = "";
  for (const entry of entries) {
    const [key, value] = entryOf(entry);
    take(`${separator}${JSON.stringify(key)}:${JSON.stringify(value)}`);
    separator = ",";
  }
  take("}");
}

function described(fields: FieldTable): object {
  const described: { [name: string]: object } = {};
  for (const [name, field] of Object.entries(fields)) described[name] = describeField(field);
  return described;
}
