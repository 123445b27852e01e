import { describe, expect, it } from "vitest";
import { cellVoltage, saturation, World } from "../../../../host-sim/core/world/world.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const JANUARY = Date.UTC(2026, 0, 10);
const JULY = Date.UTC(2026, 6, 10);

function times(start: number, end: number, step: number): number[] {
  return Array.from({ length: Math.ceil((end - start) / step) }, (_, index) => start + index * step);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("world", () => {
  it("answers the same for a moment, whenever and in whatever order it is asked", () => {
    const moments = times(JULY, JULY + 10 * DAY, 7.3 * HOUR);
    const forward = new World({ seed: 1 });
    const there = moments.map((time) => [
      forward.air(time),
      forward.place("a").signal(time),
      forward.place("a").charge(time),
    ]);
    const backward = new World({ seed: 1 });
    const back = [...moments]
      .reverse()
      .map((time) => [backward.air(time), backward.place("a").signal(time), backward.place("a").charge(time)]);
    expect(back.reverse()).toEqual(there);
    expect(moments.map((time) => forward.air(time))).toEqual(there.map(([air]) => air));
  });

  it("is another world for another seed", () => {
    expect(new World({ seed: 1 }).air(JULY)).not.toEqual(new World({ seed: 2 }).air(JULY));
  });

  it("is plausible all year round, for many seeds", () => {
    for (let seed = 0; seed < 8; seed++) {
      const world = new World({ seed });
      for (const time of times(JANUARY, JANUARY + 365 * DAY, 23.3 * HOUR)) {
        const { temperature, dewPoint, humidity, pressure } = world.air(time);
        expect(temperature).toBeGreaterThan(-25);
        expect(temperature).toBeLessThan(45);
        expect(dewPoint).toBeLessThanOrEqual(temperature);
        expect(humidity).toBeGreaterThan(5);
        expect(humidity).toBeLessThanOrEqual(100 + 1e-9);
        expect(pressure).toBeGreaterThan(96_000);
        expect(pressure).toBeLessThan(106_000);
      }
    }
  });

  it("is warmer in summer than in winter, and in the afternoon than before sunrise", () => {
    const summer: number[] = [];
    const winter: number[] = [];
    const afternoon: number[] = [];
    const morning: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const world = new World({ seed });
      for (const day of times(JULY, JULY + 5 * DAY, DAY)) {
        summer.push(world.air(day + 12 * HOUR).temperature);
        winter.push(world.air(day - JULY + JANUARY + 12 * HOUR).temperature);
        afternoon.push(world.air(day + 14 * HOUR).temperature);
        morning.push(world.air(day + 3 * HOUR).temperature);
      }
    }
    expect(mean(summer) - mean(winter)).toBeGreaterThan(12);
    expect(mean(afternoon) - mean(morning)).toBeGreaterThan(4);
    expect(mean(afternoon) - mean(morning)).toBeLessThan(15);
  });

  it("is driest when the day is warmest", () => {
    const afternoon: number[] = [];
    const morning: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const world = new World({ seed });
      afternoon.push(world.air(JULY + 14 * HOUR).humidity);
      morning.push(world.air(JULY + 3 * HOUR).humidity);
    }
    expect(mean(morning) - mean(afternoon)).toBeGreaterThan(10);
  });

  it("has humidity that fits temperature and dew point", () => {
    const { temperature, dewPoint, humidity } = new World({ seed: 4 }).air(JULY + 9 * HOUR);
    expect(humidity).toBeCloseTo((100 * saturation(dewPoint)) / saturation(temperature), 9);
    // Table values: 20 °C holds 2,339 Pa, 0 °C 611 Pa.
    expect(saturation(20) / 2339).toBeCloseTo(1, 2);
    expect(saturation(0)).toBeCloseTo(611.2, 6);
  });

  it("changes smoothly: by little in a second, and without a step where curves join", () => {
    const world = new World({ seed: 9 });
    const place = world.place("a");
    for (const start of [JULY + 5 * HOUR, JULY + 12 * HOUR]) {
      let last = place.air(start);
      for (const time of times(start + 1000, start + HOUR, 1000)) {
        const air = place.air(time);
        expect(Math.abs(air.temperature - last.temperature)).toBeLessThan(0.02);
        expect(Math.abs(air.humidity - last.humidity)).toBeLessThan(0.2);
        expect(Math.abs(air.pressure - last.pressure)).toBeLessThan(2);
        last = air;
      }
    }
  });

  it("does not stand still: a minute changes every quantity", () => {
    const world = new World({ seed: 9 });
    const before = world.air(JULY);
    const after = world.air(JULY + 60_000);
    for (const quantity of ["temperature", "humidity", "pressure"] as const)
      expect(after[quantity]).not.toBe(before[quantity]);
  });

  it("has its noon by longitude, and long days in summer", () => {
    const noon = (longitude: number) => {
      const world = new World({ seed: 1, longitude });
      return times(JULY, JULY + DAY, 60_000).reduce((best, time) => (world.sun(time) > world.sun(best) ? time : best));
    };
    expect((noon(0) - JULY) / HOUR).toBeCloseTo(12, 1);
    expect((noon(90) - JULY) / HOUR).toBeCloseTo(6, 1);
    const world = new World({ seed: 1 });
    const daylight = (day: number) => times(day, day + DAY, 60_000).filter((time) => world.sun(time) > 0).length / 60;
    expect(daylight(JULY)).toBeGreaterThan(16);
    expect(daylight(JULY)).toBeLessThan(17);
    expect(daylight(JANUARY)).toBeLessThan(8.5);
  });

  it("has thinner air on a mountain", () => {
    const low = new World({ seed: 1, altitude: 0 }).air(JULY).pressure;
    const high = new World({ seed: 1, altitude: 1000 }).air(JULY).pressure;
    expect(low - high).toBeGreaterThan(10_500);
    expect(low - high).toBeLessThan(12_500);
  });
});

describe("a place in the world", () => {
  it("differs a little from others, and is the same by its name", () => {
    const world = new World({ seed: 1 });
    const [a, b] = [world.place("a"), world.place("b")];
    expect(a.air(JULY).temperature).not.toBe(b.air(JULY).temperature);
    expect(Math.abs(a.air(JULY).temperature - b.air(JULY).temperature)).toBeLessThan(4);
    expect(a.air(JULY).pressure).toBe(b.air(JULY).pressure);
    expect(world.place("a").air(JULY)).toEqual(a.air(JULY));
  });

  it("has a signal that wanders between good and bad", () => {
    const world = new World({ seed: 1 });
    for (const name of ["a", "b", "c", "d"]) {
      const place = world.place(name);
      const signals = times(JULY, JULY + 12 * HOUR, 30_000).map((time) => place.signal(time));
      expect(Math.max(...signals)).toBeLessThanOrEqual(-30);
      expect(Math.min(...signals)).toBeGreaterThanOrEqual(-92);
      expect(Math.max(...signals) - Math.min(...signals)).toBeGreaterThan(5);
    }
  });

  it("has a battery that runs down over months and is charged in hours", () => {
    const place = new World({ seed: 1 }).place("a");
    const charges = times(JULY, JULY + 300 * DAY, HOUR).map((time) => place.charge(time));
    let rises = 0;
    for (const [index, charge] of charges.entries()) {
      expect(charge).toBeGreaterThan(0.04);
      expect(charge).toBeLessThanOrEqual(1);
      const before = charges[index - 1] ?? charge;
      if (charge > before) rises++;
      else expect(before - charge).toBeLessThan(0.002);
    }
    expect(rises).toBeGreaterThanOrEqual(8);
    expect(rises).toBeLessThan(40);
  });
});

describe("a lithium cell", () => {
  it("falls quickly, then slowly, then quickly", () => {
    const voltages = times(0, 101, 1).map((percent) => cellVoltage(percent / 100));
    expect([voltages[0], voltages[100]]).toEqual([0, 1]);
    for (let i = 1; i <= 100; i++) expect(voltages[i]).toBeGreaterThan(voltages[i - 1] as number);
    const slope = (from: number, to: number) => cellVoltage(to) - cellVoltage(from);
    expect(slope(0, 0.1)).toBeGreaterThan(3 * slope(0.4, 0.5));
    expect(slope(0.9, 1)).toBeGreaterThan(2 * slope(0.4, 0.5));
    expect([cellVoltage(-1), cellVoltage(2)]).toEqual([0, 1]);
  });
});
