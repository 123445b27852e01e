/** The firmware in Moddable's simulator on Linux, without a screen: built, started, watched. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { BuildError, type Built, buildXs, make, type Target } from "./build.js";
import { residentBytes } from "./memory.js";
import { root, type Sdk } from "./sdk.js";

/** The status with which lin-host.c ends when the program asks for a restart. */
export const RESTART = 64;

/** @returns the program for the host */
export function buildHost(output: string, { path, env }: Sdk): string {
  const host = join(output, "lin-host");
  const flags = execFileSync("pkg-config", ["--cflags", "--libs", "gio-2.0"], { encoding: "utf8" }).trim().split(/\s+/);
  const source = join(root, "scripts/firmware/lin-host.c");
  const headers = join(path, "build/simulators/modules");
  try {
    execFileSync("gcc", ["-O1", "-DmxLinux=1", `-I${headers}`, source, "-o", host, ...flags, "-ldl"], {
      env,
      stdio: "pipe",
    });
  } catch (error) {
    throw new BuildError(`gcc cannot compile lin-host.c: ${(error as { stderr?: Buffer }).stderr}`);
  }
  return host;
}

/** @returns what the host loads, and the XS side */
export function buildLin(target: Target, output: string, sdk: Sdk): { built: Built; program: string } {
  const built = buildXs(target, output, sdk);
  make(built.folder, ["build"], target, sdk);
  const name = built.folder.slice(built.folder.lastIndexOf("/") + 1);
  return { built, program: join(output, "bin/lin/mc/release", name, "mc.so") };
}

interface Events {
  line: [string];
  /** The status, or the signal that ended it. */
  exit: [number | string];
}

/** One process of it after the other, on the same storage. */
export class LinDevice extends EventEmitter<Events> {
  readonly #host: string;
  readonly #program: string;
  #process: ChildProcess | undefined;
  /** Everything it has traced, over all starts. */
  readonly lines: string[] = [];
  starts = 0;

  constructor(host: string, program: string) {
    super();
    this.#host = host;
    this.#program = program;
  }

  start(): void {
    const child = spawn(this.#host, [this.#program], { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    this.starts++;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on("line", (line) => {
        this.lines.push(line);
        this.emit("line", line);
      });
    }
    child.on("close", (code, signal) => this.emit("exit", signal ?? code ?? 0));
  }

  /** Bytes of its process that are in memory. @throws Error when it does not run */
  get memory(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error("it does not run");
    return residentBytes(pid);
  }

  /** As power fails. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  }
}
