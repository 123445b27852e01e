/** Shows that the check finds what it is there for: puts each kind of defect into a copy, and expects to be told. */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildXs, type Target } from "./build.js";
import { readImage } from "./image.js";
import { soakOf } from "./lin-check.js";
import { problemsOf } from "./problems.js";
import { root, type Sdk } from "./sdk.js";

interface Defect {
  readonly name: string;
  readonly file: string;
  change(source: string): string;
  /** What the check must say. */
  readonly told: RegExp;
}

/** A board that shows them all. */
const BOARD = "esp32c3_devkitm";

/** At the level of a preloaded module, so that it is in read-only memory, and used for each topic and payload. */
const expression: Defect = {
  name: "a regular expression",
  file: "src/mqtt/utf8.ts",
  change: (source) =>
    source.replace(
      /^export function utf8Length\([^)]*\): number \{\n/m,
      "const PATTERN = /^\\0{9}/;\n$&  if (PATTERN.test(text)) return -1;\n",
    ),
  told: /mqtt\/utf8:\d+: a regular expression/,
};

const defects: readonly Defect[] = [
  expression,
  {
    name: "a type error",
    file: "src/node/uptime.ts",
    change: (source) => `${source}\nexport const wrong: number = "text";\n`,
    told: /uptime\.ts\(\d+,\d+\): error TS2322/,
  },
  {
    name: "a Map at the level of a preloaded module",
    file: "src/mqtt/topic.ts",
    change: (source) =>
      `${source}\nconst cache = new Map<string, number>();\nexport function remember(topic: string): void {\n  cache.set(topic, 1);\n}\n`,
    told: /mqtt\/topic:\d+: cache: new Map/,
  },
  {
    name: "a variable at the level of a preloaded module",
    file: "src/mqtt/topic.ts",
    change: (source) => `${source}\nlet calls = 0;\nexport function called(): number {\n  return ++calls;\n}\n`,
    told: /mqtt\/topic: .*calls: no const/,
  },
  {
    name: "a module that no manifest names",
    file: "src/mqtt/manifest.json",
    change: (source) => source.replaceAll(/^\s*"(\.|mqtt)\/utf8",?\n/gm, "").replaceAll(/,(\s*\])/g, "$1"),
    told: /module "\.+\/(mqtt\/)?utf8\.js" not found/,
  },
  {
    name: "setTimeout in src/node",
    file: "src/node/metronome.ts",
    change: (source) => `${source}\nsetTimeout(() => {}, 1);\n`,
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
    if (line === undefined)
      throw new Error(`${defect.name} in ${defect.file} was not found; told was:\n${told || "nothing"}`);
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
    throw new Error(`${expression.name} in ${expression.file} was not found by the soak; told was: ${told}`);
  }
  return `found by the soak: ${expression.name}: ${told}`;
}

/** @returns the folder of a copy of this repository that has the defect */
function copyWith(defect: Defect, folder: string): string {
  const copy = copyOf(folder);
  const file = join(copy, defect.file);
  const source = readFileSync(file, "utf8");
  const changed = defect.change(source);
  if (changed === source) throw new Error(`${defect.name} could not be put into ${defect.file}`);
  writeFileSync(file, changed);
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
