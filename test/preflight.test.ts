import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { planFor } from "./support/install.js";
import { command, findCommand, inCI, type Requirement } from "./support/requirements.js";

function folderWith(file: string, mode: number): string {
  const folder = mkdtempSync(join(tmpdir(), "motewire-path-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, file), "#!/bin/sh\n");
  chmodSync(join(folder, file), mode);
  return folder;
}

describe("a command is looked for", () => {
  test("along the path", () => {
    const folder = folderWith("motewire-broker", 0o755);
    expect(findCommand("motewire-broker", `/nowhere:${folder}`)).toBe(join(folder, "motewire-broker"));
  });

  test("and must be executable", () => {
    const folder = folderWith("motewire-broker", 0o644);
    expect(findCommand("motewire-broker", folder)).toBeUndefined();
  });

  test("and is named when a test needs it in vain", () => {
    expect(() => command("motewire-no-such-broker")).toThrow(/motewire-no-such-broker is not installed/);
  });
});

describe("what is missing", () => {
  const broker: Requirement = {
    usedFor: "tests",
    packages: { apt: ["broker", "broker-clients"], brew: ["brew-broker"] },
    isPresent: () => false,
  };

  test("is installed by root on Debian", () => {
    expect(planFor([broker], { isRoot: true, manager: "apt" })).toEqual({
      kind: "install",
      packages: ["broker", "broker-clients"],
    });
  });

  test.each([
    ["an ordinary user on Debian", { isRoot: false, manager: "apt" }, "sudo apt-get install broker broker-clients"],
    ["a Mac", { isRoot: false, manager: "brew" }, "brew install brew-broker"],
    ["another system", { isRoot: true, manager: undefined }, /package manager.*: broker broker-clients$/],
  ] as const)("is left to the person on the machine of %s, with one command", (_, machine, advice) => {
    const plan = planFor([broker], machine);
    expect(plan).toEqual({
      kind: "tell",
      advice: typeof advice === "string" ? advice : expect.stringMatching(advice),
    });
  });
});

test.each([
  ["true", true],
  ["1", true],
  ["false", false],
  ["", false],
  [undefined, false],
])("CI=%s counts as CI: %s", (value, expected) => {
  expect(inCI({ CI: value })).toBe(expected);
});
