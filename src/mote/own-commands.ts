/** An application's own commands, as the node has commands. */
import type { Application, CommandResult, FieldValue } from "./application.js";
import { type Command, switching } from "./built-in.js";
import { fieldOf } from "./declared-field.js";
import { type Field, type FieldTable, readField } from "./field.js";
import type { Fields } from "./fields.js";
import type { OwnNode } from "./own-node.js";

/** Those of outputs, too: each is switched by its name. @throws Error when a field is declared wrong */
export function ownCommands({ outputs = {}, commands = {} }: Application, node: OwnNode): { [name: string]: Command } {
  const own: { [name: string]: Command } = {};
  for (const name of Object.keys(outputs)) own[name] = switching;
  for (const [name, { fields = {}, run }] of Object.entries(commands)) {
    const table: { [field: string]: Field } = {};
    for (const [field, declared] of Object.entries(fields))
      table[field] = fieldOf(`command ${name}: field ${field}`, declared);
    own[name] = { fields: table, obey: (_node, given) => obey(node, table, run, given) };
  }
  return own;
}

function obey(
  node: OwnNode,
  table: FieldTable,
  run: (
    node: OwnNode,
    values: { [field: string]: FieldValue | undefined },
  ) => CommandResult | PromiseLike<CommandResult>,
  given: Fields,
): Fields | PromiseLike<Fields> {
  const values: { [field: string]: FieldValue | undefined } = {};
  for (const [name, field] of Object.entries(table))
    values[name] = given[name] === undefined ? field.initial : readField(name, field, given[name]);
  node.commanded = true;
  try {
    return (run(node, values) ?? {}) as Fields | PromiseLike<Fields>;
  } finally {
    node.commanded = false;
  }
}
