import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Board, BoardSensor } from "../boards/board.js";
import { boards } from "../host-sim/core/world/boards.js";

/** What the drivers give, from the SDK's sources. */
const GIVEN: { readonly [driver in Exclude<BoardSensor["driver"], "simulated">]: string } = {
  SHT3x: "thermometer.temperature hygrometer.humidity",
  BMP280: "barometer.pressure thermometer.temperature",
  TMP117: "thermometer.temperature",
  "analog battery": "voltmeter.voltage",
};

function pins({ I2C, sensors, led, button }: Board): number[] {
  return [
    ...Object.values(I2C).flatMap(({ data, clock }) => [data, clock]),
    ...sensors.flatMap((sensor) => ("pin" in sensor ? [sensor.pin] : [])),
    ...(led ? [led.pin] : []),
    ...(button ? [button.pin] : []),
  ];
}

function quantities(sensor: BoardSensor): string {
  return Object.entries(sensor.quantities)
    .flatMap(([group, names]) => names.map((name: string) => `${group}.${name}`))
    .join(" ");
}

describe("boards", () => {
  it("are one folder each, and the simulator knows them all", () => {
    const folders = readdirSync("boards", { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(boards.map(({ id }) => id).sort()).toEqual(folders.map(({ name }) => name).sort());
  });

  describe.each(boards.map((board) => [board.id, board] as const))("%s", (_, board) => {
    it("has an id that mcconfig leaves as it is", () => {
      expect(board.id).toMatch(/^[a-z][a-z0-9_]*$/);
    });

    it("has sensors with short names, each once, that can be levels of a topic", () => {
      const ids = board.sensors.map(({ id }) => id);
      expect(ids.length).toBeGreaterThan(0);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9-]{0,15}$/);
    });

    it("uses each pin once", () => {
      const used = pins(board);
      expect(new Set(used).size).toBe(used.length);
      for (const pin of used) expect(Number.isInteger(pin) && pin >= 0 && pin <= 48).toBe(true);
    });

    it("has a bus for each sensor, and no two sensors at one address", () => {
      const places = board.sensors.flatMap((sensor) => ("bus" in sensor ? [sensor] : []));
      for (const { bus, address } of places) {
        expect(Object.keys(board.I2C)).toContain(bus);
        // 0x00 to 0x07 and 0x78 to 0x7F are reserved.
        expect(address).toBeGreaterThanOrEqual(0x08);
        expect(address).toBeLessThanOrEqual(0x77);
      }
      expect(new Set(places.map(({ bus, address }) => `${bus} ${address}`)).size).toBe(places.length);
    });

    it("lists the quantities that each sensor's driver gives", () => {
      for (const sensor of board.sensors) {
        if (sensor.driver !== "simulated") expect(quantities(sensor)).toBe(GIVEN[sensor.driver]);
      }
    });

    it("has memory for the XS machine in one of its two manners", () => {
      const { static: block, chunk, heap, stack } = board.memory;
      if (block === 0) expect([chunk.incremental, heap.incremental]).toEqual([0, 0]);
      else expect(chunk.initial + 16 * (heap.initial + stack)).toBeLessThan(block);
      expect(stack).toBeGreaterThanOrEqual(384);
    });
  });
});
