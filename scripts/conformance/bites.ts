// Shows that the tests which stand for a statement of MQTT 3.1.1 catch its violation (test/support/conformance/statements): applies
// each to a copy of the sources in a temporary folder and runs the files of its tests there. Exit 1 when one is not caught.
// Arguments: numbers of statements; without any, all.

import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pc from "picocolors";
import { breakSources } from "../../test/support/breaking.js";
import { changesOf, STATEMENTS, type Statement, type Violation } from "../../test/support/conformance/statement.js";
import { matches } from "../../test/support/conformance/titles.js";

/** Copies that are worked on at the same time. */
const WORKERS = 2;
/** Milliseconds after which a violated client counts as caught: it runs in circles. */
const PATIENCE = 120_000;

interface Case {
  readonly statement: Statement;
  readonly violation: Violation;
}

interface Result {
  readonly status: string;
  readonly name: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

function makeCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), "motewire-bites-"));
  for (const part of ["src", "host-sim", "test", "boards", "package.json", "vitest.config.ts", "tsconfig.base.json"]) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  return folder;
}

/** The files of a statement's tests that run on this machine without a broker. */
function filesOf({ tests }: Statement): string[] {
  const files = tests.map((test) => test.split(" > ")[0] as string).filter((file) => !file.startsWith("integration/"));
  return [...new Set(files)].map((file) => `test/${file}.test.ts`);
}

/** @returns the tests that ran, by file and titles as statements name them; undefined when they did not end in time */
async function run(folder: string, files: readonly string[]): Promise<Result[] | undefined> {
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

const isOf =
  ({ tests }: Statement) =>
  ({ name }: Result): boolean =>
    tests.some((test) => matches(test, name));

async function bite(folder: string, { statement, violation }: Case): Promise<string | undefined> {
  const mend = breakSources(folder, changesOf(violation), `the violation of ${statement.number}`);
  const results = await run(folder, filesOf(statement));
  mend();
  if (results === undefined) return undefined;
  const own = results.filter(isOf(statement));
  if (own.length === 0) return "its tests did not run: does the violated source compile?";
  return own.some(({ status }) => status === "failed") ? undefined : `${own.length} tests of it pass all the same`;
}

const started = Date.now();
const wanted = process.argv.slice(3);
const cases: Case[] = [];
for (const statement of STATEMENTS) {
  const { violation, number } = statement;
  if (typeof violation !== "string" && (wanted.length === 0 || wanted.includes(number)))
    cases.push({ statement, violation });
}
if (cases.length === 0) throw new Error(`no statement with a violation is called ${wanted.join(" or ")}`);

const folders = Array.from({ length: WORKERS }, makeCopy);
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

// First as it is: every test that a statement names must run, and pass.
const healthy = await run(folders[0] as string, [...new Set(cases.flatMap(({ statement }) => filesOf(statement)))]);
if (healthy === undefined) throw new Error("the tests do not end");
const sick = healthy.filter(({ status }) => status === "failed").map(({ name }) => name);
for (const { statement } of cases) {
  for (const test of statement.tests) {
    if (!test.startsWith("integration/") && !healthy.some(({ name }) => matches(test, name)))
      sick.push(`did not run: ${test}`);
  }
}
if (sick.length > 0) throw new Error(`the source as it is does not pass:\n${sick.join("\n")}`);

let done = 0;
const missed: string[] = [];
const queue = cases.slice();
await Promise.all(
  folders.map(async (folder) => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const miss = await bite(folder, next);
      const { number, demands } = next.statement;
      if (miss !== undefined) missed.push(number);
      const verdict = miss === undefined ? pc.green("caught") : pc.red(`NOT CAUGHT: ${miss}`);
      console.log(`${String(++done).padStart(3)}/${cases.length} ${number.padEnd(13)} ${verdict}  ${pc.dim(demands)}`);
    }
  }),
);
const seconds = Math.round((Date.now() - started) / 1000);
console.log(`\n${cases.length - missed.length} of ${cases.length} violations caught in ${seconds} s`);
if (missed.length > 0) process.exitCode = 1;
