/** Holds the table of drivers (src/mote/drivers.ts), and the file of each in src/drivers, against what the SDK has. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Driver, drivers } from "../../src/mote/drivers.js";
import { root, type Sdk } from "./sdk.js";

const FOLDER = join(root, "src/drivers");

interface Manifest {
  readonly include: readonly string[];
  readonly modules?: { readonly [name: string]: string | readonly string[] };
}

/** One line for each fact that differs. */
export function driverProblems(sdk: Sdk): string[] {
  const files = readdirSync(FOLDER).map((file) => basename(file, ".json"));
  const known = Object.keys(drivers);
  return [
    ...files
      .filter((name) => !known.includes(name))
      .map((name) => `src/drivers/${name}.json: the table has no ${name}`),
    ...Object.entries(drivers).flatMap(([name, driver]) =>
      problemsOf(name, driver, sdk).map((text) => `${name}: ${text}`),
    ),
  ];
}

function problemsOf(name: string, driver: Driver, { path }: Sdk): string[] {
  const own = join(FOLDER, `${name}.json`);
  if (!existsSync(own)) return ["there is no such file in src/drivers"];
  const { include }: Manifest = JSON.parse(readFileSync(own, "utf8"));
  const theirs = include.map((file) => file.replace("$(MODDABLE)", path)).find((file) => file.startsWith(path));
  if (theirs === undefined || !existsSync(theirs)) return [`the SDK has no ${theirs}`];
  const source = join(dirname(theirs), sourceOf(theirs, driver.module) ?? "");
  if (!existsSync(source)) return [`the SDK's ${theirs} has no module ${driver.module}`];
  const text = readFileSync(source, "utf8");
  const problems: string[] = [];
  if (!/export default \w+|\bas default\b/.test(text)) problems.push(`${driver.module} has no default export`);
  if (driver.bus === "OneWire") return problems;
  const address = /address: (0x[0-9a-fA-F]+)/.exec(text)?.[1];
  if (Number(address) !== driver.address) problems.push(`its address is ${driver.address}, the SDK has ${address}`);
  // The two classes of a bus have different methods.
  const bus = /\b(read|write)Uint(8|16)\(/.test(text) ? "SMBus" : "I2C";
  if (bus !== driver.bus) problems.push(`its bus is ${driver.bus}, the SDK's driver calls the methods of ${bus}`);
  return problems;
}

/** The file of a module, beside its manifest. */
function sourceOf(manifest: string, module: string): string | undefined {
  const { modules = {} }: Manifest = JSON.parse(readFileSync(manifest, "utf8"));
  const named = modules[module];
  if (typeof named === "string") return `${basename(named)}.js`;
  // All of a folder, each by its own name.
  return modules["*"] === undefined ? undefined : `${module}.js`;
}
