import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with the full name of every test that did not run, so that a skip is never just a number. */
export class SkippedByName implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const names = modules.flatMap((module) =>
      [...module.children.allTests("skipped")].map((test) => `${module.relativeModuleId} > ${test.fullName}`),
    );
    if (names.length > 0) console.log(`\n${names.length} skipped:\n${names.map((name) => `  ${name}`).join("\n")}\n`);
  }
}
