import { defineConfig } from "vitest/config";
import { SkippedByName } from "./test/support/skipped-by-name.js";

// .ci/run names a file here and reads the counts from it.
const report = process.env.MOTEWIRE_TEST_REPORT;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    passWithNoTests: false,
    // Processes, not threads: tests start brokers and command lines, and a signal must reach one test file only.
    pool: "forks",
    // Tests run in any order; the seed is printed and `--sequence.seed` repeats an order.
    sequence: { shuffle: { files: true, tests: true } },
    testTimeout: 20_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    restoreMocks: true,
    reporters: ["default", new SkippedByName(), ...(report ? ["json"] : [])],
    ...(report ? { outputFile: { json: report } } : {}),
  },
});
