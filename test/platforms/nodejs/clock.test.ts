import { describe, expect, test, vi } from "vitest";
import { nodejsClock } from "../../../src/platforms/nodejs/clock.js";

describe("the clock", () => {
  test("never calls back sooner than asked, by its own measure", async () => {
    for (const delay of [1, 2, 5, 11, 17]) {
      const start = nodejsClock.now();
      await new Promise<void>((done) => nodejsClock.setTimer(done, delay));
      expect((nodejsClock.now() - start) | 0).toBeGreaterThanOrEqual(delay);
    }
  });

  test("calls back a delay of 0 in the next turn, and not a timer that was cleared", async () => {
    const order: string[] = [];
    const cleared = nodejsClock.setTimer(() => order.push("cleared"), 0);
    nodejsClock.clearTimer(nodejsClock.setTimer(() => order.push("cleared too"), 1));
    await new Promise<void>((done) => {
      nodejsClock.setTimer(() => {
        order.push("called");
        done();
      }, 0);
      nodejsClock.clearTimer(cleared);
      order.push("scheduled");
    });
    await new Promise<void>((done) => nodejsClock.setTimer(done, 5));
    expect(order).toEqual(["scheduled", "called"]);
    nodejsClock.clearTimer(cleared);
    nodejsClock.clearTimer(undefined);
  });

  test("reads as a signed 32-bit integer when it has wrapped around", () => {
    vi.spyOn(performance, "now").mockReturnValue(2 ** 31 + 5.5);
    expect(nodejsClock.now()).toBe(-(2 ** 31) + 5);
  });
});
