// `npm run mutation`: changes the client's sources one small way at a time, and wants a unit test to fail each time.
// Options: https://stryker-mutator.io/docs/stryker-js/configuration/

/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  // Types, re-exports and tables of the specification's constants have nothing to decide.
  mutate: ["src/mqtt/*.ts", "!src/mqtt/api.ts", "!src/mqtt/index.ts", "!src/mqtt/wire/packet.ts"],
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutation.config.ts", related: false },
  plugins: ["@stryker-mutator/vitest-runner", "./scripts/mutation/error-prose.js", "./scripts/mutation/sample.js"],
  // Tests hold the codes of errors, which programs read, and a few names in their messages; not each message's wording.
  ignorers: ["error-prose", "sample"],
  coverageAnalysis: "perTest",
  concurrency: 2,
  // Tables of constants run through every test there is, and would take nearly all of the time.
  ignoreStatic: true,
  // A mutant that runs in circles is one that the tests notice.
  timeoutMS: 5_000,
  timeoutFactor: 1.25,
  thresholds: { high: 95, low: 85, break: 85 },
  reporters: ["clear-text", "progress-append-only", "json"],
  clearTextReporter: { reportTests: false, allowColor: false },
  // Only what the tests run is copied; the rest of the tree may change meanwhile.
  ignorePatterns: [
    "/*",
    "!/src",
    "!/host-sim",
    "!/test",
    "!/boards",
    "!/package.json",
    "!/tsconfig*.json",
    "!/vitest.mutation.config.ts",
  ],
  // What an earlier run has found out about code and tests that are the same. Big, and soon made anew: not in git.
  incremental: true,
  incrementalFile: ".cache/mutation/incremental.json",
  jsonReporter: { fileName: ".cache/mutation/report.json" },
  tempDirName: ".cache/mutation/tmp",
};
