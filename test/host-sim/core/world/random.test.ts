import { describe, expect, it } from "vitest";
import { RandomField, RandomStream } from "../../../../host-sim/core/world/random.js";

const draws = (stream: RandomStream, count = 5) => Array.from({ length: count }, () => stream.bits());

describe("seeded randomness", () => {
  it("gives the same numbers for the same seed, and others for another", () => {
    expect(draws(new RandomStream(1))).toEqual(draws(new RandomStream("1")));
    expect(draws(new RandomStream(1))).not.toEqual(draws(new RandomStream(2)));
  });

  it("gives these numbers, on every engine and in every version: old seeds must replay", () => {
    expect(draws(new RandomStream(42), 4)).toEqual([1218948157, 2634391127, 3910125481, 3205719738]);
    expect(draws(new RandomStream("Prüfung 😀"), 2)).toEqual([2863057837, 2079590122]);
    expect(new RandomField(42).normal(7)).toBeCloseTo(0.7336288261089738, 12);
  });

  it("gives each name a stream of its own that the draws of others do not shift", () => {
    const quiet = new RandomStream(7);
    const busy = new RandomStream(7);
    draws(busy, 100);
    draws(busy.stream("link"), 100);
    expect(draws(busy.stream("wifi"))).toEqual(draws(quiet.stream("wifi")));
    expect(draws(quiet.stream("wifi"))).not.toEqual(draws(quiet.stream("link")));
    expect(draws(quiet.stream("a").stream("b"))).not.toEqual(draws(quiet.stream("b").stream("a")));
  });

  it("spreads uniform draws over the range", () => {
    const stream = new RandomStream("uniform");
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const value = stream.uniform(-5, 5);
      expect(value >= -5 && value < 5).toBe(true);
      const bin = Math.floor(value + 5);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it("draws integers from both ends and all between", () => {
    const stream = new RandomStream("integer");
    const seen = new Set<number>();
    for (let i = 0; i < 200; i++) seen.add(stream.integer(-2, 2));
    expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
    expect(() => stream.integer(2, 1)).toThrow(RangeError);
    expect(() => stream.integer(0, 0.5)).toThrow(RangeError);
  });

  it("picks every item, and refuses to pick from nothing", () => {
    const stream = new RandomStream("pick");
    const seen = new Set<string>();
    for (let i = 0; i < 100; i++) seen.add(stream.pick(["a", "b", "c"]));
    expect([...seen].sort()).toEqual(["a", "b", "c"]);
    expect(() => stream.pick([])).toThrow("nothing to pick from");
  });

  it("takes chances as often as told", () => {
    const stream = new RandomStream("chance");
    let hits = 0;
    for (let i = 0; i < 10_000; i++) if (stream.chance(0.3)) hits++;
    expect(Math.abs(hits - 3000)).toBeLessThan(200);
    expect([stream.chance(0), stream.chance(1)]).toEqual([false, true]);
  });

  it.each([
    [
      "a stream",
      (): (() => number) => {
        const stream = new RandomStream("normal");
        return () => stream.normal(10, 2);
      },
    ],
    [
      "a field",
      (): (() => number) => {
        const field = new RandomField("normal");
        let index = -5000;
        return () => 10 + 2 * field.normal(index++);
      },
    ],
  ])("gives normal draws from %s their mean and deviation", (_, make) => {
    const draw = make();
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < 10_000; i++) {
      const value = draw();
      sum += value;
      squares += (value - 10) ** 2;
    }
    expect(sum / 10_000).toBeCloseTo(10, 0);
    expect(Math.sqrt(squares / 10_000)).toBeCloseTo(2, 0);
  });

  it("looks a field up in any order, far away and below 0 too", () => {
    const field = new RandomField(3);
    const indices = [0, 1, -1, 5, 2 ** 32, 2 ** 32 + 1, -(2 ** 40)];
    const values = indices.map((index) => field.normal(index));
    expect([...indices].reverse().map((index) => field.normal(index))).toEqual([...values].reverse());
    expect(new Set(values).size).toBe(values.length);
  });
});
