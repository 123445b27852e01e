import { beforeEach, describe, expect, it } from "vitest";
import { Bench } from "./bench.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 23);

describe("the age of a reading, when the clock of the day jumps", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
    bench.clock.setEpoch(START);
  });

  const dropped = () => bench.notes.lines.filter((line) => line.startsWith("dropped"));
  const jump = (ms: number) => bench.clock.setEpoch((bench.clock.epoch() as number) + ms);
  const numbers = () => [...new Set(bench.readings().map(({ seq }) => seq as number))];
  const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

  it.each([30, -30, 3650, -3650])("by %i days, in half an hour without a link, is half an hour", (days) => {
    bench.startConnected({ override: { interval: MINUTE } });
    bench.clock.advance(MINUTE);
    bench.lose();
    bench.clock.advance(15 * MINUTE);
    jump(days * DAY);
    bench.clock.advance(15 * MINUTE);
    bench.join();
    expect(dropped()).toEqual([]);
    expect(numbers()).toEqual(upTo(32));
  });

  it("is what the node was awake for, in both directions, and what is too old by that is given up", () => {
    for (const days of [30, -30]) {
      bench = new Bench();
      bench.clock.setEpoch(START);
      bench.start({ override: { interval: HOUR }, maximumAge: DAY });
      bench.clock.advance(20.5 * HOUR);
      jump(days * DAY);
      bench.clock.advance(20 * HOUR);
      bench.join();
      // The oldest was taken 23.5 hours before the last look.
      expect(numbers()).toEqual(upTo(41).filter((seq) => seq > 17));
      expect(dropped()).toHaveLength(17);
      expect(dropped().every((line) => line.endsWith(" age"))).toBe(true);
    }
  });

  it("survives any number of jumps", () => {
    bench.start({ override: { interval: MINUTE }, maximumQueued: 100_000, maximumAge: DAY });
    for (let jumps = 1; jumps <= 12; jumps++) {
      bench.clock.advance(10 * MINUTE);
      jump((jumps % 3 === 0 ? -1 : 1) * jumps * 10 * DAY);
    }
    bench.clock.advance(2 * HOUR);
    bench.join();
    bench.clock.advance(MINUTE);
    expect(dropped()).toEqual([]);
    expect(numbers().slice(0, 241)).toEqual(upTo(241));
  });

  it("survives that the time of day is not known for a while, and another one after", () => {
    bench.start({ override: { interval: MINUTE } });
    bench.clock.advance(10.5 * MINUTE);
    bench.clock.setEpoch(undefined);
    bench.clock.advance(10 * MINUTE);
    bench.clock.setEpoch(START + 300 * DAY);
    bench.clock.advance(10 * MINUTE);
    bench.join();
    expect(dropped()).toEqual([]);
    expect(numbers()).toEqual(upTo(31));
  });

  it("is measured from the jump back by the right clock: what was stamped by a wrong one is not given up", () => {
    bench.clock.setEpoch(Date.UTC(2000, 0));
    bench.start({ override: { interval: MINUTE } });
    bench.clock.advance(10.5 * MINUTE);
    bench.clock.setEpoch(START);
    bench.clock.advance(10 * MINUTE);
    bench.join();
    expect(numbers()).toEqual(upTo(21));
  });

  it("of an earlier start is by the clock of the day; where that has jumped in this one, the shorter counts", () => {
    const start = () => bench.start({ override: { interval: 10 * MINUTE }, maximumAge: DAY });
    start();
    bench.clock.advance(5.5 * HOUR - 5 * MINUTE);
    bench.cutPower();
    bench.clock.advance(10 * HOUR);
    start();
    bench.clock.advance(HOUR);
    jump(30 * DAY);
    bench.clock.advance(HOUR);
    expect(dropped()).toEqual([]);
    // The first eight may have been sent. Of the others one was taken more than a day before the last look.
    bench.clock.advance(8.5 * HOUR);
    expect(dropped()).toEqual([expect.stringMatching(/"seq":9,.* age$/)]);
  });
});
