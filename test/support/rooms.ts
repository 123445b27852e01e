import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { expressionsOf } from "./expressions.js";
import { type Import, importsOf } from "./imports.js";

/**
 * The rooms of the source tree and what each may import: another room, "sdk" (modules of the Moddable SDK), "node"
 * (Node.js), "npm" (packages). `types` may be imported as types only.
 * The first room whose pattern fits a file is its room.
 */
interface Room {
  readonly name: string;
  readonly files: RegExp;
  readonly may: readonly Target[];
  readonly types?: readonly Target[];
  /** Its code runs on devices. */
  readonly onDevice?: true;
}

type Target = RoomName | "sdk" | "node" | "npm";
type RoomName =
  | "platform"
  | "mqtt"
  | "mote"
  | "transports"
  | "moddable"
  | "nodejs"
  | "browser"
  | "platforms"
  | "main"
  | "core"
  | "cli"
  | "library"
  | "view"
  | "xs"
  | "engine"
  | "board"
  | "boards"
  | "provider"
  | "application"
  | "support"
  | "script"
  | "script test"
  | "test";

const portable = ["platform", "mqtt", "mote"] as const;
const boardData = ["board", "boards"] as const;
/** What code may import that is never delivered: tests and scripts. */
const undelivered = [
  ...portable,
  "transports",
  ...boardData,
  "moddable",
  "nodejs",
  "browser",
  "platforms",
  "core",
  "cli",
  "library",
  "view",
  "application",
  "engine",
  "xs",
  "support",
  "node",
  "npm",
] as const;

export const rooms: readonly (Room & { readonly name: RoomName })[] = [
  // One way, inwards: main → mote → mqtt → platform types.
  { name: "platform", files: /^src\/platform\.ts$/, may: [], onDevice: true },
  { name: "mqtt", files: /^src\/mqtt\//, may: ["mqtt"], types: ["platform"], onDevice: true },
  {
    name: "mote",
    files: /^src\/(mote\/|package\/application\.ts$)/,
    may: ["mote", "mqtt"],
    types: ["platform"],
    onDevice: true,
  },
  // Openers over openers.
  {
    name: "transports",
    files: /^src\/transports\//,
    may: ["transports"],
    types: ["platform"],
    onDevice: true,
  },
  // Each platform, and what those have in common that are no device.
  {
    name: "moddable",
    files: /^src\/platforms\/moddable\//,
    may: [...portable, "transports", "moddable", "sdk"],
    types: boardData,
    onDevice: true,
  },
  {
    name: "nodejs",
    files: /^src\/platforms\/nodejs\//,
    may: ["mqtt", "transports", "platforms", "nodejs", "node"],
    types: ["platform"],
  },
  {
    name: "browser",
    files: /^src\/platforms\/browser\//,
    may: ["mqtt", "transports", "platforms", "browser"],
    types: ["platform"],
  },
  { name: "platforms", files: /^src\/platforms\/[^/]+\.ts$/, may: ["mqtt", "platforms"], types: ["platform"] },
  {
    name: "main",
    files: /^src\/main\.ts$/,
    may: [...portable, "transports", "moddable", "application", "main"],
    onDevice: true,
  },
  // The simulator: its core is pure, and only its other rooms touch a machine, a browser or an engine.
  {
    name: "core",
    files: /^host-sim\/core\//,
    // The garden is one of the programs that it simulates.
    may: [...portable, "transports", "platforms", "core", "application", ...boardData],
  },
  {
    name: "cli",
    files: /^host-sim\/cli\//,
    may: [...portable, "transports", "platforms", "nodejs", "core", "cli", "engine", ...boardData, "node", "npm"],
  },
  // What tests of others import.
  {
    name: "library",
    files: /^host-sim\/library\//,
    may: [...portable, "platforms", "nodejs", "core", "cli", "library", ...boardData, "node", "npm"],
  },
  { name: "view", files: /^host-sim\/view\//, may: [...portable, "browser", "core", "view", ...boardData, "npm"] },
  // Node.js builds the engine and runs programs on it; the programs are like a device, and use its own adapters.
  { name: "engine", files: /^host-sim\/xs\/engine\//, may: ["engine", "node", "npm"], types: boardData },
  { name: "xs", files: /^host-sim\/xs\//, may: [...portable, "transports", "moddable", "application", "xs"] },
  // Boards are data; only a board's provider runs code, on the device.
  { name: "board", files: /^boards\/[^/]+\/board\.ts$/, may: [], types: [...portable, ...boardData], onDevice: true },
  { name: "boards", files: /^boards\/[^/]+\.ts$/, may: ["board", "boards"], types: portable, onDevice: true },
  {
    name: "provider",
    files: /^boards\/[^/]+\/(host\/.+|setup-target)\.ts$/,
    may: ["moddable", "board", "provider", "sdk"],
    types: portable,
    onDevice: true,
  },
  // Programs for a device, which take our modules by their names in a manifest.
  {
    name: "application",
    files: /^(examples\/|scripts\/firmware\/throws\/|src\/application\.ts$)/,
    may: ["mqtt", "mote", "moddable", "application", "sdk"],
    onDevice: true,
  },
  // What tests and scripts share is under test/support; a script is imported by its own test only.
  { name: "support", files: /^test\/support\//, may: undelivered },
  { name: "script", files: /^scripts\//, may: [...undelivered, "script", "sdk"] },
  { name: "script test", files: /^test\/scripts\//, may: [...undelivered, "script", "script test", "test"] },
  { name: "test", files: /^test\//, may: [...undelivered, "test"] },
];

/** Our modules as an application's manifest names them. */
const ourModules: readonly (readonly [RegExp, RoomName])[] = [
  [/^mqtt\//, "mqtt"],
  [/^mote\//, "mote"],
  [/^motewire\//, "mote"],
  [/^platforms\/moddable\//, "moddable"],
];

/** The SDK's modules as imported on a device. */
const sdkModules = [
  /^embedded:/,
  /^mc\//,
  /^pins\//,
  /^setup\//,
  /^(Resource|device|instrumentation|modules|neopixel|net|preference|resetReason|sleep|sntp|system|time|timer|wifi|worker)$/,
];

export const maxLines = 400;

/**
 * What breaks the rules in one file, each as one line that says where, what and why.
 * @param path the file's path from the root of the repository, with forward slashes.
 */
export function violations(path: string, source: string): string[] {
  const room = roomOf(path);
  if (room === undefined) return [`${path}: belongs to no room of test/support/rooms.ts`];
  const found = importsOf(source, path).flatMap((imported) => {
    const problem = problemWith(path, room, imported);
    return problem === undefined ? [] : [`${path}:${imported.line}: ${problem}`];
  });
  if (room.onDevice) {
    for (const { line, what } of expressionsOf(source)) {
      found.push(`${path}:${line}: a regular expression (${what}): none may run on a device, see docs/upstream.md`);
    }
  }
  const lines = source.trimEnd().split("\n").length;
  if (lines > maxLines) found.push(`${path}: has ${lines} lines, more than ${maxLines}`);
  return found;
}

function roomOf(path: string): (typeof rooms)[number] | undefined {
  return rooms.find(({ files }) => files.test(path));
}

function problemWith(path: string, room: Room, { specifier, typeOnly }: Import): string | undefined {
  if (specifier === "?") return "an import must name its module by a literal";
  if (specifier.startsWith(".") && !specifier.endsWith(".js")) return `"${specifier}" must end in .js`;

  const target = targetOf(path, room, specifier);
  if (target === undefined) return `"${specifier}" belongs to no room`;
  if (room.may.includes(target)) return undefined;
  if (room.types?.includes(target)) {
    return typeOnly ? undefined : `${room.name} may import "${specifier}" with \`import type\` only`;
  }
  return `${room.name} may not import ${target} ("${specifier}")`;
}

function targetOf(path: string, room: Room, specifier: string): Target | undefined {
  if (specifier.startsWith(".")) {
    return roomOf(posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts"))?.name;
  }
  const ours = ourModules.find(([module]) => module.test(specifier));
  if (ours !== undefined && room.name === "application") return ours[1];
  if (sdkModules.some((module) => module.test(specifier))) return "sdk";
  return isBuiltin(specifier) ? "node" : "npm";
}
