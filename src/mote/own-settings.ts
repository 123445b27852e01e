/** An application's own settings, as the node has settings. */
import type { Application } from "./application.js";
import { fieldOf } from "./declared-field.js";
import type { Field, FieldTable } from "./field.js";
import { definitions } from "./settings.js";

/** @returns undefined when it has none. @throws Error when one is declared wrong */
export function ownSettings({ settings }: Application): FieldTable | undefined {
  if (settings === undefined) return undefined;
  const table: { [name: string]: Field } = {};
  for (const [name, declared] of Object.entries(settings)) {
    const where = `setting ${name}`;
    if (Object.hasOwn(definitions, name)) throw new Error(`${where}: each node has a setting of that name`);
    if (declared.initial === undefined) throw new Error(`${where}: needs an initial value`);
    table[name] = fieldOf(where, declared);
  }
  return table;
}
