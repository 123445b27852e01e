/** Programs that are measured in processes of their own, as JavaScript: nothing compiles while a clock runs. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
/** Under node_modules, so that packages are found from there and are loaded as their authors have built them. */
const output = fileURLToPath(new URL("../../node_modules/.cache/motewire-bench/", import.meta.url));

/** @param source below `scripts/bench` @returns the path of its JavaScript */
export async function buildProgram(source: string): Promise<string> {
  const outdir = join(output, source.replaceAll("/", "-").replace(/\.ts$/, ""));
  mkdirSync(outdir, { recursive: true });
  await build({
    entryPoints: [join(here, source)],
    outdir,
    bundle: true,
    // What is imported on demand stays out of the processes that do not demand it.
    splitting: true,
    outExtension: { ".js": ".mjs" },
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
  });
  return join(outdir, `${basename(source, ".ts")}.mjs`);
}

export interface Child {
  readonly process: ChildProcess;
  /** Its next message. @throws Error with what it wrote, when it ends before */
  next<T>(): Promise<T>;
  send(message: object): void;
  /** Ends it, if it has not ended by itself. */
  end(): Promise<void>;
}

/** Milliseconds that any single answer of a program may take. */
const PATIENCE = 60_000;

/** @param job what it is to do, as its one argument */
export function start(path: string, job: object, nodeOptions: readonly string[] = []): Child {
  const child = spawn(process.execPath, [...nodeOptions, path, JSON.stringify(job)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const waiting: unknown[] = [];
  let words = "";
  let awake: (() => void) | undefined;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words += text;
  });
  child.on("message", (message) => {
    waiting.push(message);
    awake?.();
  });
  const closed = new Promise<void>((done) => {
    child.once("close", () => {
      awake?.();
      done();
    });
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    process: child,
    async next<T>(): Promise<T> {
      const deadline = performance.now() + PATIENCE;
      while (waiting.length === 0) {
        const left = deadline - performance.now();
        if (hasEnded() || left <= 0) {
          const how = hasEnded() ? `ended (${child.signalCode ?? child.exitCode})` : "does not answer";
          throw new Error(`${basename(path)} ${how}; its words:\n${words}`);
        }
        await new Promise<void>((wake) => {
          const timer = setTimeout(wake, left);
          awake = () => {
            clearTimeout(timer);
            wake();
          };
        });
        awake = undefined;
      }
      return waiting.shift() as T;
    },
    send: (message) => {
      if (child.connected) child.send(message, () => {});
    },
    async end() {
      if (!hasEnded()) child.kill("SIGKILL");
      await closed;
    },
  };
}

/** Runs a program that has one answer. */
export async function answerOf<T>(path: string, job: object, nodeOptions: readonly string[] = []): Promise<T> {
  const child = start(path, job, nodeOptions);
  try {
    return await child.next<T>();
  } finally {
    await child.end();
  }
}
