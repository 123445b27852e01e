import { describe, expect, it } from "vitest";
import { render } from "../../../scripts/bench/render.js";
import { parseReport, type Report, summaryText } from "../../../scripts/bench/report.js";
import type { Row, Section } from "../../../scripts/bench/section.js";
import { barChart } from "../../../scripts/bench/svg.js";

const row: Row = {
  group: "CPU a message",
  name: "publish <QoS 1>",
  unit: "µs",
  series: [
    { contender: "motewire", values: [4, 6, 5] },
    { contender: "peer", values: [10, 10, 10] },
  ],
  aims: [{ of: "peer", atMost: 0.4 }],
};

const section: Section = {
  name: "throughput",
  title: "Messages",
  measures: "How fast.",
  aim: "faster",
  run: async () => [],
};

const report: Report = {
  format: 1,
  rounds: 3,
  machine: {
    processor: "Z80",
    processors: 1,
    memory: 2 ** 30,
    system: "cpm",
    node: "v20",
    mosquitto: "2",
    load: 0,
    packages: { mqtt: "5", "mqtt-packet": "9" },
    date: "2026-11-24",
  },
  sections: [{ name: "throughput", seconds: 1, rows: [row] }],
};

describe("a plot", () => {
  it("has a bar for each contender, as long as its median, and a line over its rounds", () => {
    const svg = barChart("CPU", [row]);
    const widths = [...svg.matchAll(/<rect x="190" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect(widths).toHaveLength(2);
    expect((widths[0] as number) / (widths[1] as number)).toBeCloseTo(0.5);
    expect(svg.match(/<path /g)).toHaveLength(1);
  });

  it("keeps words from being markup", () => {
    expect(barChart("a < b", [row])).toContain("publish &#60;QoS 1&#62;");
  });

  it("is refused when there is nothing to draw", () => {
    expect(() => barChart("empty", [{ ...row, series: [] }])).toThrow("empty: nothing to draw");
  });
});

describe("the page", () => {
  const files = render(report, [section]);
  const page = files.get("benchmarks.md") as string;

  it("shows every figure with its spread and what became of the aim", () => {
    expect(page).toContain("| publish <QoS 1>, µs | 5 (4–6) | 10 | × peer 0.50 (0.40–0.60), aim ≤ 0.4: missed |");
    expect(page).toContain("0 of 1 aims were met. Missed:");
  });

  it("shows a plot that is among the files", () => {
    const [, path] = /!\[.*\]\((.*\.svg)\)/.exec(page) ?? [];
    expect(files.get(path as string)).toMatch(/^<svg /);
  });

  it("is made again from the report as it is kept", () => {
    expect(render(parseReport(JSON.stringify(report)), [section])).toEqual(files);
  });

  it("says when the machine had other things to do", () => {
    const busy = render({ ...report, machine: { ...report.machine, load: 6 } }, [section]);
    expect(busy.get("benchmarks.md")).toContain("The machine was busy");
    expect(page).not.toContain("The machine was busy");
  });
});

describe("the end of a run", () => {
  it("names the aims that were missed", () => {
    expect(summaryText(report)).toBe(
      "0 aims met, 1 missed\n  CPU a message, publish <QoS 1>: 0.50 (0.40–0.60) for ≤ 0.4",
    );
  });

  it.each(["{}", '{"format":2}', "null"])("is not taken from %s", (text) => {
    expect(() => parseReport(text)).toThrow("no report of format 1");
  });
});
