/**
 * `npm run defects`: shows that they would be noticed. Each deliberate defect is put into a copy of the source. `explore` must
 * catch it within so many seeds, with a violation that the source as it is does not have; or, where the defect names tests, because
 * no broker of the simulation would be the worse for it, one of those must fail.
 *
 * Usage: tsx scripts/defects.ts [--seeds N] [--hours H] [NAME …]
 */
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Answer, runPool } from "../host-sim/cli/explore/pool.js";
import { breakSources } from "../test/support/breaking.js";
import { type Defect, readDefects } from "../test/support/defects/defect.js";
import { filesOf, makeCopy, resultsOf, runTests } from "./named-tests.js";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** What a story is made of. */
const PARTS = ["src", "boards", "examples", "host-sim/core", "host-sim/cli/explore", "package.json"];

interface Caught {
  readonly seed: number;
  readonly invariant: string;
  readonly detail: string;
}

const { values, positionals } = parseArgs({
  options: { seeds: { type: "string", default: "200" }, hours: { type: "string", default: "6" } },
  allowPositionals: true,
});
const seeds = Number(values.seeds);
const hours = Number(values.hours);

/** Runs seeds from 1 on until one fails. @param skip seeds that do not count */
async function firstFailure(root: string, skip: ReadonlySet<number>): Promise<Caught | undefined> {
  let next = 1;
  let caught: Caught | undefined;
  await runPool(
    availableParallelism(),
    () => {
      while (skip.has(next)) next++;
      if (next > seeds || caught !== undefined) return undefined;
      return { seed: String(next++), hours, nodes: 1, shrinks: false, enough: 1 };
    },
    ({ result }: Answer) => {
      const [first] = result.violations;
      const seed = Number(result.seed);
      if (first !== undefined && !(caught !== undefined && caught.seed < seed)) {
        caught = { seed, invariant: first.invariant, detail: first.detail };
      }
    },
    root,
  );
  return caught;
}

async function tryDefect(defect: Defect, skip: Set<number>): Promise<Caught | undefined> {
  const root = mkdtempSync(join(tmpdir(), "motewire-defect-"));
  try {
    for (const part of PARTS) cpSync(join(ROOT, part), join(root, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
    breakSources(root, defect.changes, defect.name);
    for (;;) {
      const caught = await firstFailure(root, skip);
      if (caught === undefined || !(await failsAnyway(caught.seed))) return caught;
      // The source as it is fails with this seed too: it says nothing about the defect.
      skip.add(caught.seed);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function failsAnyway(seed: number): Promise<boolean> {
  let order: { seed: string; hours: number; nodes: number; shrinks: boolean; enough: number } | undefined = {
    seed: String(seed),
    hours,
    nodes: 1,
    shrinks: false,
    enough: 1,
  };
  let failed = false;
  await runPool(
    1,
    () => {
      const given = order;
      order = undefined;
      return given;
    },
    ({ result }) => {
      failed = result.violations.length > 0;
    },
  );
  return failed;
}

/** @returns the tests that fail where the sources are broken. @throws Error when they do not run, or fail anyway */
async function failingTests({ name, tests, changes }: Defect): Promise<string[]> {
  const root = makeCopy();
  try {
    const run = async () => resultsOf(tests, (await runTests(root, filesOf(tests))) ?? []);
    const healthy = await run();
    const missing = tests.find((test) => resultsOf([test], healthy).length === 0);
    if (missing !== undefined) throw new Error(`${name}: did not run, as the source is: ${missing}`);
    const sick = healthy.find(({ status }) => status === "failed");
    if (sick !== undefined) throw new Error(`${name}: fails with the source as it is: ${sick.name}`);
    breakSources(root, changes, name);
    return (await run()).filter(({ status }) => status === "failed").map((result) => result.name);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function caughtBy(defect: Defect, skip: Set<number>): Promise<string | undefined> {
  if (defect.tests.length > 0) {
    const [first, ...more] = await failingTests(defect);
    return first && `the test "${first}"${more.length > 0 ? ` and ${more.length} more` : ""}`;
  }
  const caught = await tryDefect(defect, skip);
  return caught && `seed ${caught.seed}: ${caught.invariant}: ${caught.detail}`;
}

let escaped = 0;
const skip = new Set<number>();
for (const defect of readDefects()) {
  if (positionals.length > 0 && !positionals.includes(defect.name)) continue;
  const started = performance.now();
  const caught = await caughtBy(defect, skip);
  const time = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  if (caught === undefined) {
    escaped++;
    const patience = defect.tests.length > 0 ? "not caught by its tests" : `not caught within ${seeds} seeds`;
    console.log(`ESCAPED  ${defect.name}: ${patience} (${time})\n         ${defect.about}`);
  } else {
    console.log(`caught   ${defect.name} (${time}) by ${caught}`);
  }
}
if (skip.size > 0) console.log(`the source as it is fails with ${[...skip].join(", ")}: run explore`);
process.exitCode = escaped > 0 || skip.size > 0 ? 1 : 0;
