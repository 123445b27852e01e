import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { findCommand, type PackageManager, type Requirement } from "./requirements.js";

/** What decides whether packages can be installed here and how. */
export interface Machine {
  readonly isRoot: boolean;
  readonly manager: PackageManager | undefined;
}

export function thisMachine(): Machine {
  const manager = findCommand("apt-get") ? "apt" : findCommand("brew") ? "brew" : undefined;
  return { isRoot: process.getuid?.() === 0, manager };
}

export type Plan =
  | { readonly kind: "install"; readonly packages: readonly string[] }
  | { readonly kind: "tell"; readonly advice: string };

/** Install where that is ours to do, root on Debian; else the one command for the person to run. */
export function planFor(missing: readonly Requirement[], machine: Machine): Plan {
  const { isRoot, manager } = machine;
  const packages = missing.flatMap((requirement) => requirement.packages[manager ?? "apt"]);
  const names = packages.join(" ");
  if (manager === "apt" && isRoot) return { kind: "install", packages };
  if (manager === "apt") return { kind: "tell", advice: `sudo apt-get install ${names}` };
  if (manager === "brew") return { kind: "tell", advice: `brew install ${names}` };
  return { kind: "tell", advice: `with this system's package manager, what Debian calls: ${names}` };
}

/**
 * Installs Debian packages without starting the services they bring.
 * @returns undefined, or what apt-get said when it failed.
 */
export function installDebianPackages(packages: readonly string[]): string | undefined {
  return withoutStartingServices(() => {
    const install = ["install", "--yes", "--no-install-recommends", ...packages];
    // A fresh image has no package lists and an old one has stale lists: both fail here first, and cheaply.
    if (aptGet(install) === undefined) return undefined;
    return aptGet(["update"]) ?? aptGet(install);
  });
}

function aptGet(args: readonly string[]): string | undefined {
  const { status, error, stdout, stderr } = spawnSync("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=300", ...args], {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status === 0) return undefined;
  return error?.message ?? `apt-get ${args.join(" ")}: exit ${status}\n${stdout}${stderr}`;
}

/** Debian asks this file before a package starts its service; 101 means no. A machine that has its own keeps it. */
const servicePolicy = "/usr/sbin/policy-rc.d";

function withoutStartingServices<T>(work: () => T): T {
  if (existsSync(servicePolicy)) return work();
  writeFileSync(servicePolicy, "#!/bin/sh\nexit 101\n", { mode: 0o755, flag: "wx" });
  try {
    return work();
  } finally {
    rmSync(servicePolicy, { force: true });
  }
}
