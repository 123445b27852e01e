// The tests that Stryker runs for each mutant: the client's, and the quick ones first.
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Enumerations and long times, thousands of stories that would be told anew for each mutant: the score does without them. */
const LEFT_OUT = ["damage", "power-cut", "refusing-store", "long-offline", "backlog"];

/** Seconds, not milliseconds, the slowest last. A mutant that another test has failed on never gets to them. */
const SLOW = ["encode", "full-store", "bounds", "hostile", "decode", "poison", "blame", "backpressure"];

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => SLOW.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
    return [...files].sort((one, other) => rank(one) - rank(other) || one.moduleId.localeCompare(other.moduleId));
  }
}

export default defineConfig({
  test: {
    include: ["test/mqtt/**/*.test.ts"],
    exclude: LEFT_OUT.map((name) => `test/mqtt/${name}.test.ts`),
    setupFiles: ["test/support/fixed-seed.ts"],
    sequence: { sequencer: QuickFirst },
    isolate: false,
    restoreMocks: true,
    // Instrumented, and beside another run.
    testTimeout: 60_000,
  },
});
