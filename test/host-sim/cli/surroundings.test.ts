/** What a person's hand reaches of an application: its sensors and inputs, under its own names. */
import { describe, expect, test, vi } from "vitest";
import type { Board } from "../../../boards/board.js";
import { inputsOf, sensorsOf } from "../../../host-sim/cli/surroundings.js";
import { findBoard } from "../../../host-sim/core/world/boards.js";
import { VirtualClock } from "../../../host-sim/core/world/clock.js";
import { ConnectedSensors } from "../../../host-sim/core/world/connected.js";
import { SimulatedPins } from "../../../host-sim/core/world/pins.js";
import { RandomStream } from "../../../host-sim/core/world/random.js";
import { simulatedSensors } from "../../../host-sim/core/world/sensors.js";
import { World } from "../../../host-sim/core/world/world.js";

const board = findBoard("esp32_devkitc") as Board;

function bench() {
  const pins = new SimulatedPins(board);
  const place = new World({ seed: 1 }).place("porch");
  const options = { place, random: new RandomStream(1), time: () => 0 };
  const sensors = simulatedSensors(board, options);
  return { pins, sensors, connected: new ConnectedSensors(board, new VirtualClock(), options) };
}

describe("the sensors", () => {
  test("of the board are there where the application declares none", () => {
    const device = bench();
    expect(sensorsOf({}, device).map(({ id }) => id)).toEqual(["climate", "barometer", "battery"]);
  });

  test("of the board are held under the application's name, whether it names them or what they measure", () => {
    const device = bench();
    const [air, sky] = sensorsOf({ sensors: { air: { board: "temperature" }, sky: { board: "barometer" } } }, device);
    expect([air?.id, sky?.id]).toEqual(["air", "sky"]);
    air?.hold("temperature", 30);
    expect(device.sensors[0]?.sample()).toMatchObject({ thermometer: { temperature: expect.closeTo(30, 2) } });
    expect(air?.quantities[0]).toMatchObject({ quantity: "temperature", unit: "°C", value: 30, held: true });
    expect(sky?.quantities[0]).toMatchObject({ quantity: "pressure", held: false });
  });

  test("at an analog pin are held by its voltage, on the application's scale", () => {
    const device = bench();
    const herbs = { analog: 34, volts: [2.2, 0.9], values: [0, 100], quantity: "moisture", unit: "%" } as const;
    const [sensor] = sensorsOf({ sensors: { herbs } }, device);
    expect(sensor?.quantities).toEqual([
      { quantity: "moisture", unit: "%", low: 0, high: 100, value: 76.923, held: false },
    ]);
    sensor?.hold("moisture", 50);
    expect(device.pins.openAnalog(34).read()).toBeCloseTo(1.55);
    expect(sensor?.quantities).toMatchObject([{ value: 50, held: true }]);
    expect(() => sensor?.hold("moisture", 101)).toThrow("moisture of herbs is 101: must be a number from 0 to 100");
    expect(() => sensor?.hold("light", 1)).toThrow('sensor herbs does not measure "light"');
    sensor?.hold("moisture", undefined);
    expect(sensor?.quantities).toMatchObject([{ held: false }]);
    const [volts] = sensorsOf({ sensors: { raw: { analog: 34, quantity: "voltage", unit: "V" } } }, device);
    expect(volts?.quantities).toMatchObject([{ low: 0, high: 3.3, value: 1.2 }]);
  });

  test("that one of the drivers reads are held as the board's are, before the firmware has opened them", () => {
    const device = bench();
    const [soil] = sensorsOf({ sensors: { soil: { driver: "DS18B20", pin: 4 } } }, device);
    expect(soil?.quantities).toMatchObject([{ quantity: "temperature", unit: "°C", low: -20, high: 50, held: false }]);
    soil?.hold("temperature", 12.5);
    expect(device.connected.open("soil", { driver: "DS18B20", pin: 4 }).sample()).toEqual({
      thermometer: { temperature: 12.5 },
    });
    expect(sensorsOf({ sensors: { soil: { driver: "DS18B20" } } }, device)).toEqual([]);
  });

  test("that are functions, or of nothing on the board, are out of reach", () => {
    const device = bench();
    const sensors = {
      daylight: { read: () => 1, quantity: "light", unit: "%" },
      soil: { board: "moisture" },
      odd: { analog: "nowhere", quantity: "x", unit: "" },
    };
    expect(sensorsOf({ sensors }, device)).toEqual([]);
  });
});

test("an input is driven, and says how it stands; one at no pin of the board is left out", () => {
  const { pins } = bench();
  const onChanged = vi.fn();
  pins.openInput(4, { activeLow: false, pull: false, onChanged });
  const [motion, ...others] = inputsOf({ inputs: { motion: { pin: 4 }, odd: { pin: "nowhere" } } }, pins);
  expect(others).toEqual([]);
  expect(motion).toMatchObject({ name: "motion", on: false });
  motion?.set(true);
  expect([motion?.on, onChanged.mock.calls]).toEqual([true, [[true]]]);
  expect(inputsOf({}, pins)).toEqual([]);
});
