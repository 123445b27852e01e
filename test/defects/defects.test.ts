import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyDefect, parseDefect, readDefects } from "./defect.js";

const source = fileURLToPath(new URL("../../src", import.meta.url));
const defects = readDefects();
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "motewire-defect-"));
  cpSync(source, join(root, "src"), { recursive: true });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("the deliberate defects", () => {
  it("are fifteen at least", () => {
    expect(defects.length).toBeGreaterThanOrEqual(15);
  });

  it.each(defects)("$name applies to the source as it is", (defect) => {
    expect(() => applyDefect(defect, root)).not.toThrow();
  });
});

describe("a defect", () => {
  it("that was made for another source does not apply, and says so", () => {
    const change = { file: "src/mqtt/sender.ts", search: "nothing of the kind\n", replace: "" };
    expect(() => applyDefect({ name: "old", about: "x", changes: [change] }, root)).toThrow(/^old does not apply: src/);
  });

  it("that could mean several places does not apply either", () => {
    const change = { file: "src/mqtt/sender.ts", search: "  }\n", replace: "" };
    expect(() => applyDefect({ name: "vague", about: "x", changes: [change] }, root)).toThrow(/holds it twice/);
  });
});

describe("a defect's file", () => {
  it("may change several places", () => {
    const text =
      "It breaks.\nfile: a.ts\n--- search\nx\n--- replace\ny\n--- search\nz\n--- replace\nfile: b.ts\n--- search\nq\n--- replace\nr\n";
    expect(parseDefect("d", text)).toEqual({
      name: "d",
      about: "It breaks.",
      changes: [
        { file: "a.ts", search: "x\n", replace: "y\n" },
        { file: "a.ts", search: "z\n", replace: "" },
        { file: "b.ts", search: "q\n", replace: "r\n" },
      ],
    });
  });

  it.each([
    ["", "no text"],
    ["about\n", "no change"],
    ["about\nfile: a\n--- search\nx\n", "no replace"],
  ])("%j is refused", (text, why) => {
    expect(() => parseDefect("d", text)).toThrow(why);
  });
});
