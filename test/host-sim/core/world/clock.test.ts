import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../../host-sim/core/world/clock.js";

describe("virtual clock", () => {
  it("stands still until it is told to move", () => {
    const clock = new VirtualClock();
    expect([clock.now(), clock.elapsed, clock.now()]).toEqual([0, 0, 0]);
  });

  it("wraps around to negative readings, and differences stay right", () => {
    const clock = new VirtualClock({ start: 0x7fff_ffff });
    const before = clock.now();
    clock.advance(1);
    expect(clock.now()).toBe(-0x8000_0000);
    expect((clock.now() - before) | 0).toBe(1);
    expect(clock.elapsed).toBe(1);
  });

  it("runs timers by time, and those of one instant in the order they were set", () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    for (const [name, delay] of [
      ["late", 20],
      ["first at 10", 10],
      ["second at 10", 10],
      ["now", 0],
    ] as const)
      clock.setTimer(() => order.push(name), delay);
    clock.advance(20);
    expect(order).toEqual(["now", "first at 10", "second at 10", "late"]);
  });

  it("keeps that order whatever is set and cleared in between", () => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    const expected: { at: number; id: number }[] = [];
    const timers = [];
    for (let id = 0; id < 500; id++) {
      const at = (id * 7919) % 101;
      timers.push(clock.setTimer(() => ran.push(id), at));
      if (id % 3 !== 0) expected.push({ at, id });
    }
    for (let id = 0; id < 500; id += 3) clock.clearTimer(timers[id]);
    expect(clock.pending).toBe(expected.length);
    clock.advance(100);
    expect(ran).toEqual(expected.sort((a, b) => a.at - b.at || a.id - b.id).map(({ id }) => id));
  });

  it("runs timers that timers set, within the time that it advances", () => {
    const clock = new VirtualClock();
    const at: number[] = [];
    const again = () => {
      at.push(clock.now());
      clock.setTimer(again, 10);
    };
    clock.setTimer(again, 10);
    clock.advance(35);
    expect(at).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
  });

  it("advances until something holds, and no further", () => {
    const clock = new VirtualClock();
    let done = false;
    clock.setTimer(() => (done = true), 30);
    clock.setTimer(() => {}, 40);
    expect(clock.runUntil(() => done, 1000)).toBe(true);
    expect(clock.now()).toBe(30);
  });

  it("gives up at the limit, having let that time pass", () => {
    const clock = new VirtualClock();
    expect(clock.runUntil(() => false, 1000)).toBe(false);
    expect(clock.now()).toBe(1000);
  });

  it("runs one timer at a time, and says when none is left", () => {
    const clock = new VirtualClock();
    let ran = 0;
    clock.setTimer(() => ran++, 5);
    expect(clock.nextAt).toBe(5);
    expect([clock.runNext(), clock.now(), ran]).toEqual([true, 5, 1]);
    expect([clock.runNext(), clock.now()]).toEqual([false, 5]);
  });

  it("lets blocking code be late, and runs what became due afterwards", () => {
    const clock = new VirtualClock();
    const at: number[] = [];
    clock.setTimer(() => clock.block(150), 10);
    clock.setTimer(() => at.push(clock.now()), 20);
    clock.advance(20);
    expect(clock.now()).toBe(160);
    clock.advance(0);
    expect(at).toEqual([160]);
  });

  it("has a time of day that runs on, jumps when set and can be unknown", () => {
    const clock = new VirtualClock({ epoch: 1_000_000 });
    clock.advance(5);
    expect(clock.epoch()).toBe(1_000_005);
    clock.setEpoch(500);
    clock.advance(5);
    expect(clock.epoch()).toBe(505);
    clock.setEpoch(undefined);
    expect(clock.epoch()).toBeUndefined();
    expect(clock.now()).toBe(10);
  });

  it("calls a loop of timers without delay by its name", () => {
    const clock = new VirtualClock({ loopLimit: 100 });
    function spin(): void {
      clock.setTimer(spin, 0);
    }
    clock.setTimer(spin, 7);
    expect(() => clock.advance(10)).toThrow(/runaway loop: 100 callbacks have run .* still 7 ms.* last spin/);
  });

  it("does not call many timers over time a loop", () => {
    const clock = new VirtualClock({ loopLimit: 100 });
    let count = 0;
    const tick = () => {
      count++;
      clock.setTimer(tick, 1);
    };
    clock.setTimer(tick, 1);
    clock.advance(1000);
    expect(count).toBe(1000);
  });

  it("refuses to be moved by a callback that it runs", () => {
    const clock = new VirtualClock();
    clock.setTimer(() => clock.advance(1), 0);
    clock.setTimer(() => {}, 0);
    expect(() => clock.advance(1)).toThrow(/cannot be moved by a callback/);
  });

  it("goes on after a callback that throws", () => {
    const clock = new VirtualClock();
    let ran = false;
    clock.setTimer(() => {
      throw new Error("oops");
    }, 1);
    clock.setTimer(() => (ran = true), 1);
    expect(() => clock.advance(5)).toThrow("oops");
    clock.advance(5);
    expect(ran).toBe(true);
  });

  it.each([-1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY])("refuses a delay of %d", (delay) => {
    expect(() => new VirtualClock().setTimer(() => {}, delay)).toThrow(RangeError);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses to advance by %d", (ms) => {
    expect(() => new VirtualClock().advance(ms)).toThrow(RangeError);
  });
});
