import { describe, expect, it } from "vitest";
import type { Board } from "../../../../boards/board.js";
import { findBoard } from "../../../../host-sim/core/world/boards.js";
import { RandomStream } from "../../../../host-sim/core/world/random.js";
import { type SensorOptions, type SimulatedSensor, simulatedSensors } from "../../../../host-sim/core/world/sensors.js";
import { World } from "../../../../host-sim/core/world/world.js";

const NOON = Date.UTC(2026, 5, 1, 12);

function sensors(
  id: string,
  options: Partial<SensorOptions> & { seed?: string } = {},
): Partial<Record<"climate" | "barometer" | "battery" | "temperature", SimulatedSensor>> {
  const board = findBoard(id) as Board;
  const made = simulatedSensors(board, {
    place: new World({ seed: 1 }).place("mote"),
    random: new RandomStream(options.seed ?? "sensors"),
    time: () => NOON,
    ...options,
  });
  return Object.fromEntries(made.map((sensor) => [sensor.id, sensor]));
}

const air = new World({ seed: 1 }).place("mote").air(NOON);

function read(sensor: SimulatedSensor | undefined, group: string, quantity: string): number {
  return sensor?.sample()[group]?.[quantity] ?? Number.NaN;
}

function temperature(sensor: SimulatedSensor | undefined): number {
  return read(sensor, "thermometer", "temperature");
}

describe("simulated sensors", () => {
  it("see the air of their place, each with its own error", () => {
    const { climate, barometer } = sensors("esp32_devkitc");
    expect(temperature(climate)).toBeCloseTo(air.temperature, 0);
    expect(Math.abs(read(climate, "hygrometer", "humidity") - air.humidity)).toBeLessThan(5);
    expect(Math.abs(read(barometer, "barometer", "pressure") - air.pressure)).toBeLessThan(300);
    expect(temperature(barometer)).not.toBe(temperature(climate));
  });

  it("scatter about one value by their noise", () => {
    const { climate } = sensors("esp32_devkitc");
    const values = Array.from({ length: 500 }, () => temperature(climate));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    expect(deviation).toBeGreaterThan(0.03);
    expect(deviation).toBeLessThan(0.05);
    expect(Math.abs(mean - air.temperature)).toBeLessThan(0.4);
  });

  it("give their numbers in the driver's steps", () => {
    const { temperature: tmp117, barometer } = sensors("esp32c6_devkitc");
    for (let i = 0; i < 20; i++) {
      expect((temperature(tmp117) / 0.0078125) % 1).toBeCloseTo(0, 3);
      expect(((temperature(barometer) + 40) / 0.01) % 1 || 1).toBeCloseTo(1, 3);
    }
  });

  it("give numbers without dust, where the board computes them", () => {
    const { climate, battery } = sensors("lin");
    expect(temperature(climate)).toBe(Math.round(air.temperature * 100) / 100);
    expect(JSON.stringify(climate?.sample()).length).toBeLessThan(70);
    expect(read(battery, "voltmeter", "voltage")).toBeGreaterThan(3.3);
  });

  it("give the battery's voltage between the board's full and empty", () => {
    const place = new World({ seed: 1 }).place("mote");
    const voltages = Array.from({ length: 200 }, (_, day) => {
      const { battery } = sensors("esp32_devkitc", { place, time: () => NOON + day * 86_400_000 });
      return read(battery, "voltmeter", "voltage");
    });
    expect(Math.min(...voltages)).toBeGreaterThan(3.2);
    expect(Math.min(...voltages)).toBeLessThan(3.75);
    expect(Math.max(...voltages)).toBeGreaterThan(4.0);
    expect(Math.max(...voltages)).toBeLessThan(4.35);
  });

  it("are other devices for another seed, the same for the same", () => {
    expect(sensors("lin", { seed: "a" }).climate?.sample()).toEqual(sensors("lin", { seed: "b" }).climate?.sample());
    const [a, again, b] = ["a", "a", "b"].map((seed) => temperature(sensors("esp32_devkitc", { seed }).climate));
    expect(again).toBe(a);
    expect(b).not.toBe(a);
  });

  it("keep the node waiting as long as their drivers do", () => {
    const waits: number[] = [];
    const { climate, barometer, battery } = sensors("esp32_devkitc", { block: (ms) => waits.push(ms) });
    for (const sensor of [climate, barometer, battery]) sensor?.sample();
    expect(waits).toEqual([150, 7, 0]);
  });

  it("do not answer, get stuck or give no numbers when told to", () => {
    let time = NOON;
    const { climate } = sensors("esp32_devkitc", { time: () => time });
    const sensor = climate as SimulatedSensor;
    sensor.fault = "silent";
    expect(() => sensor.sample()).toThrow("sensor climate does not answer");
    sensor.fault = "stuck";
    const first = sensor.sample();
    const stuckAt = temperature(sensor);
    time += 3_600_000;
    expect(sensor.sample()).toEqual(first);
    sensor.fault = "NaN";
    expect(sensor.sample()).toEqual({ thermometer: { temperature: Number.NaN }, hygrometer: { humidity: Number.NaN } });
    sensor.fault = undefined;
    expect(temperature(sensor)).not.toBe(stuckAt);
    expect(Number.isFinite(temperature(sensor))).toBe(true);
  });

  it("say which board is wrong when its data asks for what the driver does not measure", () => {
    const board: Board = {
      ...(findBoard("esp32c6_devkitc") as Board),
      sensors: [{ id: "odd", driver: "TMP117", bus: "default", address: 72, quantities: { hygrometer: ["humidity"] } }],
    };
    const [odd] = simulatedSensors(board, {
      place: new World({ seed: 1 }).place("mote"),
      random: new RandomStream(1),
      time: () => NOON,
    });
    expect(() => odd?.sample()).toThrow("sensor odd: the driver TMP117 measures no humidity; mend board.ts");
  });

  it("give the value at which a person holds them, without errors, until it is released", () => {
    const { climate } = sensors("esp32_devkitc");
    const humidity = read(climate, "hygrometer", "humidity");
    climate?.hold("temperature", 31);
    // As near as the driver's steps come.
    expect([temperature(climate), temperature(climate)]).toEqual([31.000_229, 31.000_229]);
    expect(Math.abs(read(climate, "hygrometer", "humidity") - humidity)).toBeLessThan(1);
    expect(climate?.quantities).toEqual([
      { quantity: "temperature", unit: "°C", low: -20, high: 50, value: 31, held: true },
      { quantity: "humidity", unit: "%", low: 0, high: 100, value: expect.closeTo(air.humidity, 3), held: false },
    ]);
    climate?.hold("temperature", undefined);
    expect(temperature(climate)).toBeCloseTo(air.temperature, 0);
    expect(climate?.quantities[0]).toMatchObject({ value: expect.closeTo(air.temperature, 3), held: false });
  });

  it.each([
    ["pressure", 1, 'sensor climate does not measure "pressure"'],
    ["__proto__", 1, 'sensor climate does not measure "__proto__"'],
    ["temperature", 131, "temperature of climate is 131: must be a number from -45 to 130"],
    ["temperature", Number.NaN, "temperature of climate is NaN"],
  ])("refuse to be held where they cannot be: %s at %d", (quantity, value, problem) => {
    const { climate } = sensors("esp32_devkitc");
    expect(() => climate?.hold(quantity, value)).toThrow(problem);
    expect(climate?.quantities.some(({ held }) => held)).toBe(false);
  });

  it("see the same world, whether others are held or not", () => {
    const [free, held] = [sensors("esp32_devkitc").climate, sensors("esp32_devkitc").climate];
    held?.hold("temperature", 5);
    for (let count = 0; count < 5; count++)
      expect(read(held, "hygrometer", "humidity")).toBe(read(free, "hygrometer", "humidity"));
  });

  it("give nothing more when closed", () => {
    const { climate } = sensors("lin");
    climate?.close();
    expect(() => climate?.sample()).toThrow("sensor climate is closed");
  });
});
