import { describe, expect, it } from "vitest";
import { Bench, keepAll } from "./bench.js";

const FULL = 1500;

describe("a node whose store is full before its first connection", () => {
  it("connects and delivers all that it has accepted, and what it takes from then on, however little room is left", () => {
    // The step is smaller, and the range wider, than what a message takes: some leave no room but the reserve.
    for (let capacity = FULL; capacity < FULL + 400; capacity += 16) {
      const bench = new Bench({ sessionCapacity: capacity });
      bench.start({ override: { interval: 1000 }, dropPolicy: keepAll });
      bench.clock.advance(30_000);
      const accepted = () => bench.notes.lines.filter((line) => /^accepted \d+ \S+\/reading\//.test(line)).length;
      expect(accepted()).toBeGreaterThan(3);
      // The rest finds no room.
      expect(accepted()).toBeLessThan(25);
      bench.join();
      bench.clock.advance(60_000);
      bench.settle();
      expect(bench.readings()).toHaveLength(accepted());
      expect(accepted()).toBeGreaterThan(60);
      expect(bench.broker.connects).toHaveLength(2);
      expect(bench.notes.errors.filter((error) => error.startsWith("mqtt: "))).toEqual([]);
    }
  });

  it("does so too when the oldest make room for the newest", () => {
    const bench = new Bench({ sessionCapacity: FULL });
    bench.start({ override: { interval: 1000 } });
    bench.clock.advance(30_000);
    bench.join();
    bench.clock.advance(60_000);
    const count = (what: RegExp) => bench.notes.lines.filter((line) => what.test(line)).length;
    const dropped = count(/^dropped \d+ \S+\/reading\//);
    expect(dropped).toBeGreaterThan(10);
    expect(bench.readings()).toHaveLength(count(/^accepted \d+ \S+\/reading\//) - dropped);
    const seqs = bench.readings().map(({ seq }) => seq);
    expect(seqs.slice(-61)).toEqual(Array.from({ length: 61 }, (_, at) => 31 + at));
  });
});
