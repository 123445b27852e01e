// The tests that Stryker runs for each mutant: the client's, and the quick ones first.
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Enumerations of thousands of stories, which would be told anew for each mutant: the score does without them. */
const LEFT_OUT = ["test/mqtt/damage.test.ts", "test/mqtt/power-cut.test.ts"];

/** Seconds, not milliseconds. A mutant that another test has failed on never gets to them. */
const SLOW = ["hostile.test.ts", "backpressure.test.ts"];

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => SLOW.findIndex((name) => moduleId.endsWith(`/${name}`));
    return [...files].sort((one, other) => rank(one) - rank(other) || one.moduleId.localeCompare(other.moduleId));
  }
}

export default defineConfig({
  test: {
    include: ["test/mqtt/**/*.test.ts"],
    exclude: LEFT_OUT,
    setupFiles: ["test/support/fixed-seed.ts"],
    sequence: { sequencer: QuickFirst },
    isolate: false,
    restoreMocks: true,
    // Instrumented, and beside another run.
    testTimeout: 60_000,
  },
});
