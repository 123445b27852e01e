/** The package as npm makes it of this checkout, and npm in folders of the tests' own. */
import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export async function run(program: string, args: readonly string[], cwd: string): Promise<Ran> {
  try {
    // As on a person's machine: nothing of the npm that runs the tests.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
    const { stdout, stderr } = await promisify(execFile)(program, args, { cwd, env });
    return { stdout, stderr, code: 0 };
  } catch (error) {
    const { stdout = "", stderr = "", code } = error as Partial<Ran>;
    return { stdout, stderr, code: typeof code === "number" ? code : 1 };
  }
}

/** @throws Error with what npm says when it fails */
export async function npm(args: readonly string[], cwd: string, network = false): Promise<string> {
  const { stdout, stderr, code } = await run("npm", [network ? "--prefer-offline" : "--offline", ...args], cwd);
  if (code !== 0) throw new Error(`npm ${args.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

/** The checkout as it is now, in a git repository of its own, in a folder that is removed with it. */
export class Checkout {
  /** For projects. */
  readonly work = mkdtempSync(join(tmpdir(), "motewire-package-"));
  readonly source = join(this.work, "source");

  constructor() {
    const { source } = this;
    mkdirSync(source);
    const listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const files = execFileSync("git", listed, { cwd: root });
    for (const file of new Set(files.toString().split("\0"))) {
      // The last is empty; one that is deleted and not yet committed is still listed.
      if (file === "" || !existsSync(join(root, file))) continue;
      mkdirSync(dirname(join(source, file)), { recursive: true });
      cpSync(join(root, file), join(source, file));
    }
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args], { cwd: source });
    git("init", "--quiet");
    git("add", "--all");
    git("commit", "--quiet", "--message", "as it is");
    // As after `npm ci` there.
    symlinkSync(join(root, "node_modules"), join(source, "node_modules"));
  }

  /** @returns the tarball's path */
  async packed(name: string, ...flags: string[]): Promise<string> {
    const folder = join(this.work, name);
    mkdirSync(folder);
    const said = await npm(["pack", "--pack-destination", folder, ...flags], this.source);
    return join(folder, said.trim().split("\n").at(-1) as string);
  }

  remove(): void {
    rmSync(this.work, { recursive: true, force: true });
  }
}
