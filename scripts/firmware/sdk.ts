/** The Moddable SDK on this computer: where it is, and what its tools need to be run. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

export interface Sdk {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * @param work a folder for stand-ins
 * @returns undefined when MODDABLE is not set
 * @throws Error when it is set and the SDK's tools are not there
 */
export function findSdk(work: string): Sdk | undefined {
  const path = process.env.MODDABLE?.replace(/\/+$/, "");
  if (!path) return undefined;
  const tools = join(path, "build/bin/lin/release");
  for (const tool of ["mcconfig", "xsc", "xsl", "xsid", "mcrez"]) {
    if (!existsSync(join(tools, tool))) {
      throw new Error(`MODDABLE is ${path}, which has no build/bin/lin/release/${tool}: build the SDK's tools first`);
    }
  }
  const standIns = standInForIdf(work);
  const PATH = [standIns, tools, join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
  return { path, env: { ...process.env, MODDABLE: path, IDF_PATH: join(standIns, "idf"), PATH } };
}

/**
 * For the XS side of a firmware the SDK's makefile wants of ESP-IDF only that it is a git repository with a version, and
 * that its idf.py makes one header. This is that much of it, ours.
 */
function standInForIdf(work: string): string {
  const folder = join(work, "stand-ins");
  const idf = join(folder, "idf");
  mkdirSync(idf, { recursive: true });
  const script = join(folder, "idf.py");
  writeFileSync(script, "#!/bin/sh\nmkdir -p build/config && : > build/config/sdkconfig.h\n");
  chmodSync(script, 0o755);
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=check", "-c", "user.email=check@localhost", "-C", idf, ...args], {
      stdio: "ignore",
    });
  git("init");
  git("commit", "--allow-empty", "-m", "stand-in");
  git("tag", "v6.0");
  return folder;
}
