import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("the backend's test on the page is the one that is run here, about thirty lines", () => {
  const page = readFileSync("docs/testing.md", "utf8");
  const [, shown = ""] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
  const run = readFileSync("test/docs/backend.test.ts", "utf8");
  expect(shown).toBe(run.replace("../../examples/", "../examples/"));
  expect(run.split("\n").length).toBeLessThanOrEqual(32);
});
