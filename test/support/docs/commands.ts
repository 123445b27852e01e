/** Checks commands of our pages against the programs that they name: npm's scripts, the tables of flags, files, boards. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Flag } from "../../../host-sim/cli/args.js";
import { readFlags } from "../../../host-sim/cli/args.js";
import { datasheetFlags } from "../../../host-sim/cli/datasheet/datasheet.js";
import { exploreFlags, replayFlags, scenarioFlags } from "../../../host-sim/cli/explore/options.js";
import { newFlags } from "../../../host-sim/cli/new/new.js";
import { runFlags } from "../../../host-sim/cli/run-options.js";
import { UsageError } from "../../../host-sim/cli/usage.js";
import { commands } from "../../../src/mote/built-in.js";
import { importsOf } from "../imports.js";
import { root } from "./documents.js";
import type { Command } from "./shell.js";

/** Takes what follows the program. @returns what is wrong, undefined when nothing is */
type Check = (args: readonly string[]) => string | undefined;

/** What npm brings by itself. */
const npmCommands = ["ci", "install", "pack", "publish"];
/** Other people's programs: nobody here can say what is wrong with their flags. */
const foreign = ["cd", "esptool.py", "git", "mosquitto_sub", "systemctl", "xs-dev"];

const programs: Readonly<Record<string, Check>> = {
  npm: checkNpm,
  npx: ([program = "", ...args]) => {
    if (program === "vitest") return checkVitest(args);
    // Of a tarball that is somewhere.
    const [, motewire, ...own] = args;
    return program === "--package" && motewire === "motewire" ? checkSimulator(own) : `npx ${program} is not known`;
  },
  mcconfig: checkMcconfig,
  mosquitto_pub: checkPublish,
  ".ci/run": () => undefined,
  ...Object.fromEntries(foreign.map((name) => [name, () => undefined])),
};

/** @returns `page:line: words`, undefined when nothing is wrong */
export function problemWith({ at, words: [program = "", ...args] }: Command): string | undefined {
  const check = Object.hasOwn(programs, program) ? programs[program] : undefined;
  const problem = check === undefined ? `the program ${program} is not known` : check(args);
  return problem === undefined ? undefined : `${at}: ${problem}`;
}

// ---- npm

function checkNpm([name = "", ...args]: readonly string[]): string | undefined {
  if (npmCommands.includes(name)) return undefined;
  const [script = "", ...rest] = name === "run" ? args : [name, ...args];
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  if (!Object.hasOwn(scripts, script)) return `package.json has no script ${script}`;
  const behind = rest.indexOf("--");
  const forNpm = (behind < 0 ? rest : rest.slice(0, behind)).filter((word) => word !== "--silent");
  if (forNpm.length > 0) return `${forNpm[0]} goes to npm, not to the program: it must stand behind --`;
  const own = behind < 0 ? [] : rest.slice(behind + 1);
  if (script === "start") return checkSimulator(["run", ...own]);
  if (script === "sim") return checkSimulator(own);
  return checkScript(scripts[script], own);
}

/** Flags with tables of their own, and the words that stand in front of them. */
const simulator: Readonly<Record<string, { flags: readonly Flag<never>[]; words: number }>> = {
  run: { flags: runFlags, words: 0 },
  explore: { flags: exploreFlags, words: 0 },
  replay: { flags: replayFlags, words: 1 },
  scenario: { flags: scenarioFlags, words: 1 },
  datasheet: { flags: datasheetFlags, words: 1 },
  new: { flags: newFlags, words: 1 },
};

function checkSimulator([name = "run", ...args]: readonly string[]): string | undefined {
  if (name === "--help") return undefined;
  const command = Object.hasOwn(simulator, name) ? simulator[name] : undefined;
  if (command === undefined) return `the simulator has no command ${name}`;
  const words = args.slice(0, command.words);
  if (words.length < command.words || words.some((word) => word.startsWith("--"))) return `${name} needs a word`;
  const missing = words.find((word) => word.includes("/") && !existsSync(join(root, word)));
  if (missing !== undefined) return `there is no ${missing}`;
  try {
    readFlags(args.slice(command.words), command.flags.map(withoutFiles), {} as never);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** The reader's own files are not here. */
function withoutFiles(flag: Flag<never>): Flag<never> {
  return flag.value === "FILE" || flag.value === "DIR" ? { ...flag, read: () => undefined } : flag;
}

/** A flag or word of another script must stand in its source, as it is or as the name in a table of flags. */
function checkScript(script: string, args: readonly string[]): string | undefined {
  const [entry] = /scripts\/\S+\.ts/.exec(script) ?? [];
  if (entry === undefined) {
    const missing = args.find((word) => word.includes("/") && !existsSync(join(root, word)));
    return missing === undefined ? undefined : `there is no ${missing}`;
  }
  const source = [...sourcesOf(entry)].map((path) => readFileSync(join(root, path), "utf8")).join("\n");
  const boards = /readdirSync\(join\(root, "boards"\)|boards\.filter/.test(source);
  const unknown = args.find((word) => {
    const name = word.replace(/^--/, "");
    // As it is, in a table of flags, among the options of parseArgs, or among the scripts behind one name.
    if ([`"${word}"`, `"${name}"`, ` ${name}: {`, ` ${name}: () =>`].some((text) => source.includes(text)))
      return false;
    return !(boards && existsSync(join(root, "boards", name, "board.ts")));
  });
  return unknown === undefined ? undefined : `${entry} knows no ${unknown}`;
}

/** The script and what it imports of scripts. */
function sourcesOf(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const { specifier } of importsOf(readFileSync(join(root, path), "utf8"))) {
    const imported = join(dirname(path), specifier.replace(/\.js$/, ".ts"));
    if (specifier.startsWith(".") && imported.startsWith("scripts/")) sourcesOf(imported, found);
  }
  return found;
}

function checkVitest([command = "", ...args]: readonly string[]): string | undefined {
  if (command !== "run") return `vitest must be told to run, or it waits for changes`;
  const missing = args.find((word) => !word.startsWith("--") && !existsSync(join(root, word)));
  return missing === undefined ? undefined : `there is no ${missing}`;
}

// ---- a device

function checkMcconfig(args: readonly string[]): string | undefined {
  const target = args[args.indexOf("-p") + 1] ?? "";
  const [, folder] = /^esp32:\.\/(.+)$/.exec(target) ?? [];
  if (args.includes("-p") && target !== "lin" && (folder === undefined || !existsSync(join(root, folder, "board.ts"))))
    return `${target} is no board of ours`;
  const source = readFileSync(join(root, "src/platforms/moddable/configuration.ts"), "utf8");
  const unknown = args
    .filter((word) => word.includes("="))
    .map((word) => word.slice(0, word.indexOf("=")))
    .find((key) => !source.includes(`  "${key}",`));
  return unknown === undefined ? undefined : `the firmware knows no ${unknown}`;
}

/** A command to a node. */
function checkPublish(args: readonly string[]): string | undefined {
  const topic = args[args.indexOf("-t") + 1] ?? "";
  const message = args[args.indexOf("-m") + 1] ?? "";
  const [, name] = /^motewire\/[^/]+\/command\/(.+)$/.exec(topic) ?? [];
  if (name === undefined) return `${topic} is no topic of a node's command`;
  if (!Object.hasOwn(commands, name)) return `the node has no command ${name}`;
  try {
    JSON.parse(message);
    return undefined;
  } catch {
    return `${message} is not JSON`;
  }
}
