import { beforeEach, describe, expect, it } from "vitest";
import { Bench, BenchSensor, keepAll } from "./bench.js";

describe("readings", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  it("are published at once and then at each interval, at QoS 1 and retained", () => {
    bench.startConnected({ override: { interval: 1000 } });
    bench.clock.advance(5000);
    expect(bench.readings()).toHaveLength(6);
    for (const message of bench.broker.on("motewire/mote/reading/climate"))
      expect(message).toMatchObject({ QoS: 1, retain: true });
  });

  it("hold the quantities by their names, rounded to 3 decimals, and the number of their round", () => {
    bench.startConnected();
    expect(bench.readings()[0]).toMatchObject({ seq: 1, temperature: 21.438, humidity: 45.2 });
  });

  it("hold the time of day when it is known, else the start they belong to and the time since", () => {
    bench.startConnected({ override: { interval: 1000 } });
    bench.clock.setEpoch(Date.UTC(2026, 10, 23, 8, 15) - 1000 + bench.clock.elapsed);
    bench.clock.advance(1000);
    const [first, second] = bench.readings();
    expect(first).toMatchObject({ boot: bench.status[0]?.instance, uptime: 0 });
    expect(first).not.toHaveProperty("time");
    expect(second?.time).toMatch(/^2026-11-23T08:\d\d:\d\d\.\d{3}Z$/);
    expect(second).not.toHaveProperty("uptime");
    expect(second).not.toHaveProperty("boot");
  });

  it("do without a time of day that is none", () => {
    bench.clock.setEpoch(Number.NaN);
    bench.startConnected();
    expect(bench.readings()[0]).toMatchObject({ uptime: 0 });
  });

  it("share the number of their round among the sensors", () => {
    bench.sensors.push(new BenchSensor("battery", () => ({ voltmeter: { voltage: 3.9 } })));
    bench.startConnected({ override: { interval: 1000 } });
    bench.clock.advance(1000);
    expect(bench.readings("battery")).toEqual([
      expect.objectContaining({ seq: 1, voltage: 3.9 }),
      expect.objectContaining({ seq: 2, voltage: 3.9 }),
    ]);
    expect(bench.readings().map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it("taken before the network is there arrive when it is, in their order", () => {
    bench.start({ override: { interval: 1000 } });
    bench.clock.advance(3000);
    bench.join();
    expect(bench.readings().map(({ uptime }) => uptime)).toEqual([0, 1000, 2000, 3000]);
  });

  it("of a sensor that does not answer are reported and left out, and the others come", () => {
    bench.sensors.push(
      new BenchSensor("barometer", () => {
        throw new Error("no answer from 0x76");
      }),
      new BenchSensor("battery", () => ({ voltmeter: { voltage: 3.9 } })),
    );
    bench.startConnected();
    expect(bench.readings("barometer")).toEqual([]);
    expect(bench.readings("battery")).toHaveLength(1);
    expect(bench.notes.errors).toEqual(["sensor barometer: no answer from 0x76"]);
  });

  it.each([1e306, -1e306, Number.MAX_VALUE, 1e16, 123_456_789.0126, -0.0004, 5e-324])(
    "hold a number however large or small, %d, and never null",
    (value) => {
      bench.sensors = [new BenchSensor("climate", () => ({ thermometer: { temperature: value } }))];
      bench.startConnected();
      const { temperature } = bench.readings()[0] ?? {};
      expect(temperature).toBeTypeOf("number");
      // What is too large to have decimals is as it was.
      expect(Math.abs((temperature as number) - value)).toBeLessThanOrEqual(0.0005);
      expect(bench.notes.errors).toEqual([]);
    },
  );

  it("leave out a quantity that is no number, and say so", () => {
    bench.sensors = [
      new BenchSensor("climate", () => ({ thermometer: { temperature: 21 }, hygrometer: { humidity: Number.NaN } })),
      new BenchSensor("barometer", () => ({ barometer: { pressure: Number.POSITIVE_INFINITY } })),
    ];
    bench.startConnected();
    expect(bench.readings()).toEqual([expect.not.objectContaining({ humidity: expect.anything() })]);
    expect(bench.readings("barometer")).toEqual([]);
    expect(bench.notes.errors).toEqual([
      "sensor climate: humidity is NaN, not a number",
      "sensor barometer: pressure is Infinity, not a number",
    ]);
  });

  it("do not let a sensor write over the fields of a reading", () => {
    bench.sensors = [new BenchSensor("odd", () => ({ odd: { seq: 99, temperature: 1 } }))];
    bench.startConnected();
    expect(bench.readings("odd")).toEqual([expect.objectContaining({ seq: 1, temperature: 1 })]);
    expect(bench.notes.errors).toEqual(["sensor odd: seq is there twice"]);
  });

  it("survive whatever a sensor gives", () => {
    for (const [at, sample] of [undefined, null, 5, "text", { group: null }, { group: 5 }, {}].entries())
      bench.sensors.push(new BenchSensor(`odd${at}`, () => sample as never));
    bench.startConnected({ override: { interval: 1000 } });
    bench.clock.advance(2000);
    expect(bench.readings()).toHaveLength(3);
  });

  it("that a policy finds no room for are dropped and counted, and what was accepted before arrives", () => {
    bench.start({ override: { interval: 100 }, dropPolicy: keepAll });
    bench.clock.advance(60_000);
    bench.join();
    bench.clock.advance(100);
    const numbers = bench.readings().map(({ seq }) => seq as number);
    expect(numbers[0]).toBe(1);
    expect(numbers.at(-1)).toBeGreaterThanOrEqual(601);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    const dropped = bench.notes.errors.filter((line) => line.startsWith("publish motewire/mote/reading/climate"));
    expect(dropped.length).toBeGreaterThan(100);
    expect(bench.diagnostics[0]).toMatchObject({
      counters: { dropped: dropped.length },
      messages: { refused: dropped.length },
    });
    expect(numbers.at(-1)).toBe(numbers.length + dropped.length);
  });

  it("at QoS 0 are dropped and counted as long as there is no connection", () => {
    bench.start({ override: { interval: 1000, QoS: 0 } });
    bench.clock.advance(2500);
    bench.join();
    bench.clock.advance(1000);
    expect(bench.readings().map(({ seq }) => seq)).toEqual([4]);
    expect(bench.diagnostics[0]).toMatchObject({ counters: { dropped: 3 } });
  });

  it("come out of turn when the button is pushed, and the grid stays", () => {
    bench.startConnected({ override: { interval: 1000 } });
    bench.clock.advance(490);
    bench.push();
    bench.clock.advance(600);
    expect(bench.readings().map(({ uptime }) => uptime)).toEqual([0, 500, 1000]);
  });
});
