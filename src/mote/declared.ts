/** Checks what an application declares: the errors are read by who has written it, at the node's start. */
import { checkTopicFilter, checkTopicName } from "../mqtt/wire/topic.js";
import type { Pin, Pins, Sensor } from "../platform.js";
import type { AlertDeclaration, Application } from "./application.js";
import { commands } from "./built-in.js";
import { isMadeOf } from "./characters.js";
import { parseDuration } from "./duration.js";
import { asError, quoted } from "./errors.js";
import { LEVEL_CHARACTERS, type Topics } from "./topics.js";

/** Milliseconds. */
const LONGEST_DEBOUNCE = 10_000;
const LEAST_INTERVAL = 100;
const LONGEST_INTERVAL = 86_400_000;

/** @param sensors as the application has them @param node its own topics, which are not the application's. @throws Error that names the part, what is wrong with it, and the choices */
export function checkApplication(
  declared: Application,
  sensors: readonly Sensor[],
  pins: Pins,
  { prefix, status, commands: all }: Topics,
): void {
  const { inputs = {}, outputs = {}, alerts = {}, topics = {}, subscriptions = {} } = declared;
  checkNames(declared, sensors);
  checkPins(declared, pins);
  for (const [id, { interval, change }] of Object.entries(declared.sensors ?? {})) {
    if (interval !== undefined) checkTime(`sensor ${id}: interval`, interval, LEAST_INTERVAL, LONGEST_INTERVAL);
    if (change !== undefined && !(change > 0))
      throw new Error(`sensor ${id}: change is ${quoted(change)}: must be a number above 0`);
  }
  for (const [name, { debounce }] of Object.entries(inputs))
    if (debounce !== undefined) checkTime(`input ${name}: debounce`, debounce, 0, LONGEST_DEBOUNCE);
  checkCommands("output", outputs);
  checkCommands("command", declared.commands ?? {});
  for (const [name, alert] of Object.entries(alerts)) checkAlert(`alert ${name}`, alert, sensors);
  for (const [name, { topic }] of Object.entries(topics)) {
    if (topic === undefined) continue;
    checkTopic(`topic ${name}: topic`, topic, checkTopicName);
    if (topic.startsWith(prefix))
      throw new Error(`topic ${name}: topic is ${quoted(topic)}: what begins with ${prefix} is the node's`);
  }
  const filters = [status, all];
  for (const [name, { filter }] of Object.entries(subscriptions)) {
    checkTopic(`subscription ${name}: filter`, filter, checkTopicFilter);
    if (filters.includes(filter))
      throw new Error(`subscription ${name}: filter is ${quoted(filter)}: there is a subscription to that already`);
    filters.push(filter);
  }
}

/** Every name is a topic level, and stands for one thing. */
function checkNames(declared: Application, sensors: readonly Sensor[]): void {
  const taken: { [name: string]: string } = {};
  const kinds: { readonly [kind: string]: readonly string[] } = {
    sensor: sensors.map(({ id }) => id),
    input: Object.keys(declared.inputs ?? {}),
    output: Object.keys(declared.outputs ?? {}),
    alert: Object.keys(declared.alerts ?? {}),
    command: Object.keys(declared.commands ?? {}),
    setting: Object.keys(declared.settings ?? {}),
    topic: Object.keys(declared.topics ?? {}),
    subscription: Object.keys(declared.subscriptions ?? {}),
  };
  for (const [kind, all] of Object.entries(kinds)) {
    for (const name of all) {
      if (!isMadeOf(name, LEVEL_CHARACTERS, 32))
        throw new Error(`${kind} ${quoted(name)}: must have a name of 1 to 32 characters of A-Z a-z 0-9 _ -`);
      const other = Object.hasOwn(taken, name) ? taken[name] : undefined;
      if (other !== undefined) throw new Error(`${kind} ${name}: there is the ${other} ${name}: take another name`);
      taken[name] = kind;
    }
  }
}

/** An output is switched by a command of its name. */
function checkCommands(kind: string, own: object): void {
  for (const name of Object.keys(own)) {
    if (Object.hasOwn(commands, name))
      throw new Error(`${kind} ${name}: each node has a command of that name; take another than ${names(commands)}`);
  }
}

/** A pin is one thing. */
function checkPins({ sensors = {}, inputs = {}, outputs = {} }: Application, pins: Pins): void {
  const taken = new Map<number, string>();
  const take = (who: string, pin: Pin) => {
    let number: number;
    try {
      number = pins.numberOf(pin);
    } catch (error) {
      throw new Error(`${who}: ${asError(error).message}`);
    }
    const other = taken.get(number);
    if (other !== undefined) throw new Error(`${who}: pin ${pin} is that of ${other}`);
    taken.set(number, who);
  };
  for (const [id, sensor] of Object.entries(sensors)) {
    if ("analog" in sensor) take(`sensor ${id}`, sensor.analog);
    // Several may share a wire of that kind.
    else if ("driver" in sensor && sensor.pin !== undefined && !taken.has(pins.numberOf(sensor.pin)))
      take(`sensor ${id}`, sensor.pin);
  }
  for (const [name, { pin }] of Object.entries(inputs)) take(`input ${name}`, pin);
  for (const [name, { pin }] of Object.entries(outputs)) take(`output ${name}`, pin);
}

function checkTopic(where: string, topic: string, check: (topic: string) => unknown): void {
  try {
    check(topic);
  } catch (error) {
    throw new Error(`${where}: ${asError(error).message}`);
  }
}

function checkTime(where: string, value: string, least: number, most: number): void {
  const time = typeof value === "string" ? parseDuration(value) : undefined;
  if (time === undefined || time < least || time > most) {
    throw new Error(
      `${where} is ${quoted(value)}: must be a duration with its unit (ms, s, m, h, d), from ${least} ms to ${most / 1000} s`,
    );
  }
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
