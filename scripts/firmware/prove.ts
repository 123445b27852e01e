/** Shows that the check finds what it is there for: puts each kind of defect into a copy, and expects to be told. */
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { breakSources, type Change } from "../../test/support/breaking.js";
import { buildXs, type Target } from "./build.js";
import { readImage } from "./image.js";
import { soakOf } from "./lin-check.js";
import { problemsOf } from "./problems.js";
import { root, type Sdk } from "./sdk.js";

interface Defect {
  readonly name: string;
  readonly changes: readonly Change[];
  /** What the check must say. */
  readonly told: RegExp;
}

/** A board that shows them all. */
const BOARD = "esp32c3_devkitm";

const UTF8_LENGTH = "export function utf8Length(text: string, allowNull = false): number {\n";
const MATCHES = "export function matches(";
const METRONOME = "export class Metronome {";
const UPTIME = "export class Uptime {";

/** At the level of a preloaded module, so that it is in read-only memory, and used for each topic and payload. */
const expression: Defect = {
  name: "a regular expression",
  changes: [
    {
      search: UTF8_LENGTH,
      replace: `const PATTERN = /^\\0{9}/;\n${UTF8_LENGTH}  if (PATTERN.test(text)) return -1;\n`,
    },
  ],
  told: /mqtt\/wire\/utf8:\d+: a regular expression/,
};

const defects: readonly Defect[] = [
  expression,
  {
    name: "a type error",
    changes: [{ search: UPTIME, replace: `export const wrong: number = "text";\n${UPTIME}` }],
    told: /uptime\.ts\(\d+,\d+\): error TS2322/,
  },
  {
    name: "a Map at the level of a preloaded module",
    changes: [
      {
        search: MATCHES,
        replace: `const cache = new Map<string, number>();\nexport function remember(topic: string): void {\n  cache.set(topic, 1);\n}\n${MATCHES}`,
      },
    ],
    told: /mqtt\/wire\/topic:\d+: cache: new Map/,
  },
  {
    name: "a variable at the level of a preloaded module",
    changes: [
      {
        search: MATCHES,
        replace: `let calls = 0;\nexport function called(): number {\n  return ++calls;\n}\n${MATCHES}`,
      },
    ],
    told: /mqtt\/wire\/topic: .*calls: no const/,
  },
  {
    name: "a module that no manifest names",
    changes: [
      { search: ',\n      "./wire/utf8"', replace: "" },
      { search: ',\n    "mqtt/wire/utf8"', replace: "" },
    ],
    told: /module "\.+\/(mqtt\/wire\/|wire\/)?utf8\.js" not found/,
  },
  {
    name: "setTimeout in src/mote",
    changes: [{ search: METRONOME, replace: `setTimeout(() => {}, 1);\n${METRONOME}` }],
    told: /metronome\.ts\(\d+,\d+\): error TS2304: Cannot find name 'setTimeout'/,
  },
];

/** @returns a line for each. @throws Error when one was not found */
export function proveAll(sdk: Sdk, work: string): string[] {
  const lines: string[] = [];
  for (const [index, defect] of defects.entries()) {
    const copy = copyWith(defect, join(work, `defect-${index}`, "motewire"));
    const told = complaints(copy, join(work, `defect-${index}`, "output"), sdk);
    const line = told.split("\n").find((candidate) => defect.told.test(candidate));
    if (line === undefined) throw new Error(`${defect.name} was not found; told was:\n${told || "nothing"}`);
    lines.push(`found: ${defect.name}: ${line.trim()}`);
  }
  return lines;
}

/** Runs a regular expression on a device for each message: it must crash, or its memory must be seen to grow. */
export async function proveSoak(sdk: Sdk, work: string): Promise<string> {
  const copy = copyWith(expression, join(work, "defect-soak", "motewire"));
  let told = "nothing";
  try {
    await soakOf(copy, sdk, join(work, "defect-soak", "output"));
  } catch (error) {
    [told = ""] = (error as Error).message.split("\n");
  }
  if (!/^soak: (its memory has grown by|it has ended with SIG)/.test(told)) {
    throw new Error(`${expression.name} was not found by the soak; told was: ${told}`);
  }
  return `found by the soak: ${expression.name}: ${told}`;
}

/** @returns the folder of a copy of this repository that has the defect */
function copyWith(defect: Defect, folder: string): string {
  const copy = copyOf(folder);
  breakSources(copy, defect.changes, defect.name);
  return copy;
}

function copyOf(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(root)) {
    if (/^(src|boards|manifest\.json|tsconfig\.base\.json)$/.test(name))
      cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function complaints(program: string, output: string, sdk: Sdk): string {
  const target: Target = {
    name: BOARD,
    program,
    platform: `esp32:./boards/${BOARD}`,
    config: ["wifi_ssid=check", "mqtt_host=192.0.2.1"],
  };
  try {
    const built = buildXs(target, output, sdk);
    return problemsOf(built, readImage(built), program).join("\n");
  } catch (error) {
    return (error as Error).message;
  }
}
