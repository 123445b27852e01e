/** Faults as a person writes them: `wifi_loss@2m:15s`, `latency:30s,ms=800`. */
import { parseDuration } from "../../src/mote/duration.js";
import { quoted } from "../../src/platforms/quoted.js";
import type { Choice, Fault, Parameter, Values } from "../core/sim/faults/fault.js";
import { faults, findFault } from "../core/sim/faults/index.js";

/** One that happens, when, and for how long. Milliseconds. */
export interface PlannedFault {
  readonly fault: string;
  readonly at: number;
  readonly lasts: number;
  readonly values: Values;
}

/** Until it is healed: longer than any test. */
const LASTING = 365 * 86_400_000;
const FORM = "NAME[@WHEN][:HOW LONG][,PARAMETER=VALUE…], such as wifi_loss@2m:15s";

/** @throws Error that names what is wrong, and what it may be */
export function readFault(text: string): PlannedFault {
  const [head = "", ...settings] = text.split(",");
  const [, name = "", at, lasts] = /^(\w+)(?:@([^:]*))?(?::(.*))?$/.exec(head.trim()) ?? [];
  const fault = findFault(name);
  if (fault === undefined) {
    const known = faults.map((one) => one.name).join(", ");
    throw new Error(`the fault is ${quoted(text)}: must be ${FORM}; the names are ${known}`);
  }
  if (lasts !== undefined && fault.instant) throw new Error(`${name} is over at once: leave ":${lasts}" out`);
  const values: { [name: string]: number | string } = {};
  for (const parameter of fault.parameters) values[parameter.name] = parameter.initial;
  for (const setting of settings) {
    const [key = "", value = ""] = setting.split("=");
    const parameter = fault.parameters.find((one) => one.name === key.trim());
    if (parameter === undefined) throw new Error(`${name} has no ${quoted(key)}: it has ${parametersOf(fault)}`);
    values[parameter.name] = readValue(name, parameter, value.trim());
  }
  return {
    fault: name,
    at: at === undefined ? 0 : time(text, at),
    lasts: lasts === undefined ? LASTING : time(text, lasts),
    values,
  };
}

function time(text: string, duration: string): number {
  const ms = parseDuration(duration);
  if (ms !== undefined) return ms;
  throw new Error(`the fault is ${quoted(text)}: ${quoted(duration)} must be a duration such as 15s; ${FORM}`);
}

function parametersOf({ parameters }: Fault): string {
  return parameters.map(({ name }) => name).join(", ") || "none";
}

function readValue(fault: string, parameter: Parameter | Choice, text: string): number | string {
  const wrong = (rule: string) => new Error(`${parameter.name} of ${fault} is ${quoted(text)}: must be ${rule}`);
  if (parameter.kind === "choice") {
    if (parameter.choices.includes(text)) return text;
    throw wrong(`one of ${parameter.choices.join(", ")}`);
  }
  const value = parameter.kind === "ms" ? (parseDuration(text) ?? Number(text)) : Number(text);
  const { least, most, kind } = parameter;
  if (text !== "" && value >= least && value <= most) return value;
  throw wrong(`from ${least} to ${most} (${kind})`);
}
