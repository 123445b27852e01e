/**
 * Which modules a program on XS has, by what name, and whether they are in flash: the manifests say it for `src`, as they
 * do to mcconfig; what else the program imports is found by following its imports.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { root } from "./paths.js";

export interface Module {
  readonly name: string;
  /** From the repository's root, with forward slashes. */
  readonly source: string;
  readonly preload: boolean;
  /** JavaScript, a line for each of its statements. */
  readonly code: string;
  readonly map: string;
}

/** Modules of the SDK that the host has, and what they are. Their names are the SDK's, so that src/platforms/moddable finds them. */
const sdk: Named = {
  time: "host-sim/xs/sdk/time.ts",
  timer: "host-sim/xs/sdk/timer.ts",
  "embedded:io/socket/tcp": "host-sim/xs/sdk/tcp.ts",
  "embedded:storage/key-value": "host-sim/xs/sdk/key-value.ts",
};

interface Manifest {
  readonly modules: Readonly<Record<string, string | readonly string[]>>;
  readonly preload: readonly string[];
}

/** The compiler's options, as the manifests give them to mcconfig: how fields of classes are made among them. */
const OPTIONS = "tsconfig.base.json";

/** The firmware's own application, in whose place another one may stand. */
const APPLICATION = "src/application.ts";

/** Of `src/platforms/moddable` only what a manifest names and something imports is there. */
const ROOMS = ["src/mqtt", "src/mote", "src/transports"];
const MANIFESTS = [
  "src/manifest.json",
  "src/mqtt/manifest.json",
  "src/mote/manifest.json",
  "src/transports/manifest.json",
  "src/platforms/moddable/manifest.json",
  "src/platforms/moddable/client.json",
];

export interface ModulesOptions {
  /** The program's first module, from the repository's root. Its name is `main`. */
  readonly entry: string;
  /** In the place of the firmware's own application: the path of a file. */
  readonly application?: string | undefined;
  /** Other text for some sources, by their path: for tests that break one. */
  readonly patches?: ReadonlyMap<string, string>;
  /** Whole rooms are linked, whether imported or not, as the firmware's are. Default: those that the root manifest includes. */
  readonly rooms?: readonly string[];
  /** What is imported in the place of packages, by their names: paths from the repository's root. */
  readonly packages?: Readonly<Record<string, string>>;
}

export async function collectModules({
  entry,
  patches,
  application,
  rooms = ROOMS,
  packages = {},
}: ModulesOptions): Promise<Module[]> {
  const { transform } = await import("esbuild");
  const others = { ...sdk, ...packages };
  const { names, preloads } = readManifests();
  const tsconfigRaw = readFileSync(join(root, OPTIONS), "utf8");
  const modules = new Map<string, Module>();
  const wanted = [...[...names.keys()].filter((source) => rooms.some((room) => source.startsWith(`${room}/`))), entry];
  const nameOf = (source: string, importer: string): string => {
    if (source === entry) return "main";
    if (source === APPLICATION) return "application";
    const name = names.get(source);
    if (name !== undefined) return name;
    // mcconfig would say so too.
    if (source.startsWith("src/")) throw new Error(`${importer} imports ${source}, which no manifest names`);
    return source.replace(/\.ts$/, "");
  };
  for (let source = wanted.shift(); source !== undefined; source = wanted.shift()) {
    if (modules.has(source)) continue;
    const file = source === APPLICATION && application !== undefined ? application : source;
    const text = patches?.get(source) ?? readFileSync(resolve(root, file), "utf8");
    const name = nameIn(others, source) ?? nameOf(source, "the program");
    const { code, map } = await transform(text, {
      loader: "ts",
      format: "esm",
      target: "es2022",
      sourcefile: source,
      sourcemap: "external",
      tsconfigRaw,
    });
    const importer = source === APPLICATION ? relative(root, resolve(root, file)) : source;
    const linked = code.replace(
      /^((?:import|export)\b[^"';]*?\bfrom\s*|import\s*)"([^"]+)"/gm,
      (whole, before, specifier) => {
        const imported = sourceOf(specifier, importer, others, names);
        if (imported === undefined) return whole;
        wanted.push(imported);
        if (!specifier.startsWith(".")) return whole;
        const name = nameOf(imported, importer);
        // The firmware's own modules are as they are, but for `../../`, which this engine does not know and the SDK does.
        return importer.startsWith("src/") && !specifier.startsWith("../../") ? whole : `${before}"${name}"`;
      },
    );
    const preload = source.startsWith("src/") && source !== APPLICATION ? preloads.has(name) : true;
    modules.set(source, { name, source, preload, code: linked, map });
  }
  return [...modules.values()];
}

/** Modules whose names say nothing of where they are. */
type Named = Readonly<Record<string, string>>;

function nameIn(others: Named, source: string): string | undefined {
  return Object.keys(others).find((name) => others[name] === source);
}

function sourceOf(
  specifier: string,
  importer: string,
  others: Named,
  names: ReadonlyMap<string, string>,
): string | undefined {
  if (!specifier.startsWith(".")) {
    const source = others[specifier] ?? [...names].find(([, name]) => name === specifier)?.[0];
    if (source === undefined) throw new Error(`${importer} imports "${specifier}", which the XS host does not have`);
    return source;
  }
  const path = resolve(root, dirname(importer), specifier).replace(/\.js$/, ".ts");
  if (!existsSync(path)) throw new Error(`${importer} imports "${specifier}", which is not there`);
  return relative(root, path).split("\\").join("/");
}

function readManifests() {
  const names = new Map<string, string>();
  const preloads = new Set<string>();
  for (const path of MANIFESTS) {
    const { modules, preload = [] } = JSON.parse(readFileSync(join(root, path), "utf8")) as Partial<Manifest>;
    for (const [pattern, files] of Object.entries(modules ?? {})) {
      for (const file of [files].flat()) {
        const stem = file.replace(/^.*\//, "");
        names.set(`${join(dirname(path), file)}.ts`, pattern.replace("*", stem));
      }
    }
    for (const name of preload) preloads.add(name);
  }
  return { names, preloads };
}
