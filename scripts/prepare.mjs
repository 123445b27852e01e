/**
 * `npm install` and `npm ci` in a checkout, and npm itself when it makes a package of a git address, run this: it builds
 * `dist` where it is missing, so that the package can be imported from wherever it came.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
if (!existsSync(`${root}dist`)) {
  if (existsSync(`${root}node_modules/typescript`)) {
    process.exitCode =
      spawnSync("npm", ["run", "--silent", "build"], {
        cwd: root,
        stdio: "inherit",
        shell: process.platform === "win32",
      }).status ?? 1;
  } else
    console.error(
      'motewire is not built, for typescript is not installed: "npm install" brings it, with --include=dev',
    );
}
