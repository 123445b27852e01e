/** Processes that share the work of `explore`. */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import type { Shrunk } from "../../core/sim/shrink.js";
import type { Result } from "../../core/sim/simulation.js";
import { root as repository } from "../../xs/engine/paths.js";

export interface Order {
  readonly seed: string;
  readonly hours: number;
  readonly nodes: number;
  readonly shrinks: boolean;
  /** Violations after which a story ends; undefined: as many as a report shows. */
  readonly enough?: number;
}

export interface Answer {
  readonly result: Result;
  /** Of processor time, for the story alone. */
  readonly milliseconds: number;
  readonly shrunk: Shrunk | undefined;
}

/** Whose source a run of stories is made of: this repository's, or a changed copy of it. */
const WORKER = "host-sim/cli/explore/worker.ts";

/**
 * Has every order carried out, each by the process that is free first.
 * @param orders asked for one more whenever a process is free; undefined: there are no more
 * @param take gets the answers as they come
 * @param root directory of the source that is run
 */
export async function runPool(
  jobs: number,
  orders: () => Order | undefined,
  take: (answer: Answer) => void,
  root = repository,
): Promise<void> {
  const workers = new Set<ChildProcess>();
  const directory = mkdtempSync(join(tmpdir(), "motewire-explore-"));
  try {
    const file = join(directory, "worker.mjs");
    await bundle(root, file);
    await Promise.all(Array.from({ length: jobs }, () => serve(file, workers, orders, take)));
  } finally {
    for (const worker of workers) worker.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One plain file: run through tsx, which names every function that is made, the same takes seven times as long. */
async function bundle(root: string, file: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [WORKER],
    outfile: file,
    bundle: true,
    alias: { "motewire/application": join(root, "src/package/application.ts") },
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
  });
}

function serve(
  file: string,
  workers: Set<ChildProcess>,
  orders: () => Order | undefined,
  take: (answer: Answer) => void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const worker = fork(file, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    workers.add(worker);
    let current: Order | undefined;
    const next = (): void => {
      current = orders();
      if (current !== undefined) worker.send(current);
      else {
        workers.delete(worker);
        worker.disconnect();
        resolve();
      }
    };
    worker.on("message", (answer: Answer) => {
      take(answer);
      next();
    });
    worker.on("error", reject);
    worker.on("exit", (code, signal) => {
      if (current !== undefined) reject(new Error(`seed ${current.seed} ended its process (${signal ?? code})`));
    });
    next();
  });
}
