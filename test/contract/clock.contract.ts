import { expect } from "vitest";
import type { Clock } from "../../src/platform.js";
import type { Contract, Harness } from "./clause.js";

export interface ClockHarness extends Harness {
  readonly clock: Clock;
}

const never = () => {
  throw new Error("a timer ran that must not");
};

export const clockContract: Contract<ClockHarness> = [
  {
    says: "tells time as a signed 32-bit integer",
    async check({ clock, until }) {
      let ran = false;
      for (let i = 0; i < 3; i++) {
        const now = clock.now();
        expect(now).toBe(now | 0);
        ran = false;
        clock.setTimer(() => (ran = true), 3);
        await until(() => ran);
      }
    },
  },
  {
    says: "never goes back, by differences that wrap around",
    async check({ clock, until }) {
      let last = clock.now();
      let ticks = 0;
      const tick = () => {
        const now = clock.now();
        expect((now - last) | 0).toBeGreaterThanOrEqual(1);
        last = now;
        if (++ticks < 10) clock.setTimer(tick, 2);
      };
      clock.setTimer(tick, 2);
      await until(() => ticks === 10);
    },
  },
  {
    says: "calls back no sooner than the delay",
    async check({ clock, until }) {
      for (const delay of [0, 1, 1.5, 7, 20]) {
        const start = clock.now();
        let end: number | undefined;
        clock.setTimer(() => (end = clock.now()), delay);
        await until(() => end !== undefined);
        expect(((end as number) - start) | 0).toBeGreaterThanOrEqual(delay);
      }
    },
  },
  {
    says: "calls back not much later than the delay",
    async check({ clock, until }) {
      const start = clock.now();
      let end: number | undefined;
      clock.setTimer(() => (end = clock.now()), 10);
      await until(() => end !== undefined);
      expect(((end as number) - start) | 0).toBeLessThan(1000);
    },
  },
  {
    says: "calls back once",
    async check({ clock, until }) {
      let ran = 0;
      clock.setTimer(() => ran++, 1);
      let later = false;
      await until(() => ran > 0);
      clock.setTimer(() => (later = true), 10);
      await until(() => later);
      expect(ran).toBe(1);
    },
  },
  {
    says: "calls back after the code that set the timer has returned, without delay too",
    async check({ clock, until }) {
      let returned = false;
      const seen: boolean[] = [];
      clock.setTimer(() => {
        clock.setTimer(() => seen.push(returned), 0);
        returned = true;
      }, 0);
      expect(seen).toEqual([]);
      await until(() => seen.length > 0);
      expect(seen).toEqual([true]);
    },
  },
  {
    says: "runs a shorter timer before a longer one that was set earlier",
    async check({ clock, until }) {
      const order: number[] = [];
      for (const delay of [40, 1, 20]) clock.setTimer(() => order.push(delay), delay);
      await until(() => order.length === 3);
      expect(order).toEqual([1, 20, 40]);
    },
  },
  {
    says: "forgets a timer that is cleared",
    async check({ clock, until }) {
      const timer = clock.setTimer(never, 2);
      clock.clearTimer(timer);
      let later = false;
      clock.setTimer(() => (later = true), 10);
      await until(() => later);
    },
  },
  {
    says: "forgets a timer that is cleared by another one of the same moment",
    async check({ clock, until }) {
      let ran = false;
      clock.setTimer(() => {
        ran = true;
        clock.clearTimer(second);
      }, 5);
      const second = clock.setTimer(never, 5);
      await until(() => ran);
      let later = false;
      clock.setTimer(() => (later = true), 10);
      await until(() => later);
    },
  },
  {
    says: "ignores the clearing of a timer that has run, runs or was cleared before",
    async check({ clock, until }) {
      let ran = 0;
      const timer = clock.setTimer(() => {
        ran++;
        clock.clearTimer(timer);
      }, 1);
      const cleared = clock.setTimer(never, 1);
      clock.clearTimer(cleared);
      await until(() => ran === 1);
      // One that was set since must not suffer for it.
      clock.setTimer(() => ran++, 1);
      clock.clearTimer(timer);
      clock.clearTimer(cleared);
      clock.clearTimer(timer);
      await until(() => ran === 2);
    },
  },
  {
    says: "takes a delay of 2^31 - 1 ms for what it is",
    async check({ clock, until }) {
      const timer = clock.setTimer(never, 0x7fff_ffff);
      let later = false;
      clock.setTimer(() => (later = true), 10);
      await until(() => later);
      clock.clearTimer(timer);
    },
  },
  {
    says: "tells the time of day in milliseconds since 1970, or that it does not know it",
    async check({ clock, until }) {
      const before = clock.epoch();
      let later = false;
      clock.setTimer(() => (later = true), 20);
      await until(() => later);
      const after = clock.epoch();
      if (before === undefined || after === undefined) return;
      expect(before).toBeGreaterThan(Date.UTC(2020, 0, 1));
      expect(before).toBeLessThan(Date.UTC(2100, 0, 1));
      expect(after - before).toBeGreaterThanOrEqual(10);
      expect(after - before).toBeLessThan(5000);
    },
  },
];
