import type { Message } from "../mqtt/api.js";
import { utf8Length } from "../mqtt/wire/utf8.js";
import { Alarm } from "./alarm.js";
import { type Command, type Commanded, commands, fieldsOf } from "./built-in.js";
import { holdsControls } from "./characters.js";
import { asError, guarded, quoted } from "./errors.js";
import { type FieldTable, readField, writeField } from "./field.js";
import { type Fields, readFields } from "./fields.js";
import type { Journal } from "./journal.js";
import { isLater } from "./later.js";
import type { CommandMessage, ResultMessage } from "./messages.js";
import type { Parts } from "./parts.js";

/** Bytes of a command's payload. */
const MAXIMUM_PAYLOAD = 1024;
/** Bytes of a command's id. */
const MAXIMUM_ID = 64;
/** Commands that answer later, at most; and milliseconds until one that has not is answered for. */
const MAXIMUM_WAITING = 4;
const PATIENCE = 60_000;

/**
 * Takes commands, has them obeyed, and answers each on its result topic. One is obeyed only when there is room for its result
 * and they do not come too fast; else it is refused as busy, with QoS 0, which takes no room.
 */
export class Commands {
  private readonly node: Commanded;
  private readonly parts: Parts;
  private readonly journal: Journal;
  /** The application's. */
  private readonly own: { readonly [name: string]: Command };
  private readonly interval: number;
  /** Milliseconds: what the burst is ahead of the interval at most. */
  private readonly ahead: number;
  /** The uptime at which a whole burst may be obeyed again. */
  private due = 0;
  private closed: string | undefined;
  /** Commands that are being obeyed and answer later. */
  private readonly waiting: Alarm[] = [];

  /**
   * @param own the application's commands
   * @param burst commands that are obeyed at once, @param interval and milliseconds from one to the next after them
   * @throws RangeError when they are out of bounds
   */
  constructor(node: Commanded, parts: Parts, journal: Journal, own: Commands["own"], burst: number, interval: number) {
    if (!(burst >= 1 && interval >= 0)) {
      throw new RangeError(`commandBurst is ${burst}, commandInterval ${interval}: must be 1 or more, 0 or more`);
    }
    this.node = node;
    this.parts = parts;
    this.journal = journal;
    this.own = own;
    this.interval = interval;
    this.ahead = (burst - 1) * interval;
  }

  handle(message: Message): void {
    // Only the first piece of what is too large is looked at, to refuse it.
    if (message.offset > 0) return;
    const { topics, report, counters } = this.parts;
    const name = topics.commandName(message.topic);
    if (message.retain) {
      counters.refused++;
      report(new Error("retained: ignored, for it would be obeyed again at every start"), `command ${name}`);
      return;
    }
    const admitted = this.admit();
    let id: string | undefined;
    let command: Command;
    let said: Fields | PromiseLike<Fields>;
    try {
      const fields = readPayload(message);
      id = readId(fields);
      command = this.find(name);
      check(name, command, fieldsOf(command, this.node.settings), fields, id);
      if (this.closed !== undefined) throw new Error(this.closed);
      if (!admitted || this.waiting.length === MAXIMUM_WAITING) {
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
    if (isLater<Fields>(said)) {
      this.await(name, id, said);
      return;
    }
    const token = this.succeeded(name, id, said);
    command.answered?.(this.node, id, token);
  }

  private succeeded(name: string, id: string | undefined, said: Fields): number {
    // What the application says cannot take the place of these two.
    const token = this.answer(name, Object.assign({ id, ok: true }, said, { id, ok: true }), true);
    if (token === 0) this.parts.tally.refuse();
    return token;
  }

  private refuse(name: string, id: string | undefined, error: unknown): void {
    this.parts.counters.refused++;
    this.answer(name, { id, ok: false, error: asError(error).message }, true);
  }

  /** Answers when the promise ends, or has not for too long. */
  private await(name: string, id: string | undefined, later: PromiseLike<Fields>): void {
    const { clock, report } = this.parts;
    const late = `it has not ended within ${PATIENCE / 1000} s`;
    const alarm = new Alarm(clock, report, `command ${name}`, this, () => {
      if (this.ended(alarm)) this.refuse(name, id, late);
    });
    this.waiting.push(alarm);
    alarm.set(PATIENCE);
    const where = `command ${name}`;
    later.then(
      guarded(report, where, this, (said: unknown) => {
        if (this.ended(alarm)) this.succeeded(name, id, (said ?? {}) as Fields);
      }),
      guarded(report, where, this, (error: unknown) => {
        if (this.ended(alarm)) this.refuse(name, id, error);
      }),
    );
  }

  /** @returns whether it was still waited for */
  private ended(alarm: Alarm): boolean {
    const at = this.waiting.indexOf(alarm);
    if (at >= 0) this.waiting.splice(at, 1);
    alarm.clear();
    return at >= 0;
  }

  /** From now on every command is refused. */
  close(reason: string): void {
    this.closed = reason;
    for (const alarm of this.waiting.splice(0)) alarm.clear();
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
    const own = Object.hasOwn(this.own, name) ? this.own[name] : undefined;
    if (own !== undefined) return own;
    const known = [...Object.keys(commands), ...Object.keys(this.own)];
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

function check(name: string, { needsId }: Command, known: FieldTable, fields: Fields, id: string | undefined): void {
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
