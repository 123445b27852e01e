import { describe, expect, it } from "vitest";
import { benchHelp, readBenchOptions } from "../../../scripts/bench/options.js";
import { sections } from "../../../scripts/bench/sections.js";

const names = sections.map(({ name }) => name);

describe("the command line of the benchmarks", () => {
  it("runs everything when nothing is said", () => {
    expect(readBenchOptions([], sections)).toEqual({ only: names, rounds: 5, render: false });
  });

  it("takes some sections, rounds and a file", () => {
    const options = readBenchOptions(["--only", "codec,opening", "--rounds", "3", "--json", "out.json"], sections);
    expect(options).toEqual({ only: ["codec", "opening"], rounds: 3, json: "out.json", render: false });
  });

  it.each([
    [["--only", "speed"], '--only "speed": known sections are throughput, codec, '],
    [["--only"], "--only needs a value: --only SECTION"],
    [["--rounds", "0"], '--rounds "0": must be a whole number from 1 to 99'],
    [["--rounds", "many"], '--rounds "many": must be a whole number from 1 to 99'],
    [["--fast"], "unknown flag --fast: known are --only, --rounds, "],
    [["codec"], 'unexpected "codec": flags begin with --'],
    [["--render", "--only", "codec"], "--render needs all sections: leave --only out"],
  ])("says in a line what is wrong with %j", (args, words) => {
    expect(() => readBenchOptions(args, sections)).toThrow(words);
  });

  it("explains itself, every section included", () => {
    expect(readBenchOptions(["--help"], sections)).toBeUndefined();
    for (const name of names) expect(benchHelp(sections)).toContain(`  ${name}`);
  });
});
