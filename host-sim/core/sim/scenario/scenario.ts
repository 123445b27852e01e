/**
 * A story that a person has written: what nodes there are, what happens when, and what is expected when.
 *
 * ```json
 * {
 *   "about": "one paragraph for people",
 *   "seed": 7,
 *   "duration": "24h",
 *   "traffic": false,
 *   "nodes": [{ "program": "mote", "interval": "10s", "QoS": 1, "latency": "20ms" }],
 *   "story": [
 *     { "at": "1h", "fault": "wifi_loss", "for": "10m" },
 *     { "at": "2h", "fault": "power_cut", "off": "5s", "every": "1m", "times": 10, "state": "publish 1" },
 *     { "at": "3h", "set": { "interval": "1s" } },
 *     { "at": "4h", "calm": true },
 *     { "at": "5h", "expect": { "connected": true, "missing": 0, "accepted": { "least": 1000 } } }
 *   ]
 * }
 * ```
 * The parameters of a fault stand beside its name. `calm` heals all faults; within QUIET_TIME all must be well. The same
 * holds at the end. The invariants hold always.
 */
import type { QoS } from "../../../../src/mqtt/api.js";
import type { Choice, Fault, Parameter, Values } from "../faults/fault.js";
import { faults, findFault } from "../faults/index.js";
import { type ApplicationName, applications } from "../mote.js";
import { states } from "../states.js";
import type { NodeStory, Step, Story } from "../story.js";
import { durationOf, FileError, type Json, numberOf, ObjectReader, readJson, wordOf } from "./json.js";

/** What can be expected of a node, or of all together. */
export const measures = Object.freeze([
  "connected",
  "missing",
  "accepted",
  "arrived",
  "handed",
  "connections",
  "commits",
  "parked",
] as const);

export type Measure = (typeof measures)[number];

export interface Expectation {
  readonly at: number;
  readonly line: number;
  /** Undefined: of all nodes together. */
  readonly node: number | undefined;
  readonly what: readonly { readonly measure: Measure; readonly least: number; readonly most: number }[];
}

/** Settings that are sent to a mote as a command. */
export interface SettingStep {
  readonly at: number;
  readonly node: number;
  readonly settings: { readonly [name: string]: string | number };
}

export interface Scenario {
  readonly about: string;
  readonly story: Story;
  readonly expectations: readonly Expectation[];
  readonly settings: readonly SettingStep[];
}

const DAY = 86_400_000;
const MOST_STEPS = 100_000;

/** @throws FileError */
export function readScenario(text: string): Scenario {
  const reader = new ObjectReader(readJson(text), "a scenario");
  const about = reader.need("about");
  if (about.kind !== "plain" || typeof about.value !== "string") {
    throw new FileError(about.line, '"about" must be text that says what the story is about');
  }
  const seed = reader.take("seed");
  const duration = durationOf(reader.need("duration"), "duration");
  const traffic = reader.take("traffic");
  if (traffic !== undefined && (traffic.kind !== "plain" || typeof traffic.value !== "boolean")) {
    throw new FileError(traffic.line, '"traffic" must be true or false');
  }
  const cast = reader.list("nodes").map(readNode);
  if (cast.length === 0) throw new FileError(reader.line, 'a scenario has no "nodes"');
  const parts: Parts = { steps: [], calms: [], expectations: [], settings: [], duration, nodes: cast.length };
  for (const entry of reader.list("story")) readEntry(entry, parts);
  reader.end();
  parts.steps.sort((a, b) => a.at - b.at);
  return {
    about: about.value,
    story: {
      seed: seed === undefined ? "1" : String(numberOf(seed, "seed", 0, 1e9)),
      duration,
      nodes: cast,
      steps: parts.steps.map((step, index) => ({ ...step, index })),
      calms: [...parts.calms.filter((at) => at < duration), duration].sort((a, b) => a - b),
      traffic: traffic === undefined || (traffic as { value: unknown }).value === true,
    },
    expectations: parts.expectations,
    settings: parts.settings,
  };
}

interface Parts {
  readonly steps: Step[];
  readonly calms: number[];
  readonly expectations: Expectation[];
  readonly settings: SettingStep[];
  readonly duration: number;
  readonly nodes: number;
}

function readNode(json: Json): NodeStory {
  const reader = new ObjectReader(json, "a node");
  const take = <T>(name: string, read: (json: Json, name: string) => T, initial: T): T => {
    const field = reader.take(name);
    return field === undefined ? initial : read(field, name);
  };
  const near = take("latency", durationOf, 20);
  const node: NodeStory = {
    program: take("program", (field, name) => wordOf(field, name, ["mote", "probe"]), "mote") as "mote" | "probe",
    application: take(
      "application",
      (field, name) => wordOf(field, name, Object.keys(applications)),
      "simulated",
    ) as ApplicationName,
    interval: take("interval", durationOf, 10_000),
    QoS: take("QoS", (field, name) => numberOf(field, name, 0, 2), 1) as QoS,
    latency: [near, near + take("jitter", durationOf, 0)],
    window: take("window", (field, name) => numberOf(field, name, 1, 65_535), 1536),
    flash: take("flash", (field, name) => numberOf(field, name, 4096, 16_777_216), 24_576),
  };
  if (node.interval < 100 || node.interval > DAY) throw new FileError(reader.line, '"interval" must be 100ms to 1d');
  reader.end();
  return node;
}

function readEntry(json: Json, parts: Parts): void {
  const reader = new ObjectReader(json, "an entry of the story");
  const at = durationOf(reader.need("at"), "at");
  if (at < 0 || at > parts.duration) throw new FileError(reader.line, `"at" is not within the story's duration`);
  const kinds = ["fault", "set", "expect", "calm"].filter((name) => reader.has(name));
  if (kinds.length !== 1) throw new FileError(reader.line, 'an entry has one of "fault", "set", "expect" and "calm"');
  const nodeField = kinds[0] === "calm" ? undefined : reader.take("node");
  const node = nodeField === undefined ? undefined : numberOf(nodeField, "node", 0, parts.nodes - 1);
  if (kinds[0] === "fault") readFault(reader, at, node ?? 0, parts);
  else if (kinds[0] === "set") parts.settings.push({ at, node: node ?? 0, settings: readSettings(reader.need("set")) });
  else if (kinds[0] === "expect") {
    parts.expectations.push({ at, line: reader.line, node, what: readExpectations(reader.need("expect")) });
  } else {
    const calm = reader.need("calm");
    if (calm.kind !== "plain" || calm.value !== true) throw new FileError(calm.line, '"calm" must be true');
    parts.calms.push(at);
  }
  reader.end();
}

function readFault(reader: ObjectReader, at: number, node: number, parts: Parts): void {
  const names = faults.map(({ name }) => name);
  const fault = findFault(wordOf(reader.need("fault"), "fault", names)) as Fault;
  const lasting = reader.take("for");
  if (lasting !== undefined && fault.instant) {
    throw new FileError(lasting.line, `${fault.name} is over at once: it has no "for"`);
  }
  const lasts = lasting === undefined ? parts.duration : durationOf(lasting, "for");
  const stateField = reader.take("state");
  const state = stateField === undefined ? undefined : states.indexOf(wordOf(stateField, "state", states) as never);
  const everyField = reader.take("every");
  const timesField = reader.take("times");
  const every = everyField === undefined ? 0 : durationOf(everyField, "every");
  const times = timesField === undefined ? 1 : numberOf(timesField, "times", 1, MOST_STEPS);
  if (times > 1 && every <= 0) throw new FileError(reader.line, '"times" needs "every", the time between');
  const values = readValues(reader, fault.parameters);
  for (let count = 0; count < times && at + count * every <= parts.duration; count++) {
    if (parts.steps.length >= MOST_STEPS) throw new FileError(reader.line, `a story has at most ${MOST_STEPS} faults`);
    parts.steps.push({
      index: 0,
      at: at + count * every,
      node,
      fault: fault.name,
      values,
      lasts,
      ...(state !== undefined && { state, after: 0 }),
    });
  }
}

function readValues(reader: ObjectReader, parameters: readonly (Parameter | Choice)[]): Values {
  const values: { [name: string]: number | string } = {};
  for (const parameter of parameters) {
    const json = reader.take(parameter.name);
    values[parameter.name] = json === undefined ? parameter.initial : readValue(json, parameter);
  }
  return values;
}

function readValue(json: Json, parameter: Parameter | Choice): number | string {
  const { name } = parameter;
  if (parameter.kind === "choice") return wordOf(json, name, parameter.choices);
  if (parameter.kind !== "ms") return numberOf(json, name, parameter.least, parameter.most);
  const value = durationOf(json, name);
  if (value < parameter.least || value > parameter.most) {
    throw new FileError(json.line, `"${name}" must be from ${parameter.least} to ${parameter.most} ms`);
  }
  return value;
}

function readSettings(json: Json): SettingStep["settings"] {
  const reader = new ObjectReader(json, '"set"');
  const settings: { [name: string]: string | number } = {};
  for (const name of ["interval", "diagnosticsInterval"]) {
    const field = reader.take(name);
    if (field === undefined) continue;
    durationOf(field, name);
    settings[name] = (field as { value: string }).value;
  }
  const QoS = reader.take("QoS");
  if (QoS !== undefined) settings.QoS = numberOf(QoS, "QoS", 0, 2);
  reader.end();
  return settings;
}

function readExpectations(json: Json): Expectation["what"] {
  const reader = new ObjectReader(json, '"expect"');
  const what: { measure: Measure; least: number; most: number }[] = [];
  for (const measure of measures) {
    const field = reader.take(measure);
    if (field !== undefined) what.push({ measure, ...readRange(field, measure) });
  }
  reader.end();
  if (what.length === 0) throw new FileError(reader.line, `"expect" is empty: it knows ${measures.join(", ")}`);
  return what;
}

function readRange(json: Json, name: string): { least: number; most: number } {
  if (json.kind === "plain" && typeof json.value === "boolean") return { least: +json.value, most: +json.value };
  if (json.kind === "plain") {
    const value = numberOf(json, name, 0, Number.MAX_SAFE_INTEGER);
    return { least: value, most: value };
  }
  const reader = new ObjectReader(json, `"${name}"`);
  const least = reader.take("least");
  const most = reader.take("most");
  reader.end();
  return {
    least: least === undefined ? 0 : numberOf(least, "least", 0, Number.MAX_SAFE_INTEGER),
    most: most === undefined ? Number.MAX_SAFE_INTEGER : numberOf(most, "most", 0, Number.MAX_SAFE_INTEGER),
  };
}
