// Runs before the tests: has this machine what they need beyond npm? Root on Debian gets it installed; anyone else is
// told the one command that does it, and the tests concerned are skipped by name. In CI a gap is a failure.

import { buildHost } from "../host-sim/xs/engine/build.js";
import { installDebianPackages, planFor, thisMachine } from "./support/install.js";
import { inCI, type Requirement, requirements } from "./support/requirements.js";

function missing(): [name: string, requirement: Requirement][] {
  return Object.entries(requirements).filter(([, requirement]) => !requirement.isPresent());
}

function say(line: string): void {
  console.log(`preflight: ${line}`);
}

function preflight(): number {
  const gaps = missing();
  if (gaps.length === 0) {
    say(`all there: ${Object.keys(requirements).join(", ")}`);
    return 0;
  }
  for (const [name, { usedFor }] of gaps) say(`${name} is missing (${usedFor})`);

  const plan = planFor(
    gaps.map(([, requirement]) => requirement),
    thisMachine(),
  );
  if (plan.kind === "tell") {
    say(`to install: ${plan.advice}`);
  } else {
    say(`installing from Debian: ${plan.packages.join(" ")} (no service is started now)`);
    const failure = installDebianPackages(plan.packages);
    if (failure !== undefined) say(failure);
  }

  const left = missing().map(([name]) => name);
  if (left.length === 0) {
    say("installed");
    return 0;
  }
  if (inCI()) {
    say(`failed: in CI nothing is skipped, and this machine lacks ${left.join(", ")}`);
    return 1;
  }
  say(`tests that need ${left.join(", ")} are skipped, each by name`);
  return 0;
}

/** Once, before the tests that run on it are many at a time. */
async function buildXs(): Promise<void> {
  if (!requirements["C compiler"].isPresent()) return;
  const started = performance.now();
  try {
    const { bits } = await buildHost();
    say(`XS is built, ${bits}-bit, in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  } catch (error) {
    // The tests on XS will fail, and say so each.
    say((error as Error).message);
  }
}

process.exitCode = preflight();
if (process.exitCode === 0) await buildXs();
