import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { broken, readSources } from "../breaking.js";
import { NamedTests } from "../conformance/titles.js";
import { parseDefect, readDefects } from "./defect.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const sources = readSources(root);
const named = new NamedTests(root);
const defects = readDefects();

describe("the deliberate defects", () => {
  it("are fifteen at least", () => {
    expect(defects.length).toBeGreaterThanOrEqual(15);
  });

  it.each(defects)("$name applies to the source as it is", ({ name, changes }) => {
    expect(broken(sources, changes, name).size).toBeGreaterThan(0);
  });
});

describe("the deliberate defects that the simulation cannot see", () => {
  const seen = defects.filter(({ tests }) => tests.length > 0);

  it("are eight at least, all of WebSocket", () => {
    expect(seen.length).toBeGreaterThanOrEqual(8);
    for (const { name, changes } of seen)
      for (const path of broken(sources, changes, name).keys()) expect(path).toContain("src/transports/websocket/");
  });

  it.each(seen)("$name is caught by tests there are", ({ tests }) => {
    expect(tests.map((test) => named.fault(test)).filter((fault) => fault !== undefined)).toEqual([]);
  });
});

describe("a change", () => {
  const two = new Map([
    ["src/a.ts", "one\ntwo\nthree\n"],
    ["src/b.ts", "two\nfour\n"],
  ]);

  it("is made where what it searches is, in whatever file", () => {
    const changes = [
      { search: "three", replace: "3" },
      { search: "one", replace: "1" },
      { search: "four\n", replace: "" },
    ];
    expect(Object.fromEntries(broken(two, changes, "x"))).toEqual({ "src/a.ts": "1\ntwo\n3\n", "src/b.ts": "two\n" });
  });

  it("that was made for other sources does not apply, and says so", () => {
    expect(() => broken(two, [{ search: "five", replace: "" }], "old")).toThrow(/^old does not apply: nothing in src/);
  });

  it("that could mean several places does not apply either", () => {
    expect(() => broken(two, [{ search: "two", replace: "" }], "vague")).toThrow(
      /src\/a\.ts and src\/b\.ts hold "two"/,
    );
  });
});

describe("a defect's file", () => {
  it("may change several places", () => {
    const text = "It breaks.\n--- search\nx\n--- replace\ny\n--- search\nz\n--- replace\n";
    expect(parseDefect("d", text)).toEqual({
      name: "d",
      about: "It breaks.",
      tests: [],
      changes: [
        { search: "x\n", replace: "y\n" },
        { search: "z\n", replace: "" },
      ],
    });
  });

  it("may name the tests that catch it", () => {
    const { tests } = parseDefect("d", "It breaks.\n--- tests\na/b > c > d\na/b > e\n--- search\nx\n--- replace\n");
    expect(tests).toEqual(["a/b > c > d", "a/b > e"]);
  });

  it.each([
    ["about\n--- tests\n--- search\nx\n--- replace\n", "no test is named"],
    ["", "no text"],
    ["about\n", "no change"],
    ["about\n--- search\nx\n", "no replace"],
  ])("%j is refused", (text, why) => {
    expect(() => parseDefect("d", text)).toThrow(why);
  });
});
