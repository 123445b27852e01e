/** The commands that each node has, and the one that each output has: declared in one way. */
import { type Field, type FieldTable, readField } from "./field.js";
import type { Fields } from "./fields.js";
import { definitions, type SettingsStore } from "./settings.js";

/** What commands do it to. Each throws an Error that says why it cannot. */
export interface Commanded {
  readonly settings: SettingsStore;
  /** Settings have changed. */
  settingsChanged(): void;
  /** @returns readings that were accepted */
  sample(): number;
  identify(duration: number): void;
  /** @returns false when this id was obeyed before */
  restart(id: string): boolean;
  /** @param token of the result; 0 when it was not accepted */
  restartAnswered(id: string, token: number): void;
  /** Switches the output of that name. @param commanded by a stranger's command */
  switch(output: string, on: boolean, commanded: boolean): void;
}

/** One command: everything that is particular about it. */
export interface Command {
  /** Fields it knows, beside `id`. They have been checked when it is obeyed. */
  readonly fields: FieldTable;
  readonly needsId?: boolean;
  /**
   * @param name of the command
   * @returns what its result says beside `id` and `ok`, at once or later. @throws Error why it is refused; then nothing has changed
   */
  obey(node: Commanded, fields: Fields, id: string | undefined, name: string): Fields | PromiseLike<Fields>;
  /** The result was accepted by the client, or (token 0) could not be. */
  answered?(node: Commanded, id: string | undefined, token: number): void;
}

const NONE: FieldTable = Object.freeze({});
const duration = Object.freeze<Field>({ kind: "duration", initial: 10_000, least: 1000, most: 600_000 });

export interface CommandTable {
  readonly [name: string]: Command;
}

export const commands: CommandTable = Object.freeze({
  // {"interval":"5s"}: time from one reading to the next. A short form of `settings`.
  interval: Object.freeze<Command>({
    fields: Object.freeze({ interval: Object.freeze({ ...definitions.interval, required: true }) }),
    obey: (node, { interval }) => changeSettings(node, { interval }),
  }),
  // Any of the settings, {"QoS":2,"diagnosticsInterval":"10m"}, all or none; without one it changes nothing. The
  // result names them all.
  settings: Object.freeze<Command>({
    fields: definitions,
    obey: (node, { id: _, ...changes }) => changeSettings(node, changes),
  }),
  // A reading of each sensor, out of turn. The result says how many.
  sample: Object.freeze<Command>({
    fields: NONE,
    obey: (node) => ({ readings: node.sample() }),
  }),
  // {"duration":"10s"}: the LED shows which device this is.
  identify: Object.freeze<Command>({
    fields: Object.freeze({ duration }),
    obey(node, { duration: length = "10s" }) {
      node.identify(readField("duration", duration, length) as number);
      return { duration: length };
    },
  }),
  // Restarts when the result has been acknowledged. The result of a repeated id says "repeated":true, and that is all.
  restart: Object.freeze<Command>({
    fields: NONE,
    needsId: true,
    obey: (node, _fields, id = "") => (node.restart(id) ? {} : { repeated: true }),
    answered: (node, id = "", token) => node.restartAnswered(id, token),
  }),
});

/** {"state":"on"}: the command of each output, by the output's name. */
export const switching: Command = Object.freeze<Command>({
  fields: Object.freeze({
    state: Object.freeze<Field>({ kind: "choice", choices: Object.freeze(["on", "off"]), required: true }),
  }),
  obey(node, { state }, _id, name) {
    node.switch(name, state === "on", true);
    return { state };
  },
});

/** What a command takes: of `settings` each that there is, of the application's too. */
export function fieldsOf(command: Command, settings: SettingsStore): FieldTable {
  return command.fields === definitions ? settings.table : command.fields;
}

function changeSettings(node: Commanded, changes: Fields): Fields {
  if (Object.keys(changes).length > 0) {
    node.settings.change(changes);
    node.settingsChanged();
  }
  return node.settings.describe();
}
