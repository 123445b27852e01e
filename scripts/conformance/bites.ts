// Shows that the tests which stand for a statement of MQTT 3.1.1 catch its violation (test/support/conformance/statements): applies
// each to a copy of the sources in a temporary folder and runs the files of its tests there. Exit 1 when one is not caught.
// Arguments: numbers of statements; without any, all.

import { rmSync } from "node:fs";
import pc from "picocolors";
import { breakSources } from "../../test/support/breaking.js";
import { changesOf, STATEMENTS, type Statement, type Violation } from "../../test/support/conformance/statement.js";
import { filesOf, makeCopy, resultsOf, runTests } from "../named-tests.js";

/** Copies that are worked on at the same time. */
const WORKERS = 2;

interface Case {
  readonly statement: Statement;
  readonly violation: Violation;
}

async function bite(folder: string, { statement, violation }: Case): Promise<string | undefined> {
  const mend = breakSources(folder, changesOf(violation), `the violation of ${statement.number}`);
  const results = await runTests(folder, filesOf(statement.tests));
  mend();
  if (results === undefined) return undefined;
  const own = resultsOf(statement.tests, results);
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
const healthy = await runTests(folders[0] as string, filesOf(cases.flatMap(({ statement }) => statement.tests)));
if (healthy === undefined) throw new Error("the tests do not end");
const sick = healthy.filter(({ status }) => status === "failed").map(({ name }) => name);
for (const { statement } of cases) {
  for (const test of statement.tests) {
    if (!test.startsWith("integration/") && resultsOf([test], healthy).length === 0) sick.push(`did not run: ${test}`);
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
