import { describe, test } from "vitest";
import { inCI, type RequirementName, requirements } from "./requirements.js";

/**
 * `describe` for tests that need something beyond npm. Where it is missing they are skipped under a title that says
 * so, and in CI they fail.
 */
export function describeWith(needed: RequirementName, title: string, tests: () => void): void {
  if (requirements[needed].isPresent()) {
    describe(title, tests);
  } else if (inCI()) {
    describe(title, () => {
      test(`needs ${needed}`, () => {
        throw new Error(`${needed} is missing, and in CI nothing is skipped; \`npm test\` says how to get it`);
      });
    });
  } else {
    describe.skip(`${title} (skipped: needs ${needed})`, tests);
  }
}
