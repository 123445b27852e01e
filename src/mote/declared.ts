/** Checks what an application declares: the errors are read by who has written it, at the node's start. */
import type { Sensor } from "../platform.js";
import type { AlertDeclaration, Application } from "./application.js";
import { commands } from "./built-in.js";
import { isMadeOf } from "./characters.js";
import { parseDuration } from "./duration.js";
import { quoted } from "./errors.js";
import { LEVEL_CHARACTERS } from "./topics.js";

/** @param sensors as the application has them. @throws Error that names the part, what is wrong with it, and the choices */
export function checkApplication(
  { inputs = {}, outputs = {}, alerts = {} }: Application,
  sensors: readonly Sensor[],
): void {
  for (const { id } of sensors) checkName("sensor", id);
  for (const name of Object.keys(inputs)) checkName("input", name);
  for (const name of Object.keys(outputs)) {
    checkName("output", name);
    if (Object.hasOwn(commands, name)) {
      throw new Error(`output ${name}: each node has a command of that name; take another than ${names(commands)}`);
    }
  }
  for (const [name, alert] of Object.entries(alerts)) {
    checkName("alert", name);
    checkAlert(`alert ${name}`, alert, sensors);
  }
}

function checkName(kind: string, name: string): void {
  if (isMadeOf(name, LEVEL_CHARACTERS, 32)) return;
  throw new Error(`${kind} ${quoted(name)}: must have a name of 1 to 32 characters of A-Z a-z 0-9 _ -`);
}

function checkAlert(
  where: string,
  { of, above, below, clear, for: time }: AlertDeclaration,
  sensors: readonly Sensor[],
): void {
  const known = sensors.flatMap(({ id, units }) => Object.keys(units).map((quantity) => `${id}.${quantity}`));
  if (!known.includes(of)) throw new Error(`${where}: of is ${quoted(of)}: must be one of ${known.join(", ")}`);
  if ((above === undefined) === (below === undefined)) throw new Error(`${where}: needs one of above and below`);
  if (above === undefined ? !(clear >= (below as number)) : !(clear <= above)) {
    const rule =
      above === undefined
        ? `${below} or more, as it is raised below that`
        : `${above} or less, as it is raised above that`;
    throw new Error(`${where}: clear is ${quoted(clear)}: must be ${rule}`);
  }
  if (time !== undefined && parseDuration(time) === undefined) {
    throw new Error(
      `${where}: for is ${quoted(time)}: must be a duration with its unit (ms, s, m, h, d), such as "30s"`,
    );
  }
}

function names(table: object): string {
  return Object.keys(table).join(", ");
}
