/** Runs tests by name in a copy of the repository that may be broken: for `npm run defects` and `npm run conformance -- bites`. */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { matches } from "../test/support/conformance/titles.js";

/** Milliseconds after which what is broken counts as running in circles. */
const PATIENCE = 120_000;
const PARTS = [
  "src",
  "host-sim",
  "test",
  "boards",
  "examples",
  "package.json",
  "vitest.config.ts",
  "tsconfig.base.json",
];

export interface Result {
  readonly status: string;
  /** The file under `test` without `.test.ts`, and the titles. */
  readonly name: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** @returns a folder in which the tests can be run */
export function makeCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), "motewire-copy-"));
  for (const part of PARTS) cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  return folder;
}

/** The files of tests that run on this machine without a broker. */
export function filesOf(tests: readonly string[]): string[] {
  const files = tests.map((test) => test.split(" > ")[0] as string).filter((file) => !file.startsWith("integration/"));
  return [...new Set(files)].map((file) => `test/${file}.test.ts`);
}

/** @returns the tests that ran; undefined when they did not end in time */
export async function runTests(folder: string, files: readonly string[]): Promise<Result[] | undefined> {
  const report = join(folder, "report.json");
  rmSync(report, { force: true });
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", ...files, "--reporter=json", `--outputFile=${report}`], {
    cwd: folder,
    stdio: "ignore",
    // A group of its own, so that what runs in circles can be ended with all it has started.
    detached: true,
  });
  const timer = setTimeout(() => process.kill(-(child.pid as number), "SIGKILL"), PATIENCE);
  const [, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once("exit", (code, by) => resolve([code, by])),
  );
  clearTimeout(timer);
  if (signal !== null) return undefined;
  const { testResults } = JSON.parse(readFileSync(report, "utf8")) as {
    testResults: { name: string; assertionResults: { ancestorTitles: string[]; title: string; status: string }[] }[];
  };
  return testResults.flatMap(({ name, assertionResults }) => {
    const file = name.slice(name.lastIndexOf("/test/") + "/test/".length, -".test.ts".length);
    return assertionResults.map(({ ancestorTitles, title, status }) => ({
      status,
      name: [file, ...ancestorTitles, title].join(" > "),
    }));
  });
}

/** @returns those of the results that are of these tests, or of cases of them */
export function resultsOf(tests: readonly string[], results: readonly Result[]): Result[] {
  return results.filter(({ name }) => tests.some((test) => matches(test, name)));
}
