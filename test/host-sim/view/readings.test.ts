/** When readings were made, which came late, when the node could not be heard, and what a chart is given of it. */
import { describe, expect, test } from "vitest";
import { Outages } from "../../../host-sim/view/outages.js";
import type { Fields } from "../../../host-sim/view/payload.js";
import { Series } from "../../../host-sim/view/series.js";
import { Stamps } from "../../../host-sim/view/stamps.js";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const timed = (at: number): Fields => new Map([["time", new Date(at).toISOString()]]);
const counted = (uptime: number, boot = "1-a"): Fields =>
  new Map<string, string | number>([
    ["boot", boot],
    ["uptime", uptime],
  ]);

describe("a reading's moment", () => {
  test("is its own time, and it is late when it took longer than others by two seconds", () => {
    const stamps = new Stamps();
    expect(stamps.place(timed(NOW - 50), NOW, false)).toEqual({ at: NOW - 50, late: false, stamped: true });
    expect(stamps.place(timed(NOW - 8_000), NOW + 100, false)).toEqual({ at: NOW - 8_000, late: true, stamped: true });
    expect(stamps.place(timed(NOW - 1_000), NOW + 200, false)).toMatchObject({ late: false });
  });

  test("of a clock that is an hour slow is shown by the page's, and late still means late", () => {
    const stamps = new Stamps();
    const hour = 3_600_000;
    expect(stamps.place(timed(NOW - hour), NOW, false)).toEqual({ at: NOW, late: false, stamped: true });
    expect(stamps.off).toBe(hour);
    expect(stamps.place(timed(NOW - hour - 5_000), NOW + 1_000, false)).toMatchObject({ at: NOW - 5_000, late: true });
  });

  test("of a node that does not know the time is counted from its start, each start for itself", () => {
    const stamps = new Stamps();
    expect(stamps.place(counted(1_000), NOW, false)).toMatchObject({ at: NOW, late: false });
    expect(stamps.place(counted(2_000), NOW + 9_000, false)).toMatchObject({ at: NOW + 1_000, late: true });
    expect(stamps.place(counted(500, "2-b"), NOW + 20_000, false)).toMatchObject({ at: NOW + 20_000, late: false });
    expect(stamps.off).toBeUndefined();
  });

  test("without a stamp is its arrival, and unknown when it has lain at the broker", () => {
    const stamps = new Stamps();
    expect(stamps.place(new Map(), NOW, false)).toEqual({ at: NOW, late: false, stamped: false });
    expect(stamps.place(new Map(), NOW, true)).toMatchObject({ at: undefined });
    expect(stamps.place(counted(5), NOW, true)).toMatchObject({ at: undefined });
    expect(stamps.place(new Map([["time", "yesterday"]]), NOW, false)).toMatchObject({ at: NOW, stamped: false });
  });

  test("of what has lain at the broker says nothing of the way", () => {
    const stamps = new Stamps();
    expect(stamps.place(timed(NOW - 500_000), NOW, true)).toEqual({ at: NOW - 500_000, late: false, stamped: true });
    expect(stamps.place(timed(NOW - 10), NOW, false)).toMatchObject({ late: false });
    expect(stamps.off).toBeUndefined();
  });

  test("is late no more when the clock has jumped, half a minute after it did", () => {
    const stamps = new Stamps();
    stamps.place(timed(NOW), NOW, false);
    const lates = Array.from({ length: 40 }, (_, second) => {
      const arrival = NOW + 1_000 * second;
      return stamps.place(timed(arrival - 10_000), arrival, false).late;
    });
    expect(lates.indexOf(false)).toBe(31);
    expect(lates.slice(31)).not.toContain(true);
  });

  test("stays late through a long burst, though the burst is long", () => {
    const stamps = new Stamps();
    stamps.place(timed(NOW), NOW, false);
    const arrival = NOW + 600_000;
    const lates = Array.from({ length: 500 }, (_, count) => {
      return stamps.place(timed(NOW + 1_000 * count), arrival + count, false).late;
    });
    expect(lates).not.toContain(false);
  });

  test("is kept of so many starts only", () => {
    const stamps = new Stamps();
    stamps.place(counted(1_000, "first"), NOW, false);
    for (let boot = 0; boot < 1_000; boot++) stamps.place(counted(1, `b${boot}`), NOW, false);
    expect(stamps.place(counted(2_000, "first"), NOW + 60_000, false)).toMatchObject({ late: false });
  });
});

describe("a series", () => {
  test("has its values in order of time, however they come, and none twice", () => {
    const series = new Series();
    series.add(3_000, 3, false);
    series.add(1_000, 1, true);
    series.add(2_000, 2, true);
    series.add(2_000, 2, false);
    expect([series.times, series.values, series.late]).toEqual([
      [1_000, 2_000, 3_000],
      [1, 2, 3],
      [true, true, false],
    ]);
  });

  test("gives a chart seconds, the values, and those that were late once more; with a gap where nothing is known", () => {
    const series = new Series();
    for (const [at, value] of [
      [1_000, 1],
      [2_000, 2],
      [9_000, 9],
      [10_000, 10],
    ] as const)
      series.add(at, value, at === 9_000);
    expect(series.columns(0, 3_000)).toEqual([
      [1, 2, 5.5, 9, 10],
      [1, 2, null, 9, 10],
      [null, null, null, 9, null],
    ]);
  });

  test("gives one value before the time that is shown, for the line that comes in from there", () => {
    const series = new Series();
    for (let at = 0; at < 10; at++) series.add(at * 1_000, at, false);
    expect(series.columns(7_500, 3_000)[0]).toEqual([7, 8, 9]);
    expect(series.columns(7_000, 3_000)[0]).toEqual([6, 7, 8, 9]);
    expect(new Series().columns(0, 1)).toEqual([[], [], []]);
    // All of it is older than what is shown.
    expect(series.columns(20_000, 3_000)[0]).toEqual([9]);
  });

  test("forgets the oldest of many thousands", () => {
    const series = new Series();
    for (let at = 0; at < 20_000; at++) series.add(at, at, false);
    expect(series.times.length).toBeLessThanOrEqual(5_000);
    expect(series.last).toBe(19_999);
    expect([series.values.length, series.late.length]).toEqual([series.times.length, series.times.length]);
  });
});

describe("outages", () => {
  test("begin and end, and one that begins while another lasts goes on with it", () => {
    const outages = new Outages();
    outages.begin("silent", 10_000, "no readings");
    outages.begin("offline", 14_000, "connection lost");
    expect(outages.open).toEqual({ why: "offline", from: 10_000, to: undefined, words: "connection lost" });
    outages.begin("silent", 15_000, "no readings");
    expect(outages.open?.words).toBe("connection lost");
    outages.end(20_000);
    outages.end(30_000);
    expect(outages.list).toEqual([{ why: "offline", from: 10_000, to: 20_000, words: "connection lost" }]);
  });

  test("that follow within a second are one", () => {
    const outages = new Outages();
    outages.begin("silent", 1_000, "a");
    outages.end(5_000);
    outages.begin("offline", 5_900, "b");
    outages.end(6_000);
    outages.begin("offline", 8_000, "c");
    expect(outages.list.map(({ from, to }) => [from, to])).toEqual([
      [1_000, 6_000],
      [8_000, undefined],
    ]);
  });

  test("are kept to a number", () => {
    const outages = new Outages();
    for (let count = 0; count < 1_000; count++) {
      outages.begin("offline", count * 10_000, "");
      outages.end(count * 10_000 + 1);
    }
    expect(outages.list).toHaveLength(200);
  });
});
