import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { broken, readSources } from "../support/breaking.js";
import { render } from "../support/conformance/render.js";
import { changesOf, SERVER_ONLY, STATEMENTS } from "../support/conformance/statement.js";
import { isTitled, NamedTests, titlesIn } from "../support/conformance/titles.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, "utf8");

const sources = readSources(root);
const named = new NamedTests(root);

describe("the normative statements", () => {
  it.each(STATEMENTS.map(({ number, tests }) => [number, tests] as const))(
    "%s is shown by tests there are",
    (_, tests) => {
      expect(tests.length).toBeGreaterThan(0);
      expect(tests.map((test) => named.fault(test)).filter((one) => one !== undefined)).toEqual([]);
    },
  );

  it.each(STATEMENTS.map(({ number, violation }) => [number, violation] as const))(
    "%s has a violation that applies, or a reason why it has none",
    (number, violation) => {
      if (typeof violation === "string") expect(violation).not.toBe("");
      else expect(broken(sources, changesOf(violation), number).size).toBeGreaterThan(0);
    },
  );

  it("are all there, each once: in every section the numbers count up from 1", () => {
    const numbers = STATEMENTS.map(({ number }) => number).concat(SERVER_ONLY);
    expect(new Set(numbers).size).toBe(numbers.length);
    const sections = new Map<string, number[]>();
    for (const number of numbers) {
      const [, section = "", last] = /^MQTT-(\d\.\d+\.\d+)-(\d+)$/.exec(number) ?? [];
      sections.set(section, [...(sections.get(section) ?? []), Number(last)]);
    }
    for (const [section, found] of sections) {
      found.sort((a, b) => a - b);
      expect(found, section).toEqual(found.map((_, index) => index + 1));
    }
    // Chapter 5, on security, has none.
    expect([...sections.keys()].sort().join(" ")).toBe(
      "1.5.3 2.2.2 2.3.1 3.1.0 3.1.2 3.1.3 3.1.4 3.10.1 3.10.3 3.10.4 3.12.4 3.14.1 3.14.4 3.2.0 3.2.2 3.3.1 3.3.2 3.3.4 3.3.5 " +
        "3.6.1 3.8.1 3.8.3 3.8.4 3.9.3 4.1.0 4.3.1 4.3.2 4.3.3 4.4.0 4.5.0 4.6.0 4.7.1 4.7.2 4.7.3 4.8.0 6.0.0 7.0.0 7.1.1 7.1.2",
    );
  });

  it("are rendered in docs/conformance.md as they are here (npm run conformance -- render)", () => {
    expect(read("docs/conformance.md")).toBe(render(sources));
  });
});

describe("titles are read from a source", () => {
  const source = `
    describe("a", () => {
      it("b", () => {});
      it.each([["x", 1]])("c %s", (_, n) => { expect(n, "not a title").toBe(1); });
      describe.each<[number]>([[1]])("d %i", () => { test("e", () => {}); });
    });
    describeWith("mosquitto", "f", () => {});`;

  it("with those around them", () => {
    expect(titlesIn(source)).toEqual([["a"], ["a", "b"], ["a", "c %s"], ["a", "d %i"], ["a", "d %i", "e"], ["f"]]);
  });

  it.each([
    [["a", "b"], true],
    [["a", "c anything (even this)"], true],
    [["a", "d 5", "e"], true],
    [["a", "d", "e"], false],
    [["b"], false],
    [["a", "x c y"], false],
  ])("%j: %s", (path, expected) => {
    expect(titlesIn(source).some((one) => isTitled(one, path))).toBe(expected);
  });
});
