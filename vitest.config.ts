import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { SkippedByName } from "./test/support/skipped-by-name.js";

// .ci/run names a file here and reads the counts from it.
const report = process.env.MOTEWIRE_TEST_REPORT;

/** What `npm run fast` runs: no brokers, no processes, no engine. */
const fast = ["test/architecture.test.ts", "test/{conformance,contract,mote,mqtt}/**/*.test.ts"];

export default defineConfig({
  // What the package exports is imported by its name, as by those who have installed it.
  resolve: {
    alias: {
      "motewire/application": new URL("src/package/application.ts", import.meta.url).pathname,
      "motewire/simulator": new URL("host-sim/library/index.ts", import.meta.url).pathname,
    },
  },
  test: {
    projects: [
      { extends: true, test: { name: "fast", include: fast, isolate: false } },
      { extends: true, test: { name: "whole", include: ["test/**/*.test.ts"], exclude: fast } },
    ],
    passWithNoTests: false,
    // Most of the long ones wait for a broker or a program.
    maxWorkers: Math.max(2, availableParallelism()),
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
