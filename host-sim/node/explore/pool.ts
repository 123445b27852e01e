/** Processes that share the work of `explore`. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Shrunk } from "../../core/sim/shrink.js";
import type { Result } from "../../core/sim/simulation.js";

export interface Order {
  readonly seed: string;
  readonly hours: number;
  readonly nodes: number;
  readonly shrinks: boolean;
}

export interface Answer {
  readonly result: Result;
  readonly milliseconds: number;
  readonly shrunk: Shrunk | undefined;
}

/** The worker beside this file, in whichever form this file is run. */
const WORKER = fileURLToPath(import.meta.url).replace(/pool\.([jt]s)$/, "worker.$1");

/**
 * Has every order carried out, each by the process that is free first.
 * @param orders asked for one more whenever a process is free; undefined: there are no more
 * @param take gets the answers as they come
 */
export async function runPool(
  jobs: number,
  orders: () => Order | undefined,
  take: (answer: Answer) => void,
): Promise<void> {
  const workers = new Set<ChildProcess>();
  try {
    await Promise.all(Array.from({ length: jobs }, () => serve(workers, orders, take)));
  } finally {
    for (const worker of workers) worker.kill();
  }
}

function serve(workers: Set<ChildProcess>, orders: () => Order | undefined, take: (answer: Answer) => void) {
  return new Promise<void>((resolve, reject) => {
    // The same way of running TypeScript as here.
    const worker = fork(WORKER, { execArgv: process.execArgv, stdio: ["ignore", "inherit", "inherit", "ipc"] });
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
