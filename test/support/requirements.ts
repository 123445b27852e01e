import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * What the tests need beyond npm, one row a requirement. A later part that needs more adds a row; preflight installs
 * it and `describeWith` guards the tests that use it.
 */
export interface Requirement {
  /** Which tests need it, in words. */
  readonly usedFor: string;
  /** The names of the packages that bring it, by package manager. */
  readonly packages: Readonly<Record<PackageManager, readonly string[]>>;
  /** True when this machine has it. Asked before and after an installation, so it looks anew each time. */
  readonly isPresent: () => boolean;
}

export type PackageManager = "apt" | "brew";

export const requirements = {
  mosquitto: {
    usedFor: "integration tests against a real MQTT broker",
    packages: { apt: ["mosquitto", "mosquitto-clients"], brew: ["mosquitto"] },
    isPresent: () => hasCommands("mosquitto", "mosquitto_passwd", "mosquitto_pub", "mosquitto_sub"),
  },
  nats: {
    usedFor: "tests against a broker that has no QoS 2",
    packages: { apt: ["nats-server"], brew: ["nats-server"] },
    isPresent: () => hasCommands("nats-server"),
  },
  "C compiler": {
    usedFor: "tests on XS, the device's engine; the 32-bit libraries give its slots the device's size",
    packages: { apt: ["gcc", "libc6-dev", "gcc-multilib"], brew: ["gcc"] },
    isPresent: () => hasCommands("gcc"),
  },
  chromium: {
    usedFor: "tests of the page in a real browser",
    packages: { apt: ["chromium", "fonts-dejavu-core"], brew: ["chromium"] },
    isPresent: () => hasCommands("chromium"),
  },
} as const satisfies Record<string, Requirement>;

export type RequirementName = keyof typeof requirements;

/** In CI a missing requirement is a failure; on a person's machine it is a skip that names itself. */
export function inCI(env: NodeJS.ProcessEnv = process.env): boolean {
  const value = env.CI;
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}

/** Daemons live in sbin, which is not on the PATH of an ordinary Debian user. */
const daemonFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/sbin"];

/** The absolute path of a command, or undefined. Looks along PATH, then where daemons live. */
export function findCommand(name: string, path = process.env.PATH ?? ""): string | undefined {
  return [...path.split(delimiter), ...daemonFolders]
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/**
 * The absolute path of a command that a guarded test starts.
 * @throws Error that names the command when it is not installed.
 */
export function command(name: string): string {
  const found = findCommand(name);
  if (found === undefined) throw new Error(`${name} is not installed; \`npm test\` says how to get it`);
  return found;
}

function hasCommands(...names: string[]): boolean {
  return names.every((name) => findCommand(name) !== undefined);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
