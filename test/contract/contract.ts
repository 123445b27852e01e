/** Runs contracts: on every implementation there is, and on broken ones to show that they bite. */
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../host-sim/core/world/clock.js";
import type { Clause, Contract, Harness, MakeHarness } from "./clause.js";

/** One test for each sentence. */
export function runContract<H extends Harness>(name: string, contract: Contract<H>, make: MakeHarness<H>): void {
  describe(name, () => {
    it.each(contract)("$says", async (clause) => checkClause(clause, make));
  });
}

/** The sentences that an implementation does not keep. */
export async function brokenClauses<H extends Harness>(
  contract: Contract<H>,
  make: MakeHarness<H>,
): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const clause of contract) {
    try {
      await checkClause(clause, make);
    } catch {
      broken.push(clause.says);
    }
  }
  return broken;
}

/** Shows that a contract bites: what is done wrong, and a sentence that must then fail. */
export function runDefects<H extends Harness>(
  name: string,
  contract: Contract<H>,
  defects: readonly (readonly [defect: string, clause: string, make: MakeHarness<H>])[],
): void {
  describe(`${name} notices an implementation that`, () => {
    it.each(defects)("%s", async (_, clause, make) => {
      expect(contract.map(({ says }) => says)).toContain(clause);
      expect(await brokenClauses(contract, make)).toContain(clause);
    });
  });
}

async function checkClause<H extends Harness>(clause: Clause<H>, make: MakeHarness<H>): Promise<void> {
  const harness = await make();
  try {
    await clause.check(harness);
  } finally {
    await harness.dispose?.();
  }
}

const PATIENCE = 10_000;

/** Waits in virtual time. */
export function untilVirtual(clock: VirtualClock): Harness["until"] {
  return async (predicate, within = PATIENCE) => {
    if (!clock.runUntil(predicate, within)) throw new Error(`did not happen within ${within} virtual ms: ${predicate}`);
  };
}

/** Waits in real time, turn by turn of the event loop: for an event, never for the time. */
export const untilReal: Harness["until"] = async (predicate, within = PATIENCE) => {
  const deadline = performance.now() + within;
  while (!predicate()) {
    if (performance.now() > deadline) throw new Error(`did not happen within ${within} ms: ${predicate}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/** A virtual clock that wraps around while a check runs. */
export function clockAtTheWrap(): VirtualClock {
  return new VirtualClock({ start: 0x7fff_ffff - 5, epoch: Date.UTC(2026, 10, 23) });
}
