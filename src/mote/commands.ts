import type { Message } from "../mqtt/api.js";
import { utf8Length } from "../mqtt/wire/utf8.js";
import { type Command, type Commanded, commands, switching } from "./built-in.js";
import { holdsControls } from "./characters.js";
import { asError, quoted } from "./errors.js";
import { readField, writeField } from "./field.js";
import { type Fields, readFields } from "./fields.js";
import type { Journal } from "./journal.js";
import type { CommandMessage, ResultMessage } from "./messages.js";
import type { Parts } from "./parts.js";

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
  /** Names of the outputs: each is a command. */
  private readonly outputs: readonly string[];
  private readonly interval: number;
  /** Milliseconds: what the burst is ahead of the interval at most. */
  private readonly ahead: number;
  /** The uptime at which a whole burst may be obeyed again. */
  private due = 0;
  private closed: string | undefined;

  /**
   * @param outputs names of those that can be switched
   * @param burst commands that are obeyed at once, @param interval and milliseconds from one to the next after them
   * @throws RangeError when they are out of bounds
   */
  constructor(
    node: Commanded,
    parts: Parts,
    journal: Journal,
    outputs: readonly string[],
    burst: number,
    interval: number,
  ) {
    if (!(burst >= 1 && interval >= 0)) {
      throw new RangeError(`commandBurst is ${burst}, commandInterval ${interval}: must be 1 or more, 0 or more`);
    }
    this.node = node;
    this.parts = parts;
    this.journal = journal;
    this.outputs = outputs;
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
      command = this.find(name);
      check(name, command, fields, id);
      if (this.closed !== undefined) throw new Error(this.closed);
      if (!admitted) {
        counters.busy++;
        throw new Error("busy: send it again later");
      }
      this.journal.command(name, id);
      said = command.obey(this.node, fields, id, name);
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

  private find(name: string): Command {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command !== undefined) return command;
    if (this.outputs.includes(name)) return switching;
    const known = [...Object.keys(commands), ...this.outputs];
    throw new Error(`command ${quoted(name)} is unknown: known are ${known.join(", ")}`);
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

function check(name: string, { fields: known, needsId }: Command, fields: Fields, id: string | undefined): void {
  for (const field of Object.keys(fields)) {
    if (field === "id") continue;
    const definition = Object.hasOwn(known, field) ? known[field] : undefined;
    if (definition === undefined) {
      const names = ["id", ...Object.keys(known)];
      throw new Error(`field ${quoted(field)} is unknown: ${name} knows ${names.join(", ")}`);
    }
    readField(field, definition, fields[field]);
  }
  for (const [field, definition] of Object.entries(known)) {
    if (definition.required && fields[field] === undefined) {
      const { initial = definition.choices?.[0] ?? 0 } = definition;
      const example = JSON.stringify({ [field]: writeField(definition, initial) });
      throw new Error(`the field "${field}" is missing, such as ${example}`);
    }
  }
  if (needsId && id === undefined) {
    throw new Error(`${name} needs an "id", a new one each time, by which it is known when it is sent again`);
  }
}
