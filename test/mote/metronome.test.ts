import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../host-sim/core/world/clock.js";
import { Metronome } from "../../src/mote/metronome.js";
import { Uptime } from "../../src/mote/uptime.js";

describe("metronome", () => {
  let clock: VirtualClock;
  let uptime: Uptime;
  let beats: number[];
  let skips: number;
  let errors: string[];
  let onBeat: () => void;

  beforeEach(() => {
    clock = new VirtualClock({ start: 0x7fff_ff00 });
    uptime = new Uptime(clock);
    beats = [];
    skips = 0;
    errors = [];
    onBeat = () => {};
  });

  function metronome(): Metronome {
    return new Metronome(
      clock,
      uptime,
      (error, where) => errors.push(`${where}: ${(error as Error).message}`),
      "sampling",
      {},
      (skipped) => {
        beats.push(uptime.now());
        skips += skipped;
        onBeat();
      },
    );
  }

  it("beats after the first delay and then at every interval, across the wrap of the clock", () => {
    metronome().start(100, 0);
    clock.advance(400);
    expect(beats).toEqual([0, 100, 200, 300, 400]);
  });

  it("does not drift when every beat blocks", () => {
    onBeat = () => clock.block(30);
    metronome().start(100, 0);
    clock.advance(1000);
    expect(beats).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  });

  it("skips what it could not beat, counts it, and stays on its grid", () => {
    let first = true;
    onBeat = () => {
      if (first) clock.block(350);
      first = false;
    };
    metronome().start(100);
    clock.advance(800);
    expect(beats).toEqual([100, 450, 500, 600, 700, 800]);
    expect(skips).toBe(2);
  });

  it("beats on when a beat throws", () => {
    onBeat = () => {
      throw new Error("broken");
    };
    metronome().start(100);
    clock.advance(300);
    expect(beats).toEqual([100, 200, 300]);
    expect(errors).toEqual(["sampling: broken", "sampling: broken", "sampling: broken"]);
  });

  it("beats on a new grid when it is started again, also by its own beat", () => {
    const running = metronome();
    onBeat = () => {
      if (beats.length === 2) running.start(250);
    };
    running.start(100);
    clock.advance(1000);
    expect(beats).toEqual([100, 200, 450, 700, 950]);
  });

  it("is silent when it is stopped", () => {
    const running = metronome();
    running.start(100);
    clock.advance(150);
    running.stop();
    clock.advance(1000);
    expect(beats).toEqual([100]);
    expect(clock.pending).toBe(0);
  });

  it("beats only at or after points of its grid, at most once for each, whatever blocks", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 20 }),
        (interval, blocks) => {
          const virtual = new VirtualClock({ start: 0x7fff_f000 });
          const time = new Uptime(virtual);
          const points: number[] = [];
          let skippedPoints = 0;
          const beat = (skipped: number) => {
            skippedPoints += skipped;
            points.push(Math.floor(time.now() / interval));
            virtual.block(blocks[points.length % blocks.length] as number);
          };
          new Metronome(virtual, time, () => {}, "", {}, beat).start(interval);
          virtual.advance(30 * interval);
          expect(points).toEqual([...new Set(points)]);
          expect(points.length + skippedPoints).toBe(points.at(-1));
        },
      ),
    );
  });
});

describe("uptime", () => {
  it("counts on when the clock wraps around, more than once", () => {
    const clock = new VirtualClock({ start: -0x8000_0000 });
    const uptime = new Uptime(clock);
    const day = 86_400_000;
    for (let days = 1; days <= 200; days++) {
      clock.advance(day);
      expect(uptime.now()).toBe(days * day);
    }
  });

  it("does not run back with a clock that does", () => {
    let now = 1000;
    const uptime = new Uptime({ ...new VirtualClock(), now: () => now } as VirtualClock);
    now = 1500;
    expect(uptime.now()).toBe(500);
    now = 1400;
    expect(uptime.now()).toBe(500);
    now = 1600;
    expect(uptime.now()).toBe(600);
  });
});
