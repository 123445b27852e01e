import { describe, expect, it } from "vitest";
import { Wander } from "../../../../host-sim/core/world/process.js";

const RELAXATION = 1000;

function values(count: number, step: number): number[] {
  const wander = new Wander({ seed: "x", relaxation: RELAXATION, deviation: 3 });
  return Array.from({ length: count }, (_, index) => wander.at(index * step));
}

function correlation(lag: number): number {
  const all = values(40_000, RELAXATION / 4);
  const steps = (lag * 4) / RELAXATION;
  let both = 0;
  let own = 0;
  for (let i = 0; i + steps < all.length; i++) {
    both += (all[i] as number) * (all[i + steps] as number);
    own += (all[i] as number) ** 2;
  }
  return both / own;
}

describe("a wandering quantity", () => {
  it("has its deviation about 0", () => {
    const all = values(40_000, RELAXATION / 4);
    expect(all.reduce((sum, value) => sum + value, 0) / all.length).toBeCloseTo(0, 0);
    const square = all.reduce((sum, value) => sum + value * value, 0) / all.length;
    expect(Math.sqrt(square)).toBeGreaterThan(2.8);
    expect(Math.sqrt(square)).toBeLessThan(3.2);
  });

  it("forgets as an Ornstein-Uhlenbeck process does: to a third in one relaxation time", () => {
    expect(correlation(RELAXATION)).toBeCloseTo(Math.exp(-1), 1);
    expect(correlation(2 * RELAXATION)).toBeCloseTo(Math.exp(-2), 1);
    expect(Math.abs(correlation(8 * RELAXATION))).toBeLessThan(0.08);
  });

  it("is continuous and has no kinks", () => {
    const step = RELAXATION / 4 / 50;
    const all = values(5000, step);
    for (let i = 2; i < all.length; i++) {
      const [a, b, c] = [all[i - 2] as number, all[i - 1] as number, all[i] as number];
      expect(Math.abs(c - b)).toBeLessThan(0.4);
      expect(Math.abs(c - 2 * b + a)).toBeLessThan(0.03);
    }
  });

  it("can be asked before its origin, and far from it", () => {
    const wander = new Wander({ seed: "x", relaxation: RELAXATION, deviation: 3 });
    for (const time of [-1, -1e6, 1.7e12, 4e12]) expect(Math.abs(wander.at(time))).toBeLessThan(20);
  });
});
