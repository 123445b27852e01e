import type { Message } from "../mqtt/api.js";
import { utf8Length } from "../mqtt/wire/utf8.js";
import { holdsControls } from "./characters.js";
import { readDuration } from "./duration.js";
import { asError, quoted } from "./errors.js";
import { type Fields, readFields } from "./fields.js";
import type { Journal } from "./journal.js";
import type { CommandMessage, ResultMessage } from "./messages.js";
import type { Parts } from "./parts.js";
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
}

/** One command: everything that is particular about it. */
interface Command {
  readonly name: string;
  /** Fields it knows, beside `id`. */
  readonly fields: readonly string[];
  readonly needsId?: boolean;
  /** @returns what its result says beside `id` and `ok`. @throws Error why it is refused; then nothing has changed */
  obey(node: Commanded, fields: Fields, id: string | undefined): Fields;
  /** The result was accepted by the client, or (token 0) could not be. */
  answered?(node: Commanded, id: string | undefined, token: number): void;
}

const IDENTIFY = Object.freeze({ initial: "10s", least: 1000, most: 600_000 });

const commands: readonly Command[] = Object.freeze([
  Object.freeze<Command>({
    // {"interval":"5s"}: time from one reading to the next. A short form of `settings`.
    name: "interval",
    fields: Object.freeze(["interval"]),
    obey(node, { interval }) {
      if (interval === undefined) throw new Error('the field "interval" is missing, such as {"interval":"5s"}');
      return changeSettings(node, { interval });
    },
  }),
  Object.freeze<Command>({
    // Any of the settings, {"QoS":2,"diagnosticsInterval":"10m"}, all or none; without one it changes nothing. The
    // result names them all.
    name: "settings",
    fields: Object.freeze(definitions.map(({ name }) => name)),
    obey(node, { id: _, ...changes }) {
      return changeSettings(node, changes);
    },
  }),
  Object.freeze<Command>({
    // A reading of each sensor, out of turn. The result says how many.
    name: "sample",
    fields: Object.freeze([]),
    obey(node) {
      return { readings: node.sample() };
    },
  }),
  Object.freeze<Command>({
    // {"duration":"10s"}: the LED shows which device this is.
    name: "identify",
    fields: Object.freeze(["duration"]),
    obey(node, { duration = IDENTIFY.initial }) {
      node.identify(readDuration("duration", duration, IDENTIFY.least, IDENTIFY.most));
      return { duration };
    },
  }),
  Object.freeze<Command>({
    // Restarts when the result has been acknowledged. The result of a repeated id says "repeated":true, and that is all.
    name: "restart",
    fields: Object.freeze([]),
    needsId: true,
    obey(node, _fields, id = "") {
      return node.restart(id) ? {} : { repeated: true };
    },
    answered(node, id = "", token) {
      node.restartAnswered(id, token);
    },
  }),
]);

function changeSettings(node: Commanded, changes: Fields): Fields {
  if (Object.keys(changes).length > 0) {
    node.settings.change(changes);
    node.settingsChanged();
  }
  return node.settings.describe();
}

/** Bytes of a command's payload. */
const MAXIMUM_PAYLOAD = 1024;
/** Bytes of a command's id. */
const MAXIMUM_ID = 64;

/**
 * Takes commands, has them obeyed, and answers each on its result topic. One is obeyed only when there is room for its result
 * and they do not come too fast; else it is refused as busy, with QoS 0, which takes no room.
 */
export class Commands {
  private readonly node: Commanded;
  private readonly parts: Parts;
  private readonly journal: Journal;
  private readonly interval: number;
  /** Milliseconds: what the burst is ahead of the interval at most. */
  private readonly ahead: number;
  /** The uptime at which a whole burst may be obeyed again. */
  private due = 0;
  private closed: string | undefined;

  /**
   * @param burst commands that are obeyed at once, @param interval and milliseconds from one to the next after them
   * @throws RangeError when they are out of bounds
   */
  constructor(node: Commanded, parts: Parts, journal: Journal, burst: number, interval: number) {
    if (!(burst >= 1 && interval >= 0)) {
      throw new RangeError(`commandBurst is ${burst}, commandInterval ${interval}: must be 1 or more, 0 or more`);
    }
    this.node = node;
    this.parts = parts;
    this.journal = journal;
    this.interval = interval;
    this.ahead = (burst - 1) * interval;
  }

  handle(message: Message): void {
    // Only the first piece of what is too large is looked at, to refuse it.
    if (message.offset > 0) return;
    const { topics, report, counters, tally } = this.parts;
    const name = topics.commandName(message.topic);
    if (message.retain) {
      counters.refused++;
      report(new Error("retained: ignored, for it would be obeyed again at every start"), `command ${name}`);
      return;
    }
    const admitted = this.admit();
    let id: string | undefined;
    let command: Command;
    let said: Fields;
    try {
      const fields = readPayload(message);
      id = readId(fields);
      command = find(name);
      check(command, fields, id);
      if (this.closed !== undefined) throw new Error(this.closed);
      if (!admitted) {
        counters.busy++;
        throw new Error("busy: send it again later");
      }
      this.journal.command(name, id);
      said = command.obey(this.node, fields, id);
    } catch (error) {
      counters.refused++;
      this.answer(name, { id, ok: false, error: asError(error).message }, admitted);
      return;
    }
    const token = this.answer(name, { id, ok: true, ...said }, true);
    if (token === 0) tally.refuse();
    command.answered?.(this.node, id, token);
  }

  /** From now on every command is refused. */
  close(reason: string): void {
    this.closed = reason;
  }

  /** Whether a command may be obeyed now; then it counts. */
  private admit(): boolean {
    const { uptime, publisher } = this.parts;
    const now = uptime.now();
    const due = Math.max(this.due, now);
    if (due - now > this.ahead || !publisher.takesResult) return false;
    this.due = due + this.interval;
    return true;
  }

  private answer(name: string, result: ResultMessage, reserved: boolean): number {
    const { topics, publisher } = this.parts;
    const payload = JSON.stringify(result);
    this.journal.result(name, payload);
    return publisher.answer(topics.result(name), payload, reserved);
  }
}

function readPayload({ payload, byteLength }: Message): CommandMessage {
  if (byteLength > MAXIMUM_PAYLOAD) {
    throw new Error(`the payload has ${byteLength} bytes: must be at most ${MAXIMUM_PAYLOAD}`);
  }
  if (byteLength === 0) return {};
  try {
    return readFields(payload) as CommandMessage;
  } catch (error) {
    throw new Error(`the payload ${asError(error).message}`);
  }
}

function readId({ id }: Fields): string | undefined {
  if (id === undefined) return undefined;
  const length = typeof id === "string" ? utf8Length(id) : -1;
  if (length < 1 || length > MAXIMUM_ID || holdsControls(id as string)) {
    throw new Error(`id is ${quoted(id)}: must be text of 1 to ${MAXIMUM_ID} bytes without control characters`);
  }
  return id as string;
}

function find(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  throw new Error(`command ${quoted(name)} is unknown: known are ${commands.map((known) => known.name).join(", ")}`);
}

function check({ name, fields: known, needsId }: Command, fields: Fields, id: string | undefined): void {
  for (const field of Object.keys(fields)) {
    if (field !== "id" && !known.includes(field)) {
      throw new Error(`field ${quoted(field)} is unknown: ${name} knows ${["id", ...known].join(", ")}`);
    }
  }
  if (needsId && id === undefined) {
    throw new Error(`${name} needs an "id", a new one each time, by which it is known when it is sent again`);
  }
}
