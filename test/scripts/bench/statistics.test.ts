import { describe, expect, it } from "vitest";
import { figure, spread } from "../../../scripts/bench/numbers.js";
import type { Row } from "../../../scripts/bench/section.js";
import { judge, ratioOf, spreadOf } from "../../../scripts/bench/statistics.js";

describe("the spread of rounds", () => {
  it("has the middle one as its median, whatever their order", () => {
    expect(spreadOf([9, 1, 4])).toEqual({ median: 4, least: 1, most: 9 });
  });

  it("has the mean of the two in the middle when their number is even", () => {
    expect(spreadOf([1, 10, 2, 4])).toEqual({ median: 3, least: 1, most: 10 });
  });

  it("counts as numbers, not as words", () => {
    expect(spreadOf([10, 9, 100]).median).toBe(10);
  });

  it("is refused of nothing", () => {
    expect(() => spreadOf([])).toThrow("no values");
  });
});

describe("the ratio of two contenders", () => {
  it("is taken within each round, so that a slow round counts for nothing", () => {
    expect(ratioOf([1, 50, 1], [2, 100, 2])).toEqual({ median: 0.5, least: 0.5, most: 0.5 });
  });

  it("is refused when they had different rounds", () => {
    expect(() => ratioOf([1], [1, 2])).toThrow("1 rounds beside 2");
  });
});

describe("an aim", () => {
  const row: Row = {
    group: "CPU",
    name: "publish",
    unit: "µs",
    series: [
      { contender: "motewire", values: [4, 5, 6] },
      { contender: "peer", values: [10, 10, 10] },
    ],
  };

  it.each([
    [{ of: "peer", atMost: 0.5 }, true],
    [{ of: "peer", atMost: 0.49 }, false],
    [{ of: "peer", atLeast: 0.5 }, true],
    [{ of: "peer", atLeast: 0.51 }, false],
  ])("of %j is judged by the median: %s", (aim, met) => {
    expect(judge({ ...row, aims: [aim] })).toMatchObject([{ met, of: "peer", found: { median: 0.5 } }]);
  });

  it("may be a figure of ours alone", () => {
    expect(judge({ ...row, limit: { atMost: 5 } })).toMatchObject([{ met: true, of: undefined, wanted: "≤ 5" }]);
    expect(judge({ ...row, limit: { atMost: 4.9 } })).toMatchObject([{ met: false }]);
  });

  it("names a contender that was measured", () => {
    expect(() => judge({ ...row, aims: [{ of: "nobody", atMost: 1 }] })).toThrow("publish was not measured of nobody");
  });

  it("need not be there", () => {
    expect(judge(row)).toEqual([]);
  });
});

describe("a figure is written", () => {
  it.each([
    [0.3333, "0.33"],
    [12.345, "12.3"],
    [123.45, "123"],
    [7, "7"],
    [48_123, "48,100"],
    [0, "0"],
  ])("%d as %s", (value, text) => {
    expect(figure(value)).toBe(text);
  });

  it("with its spread only where there is one", () => {
    expect(spread({ median: 2, least: 1, most: 3 })).toBe("2 (1–3)");
    expect(spread({ median: 2, least: 2, most: 2 })).toBe("2");
  });
});
