import { expect } from "vitest";
import type { Sample, Sensor } from "../../src/platform.js";
import type { Contract, Harness } from "./clause.js";

export interface SensorHarness extends Harness {
  /** Opens all sensors of one board. */
  open(): readonly Sensor[];
  /** What each sensor measures: groups and quantities by the sensor's id, as the board's data has them. */
  readonly quantities: { readonly [id: string]: { readonly [group: string]: readonly string[] } };
  /** Makes a sensor of `open()` stop answering, as when it is pulled off its bus. */
  pullOff(id: string): void;
  /** Lets ten minutes go by, or what stands for it. */
  later(): void;
}

/** What a sensor near people can see, in ECMA-419's units and percent. A wrong unit is outside. */
const PLAUSIBLE: { readonly [quantity: string]: readonly [number, number] } = {
  temperature: [-45, 60],
  humidity: [1.5, 100],
  pressure: [50_000, 110_000],
  voltage: [1.8, 6],
};

function shape(sample: Sample): { [group: string]: string[] } {
  return Object.fromEntries(Object.entries(sample).map(([group, values]) => [group, Object.keys(values).sort()]));
}

export const sensorContract: Contract<SensorHarness> = [
  {
    says: "has a short id, unique on its board, fit for a level of a topic",
    check(harness) {
      const ids = harness.open().map(({ id }) => id);
      for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9_-]{0,15}$/);
      expect(new Set(ids).size).toBe(ids.length);
      expect([...ids].sort()).toEqual(Object.keys(harness.quantities).sort());
    },
  },
  {
    says: "gives the groups and quantities of its board's data, and no others",
    check(harness) {
      for (const sensor of harness.open())
        expect([sensor.id, shape(sensor.sample())]).toEqual([sensor.id, sorted(harness, sensor.id)]);
    },
  },
  {
    says: "gives finite numbers in the units of ECMA-419, humidity in percent",
    check(harness) {
      const sensors = harness.open();
      for (let i = 0; i < 300; i++) {
        for (const sensor of sensors) {
          for (const values of Object.values(sensor.sample())) {
            for (const [quantity, value] of Object.entries(values)) {
              const [low, high] = PLAUSIBLE[quantity] ?? [Number.NaN, Number.NaN];
              expect(Number.isFinite(value), `${sensor.id} ${quantity} is ${value}`).toBe(true);
              expect(value >= low && value <= high, `${sensor.id} ${quantity} is ${value}`).toBe(true);
            }
          }
        }
        harness.later();
      }
    },
  },
  {
    says: "measures anew at each sample",
    check(harness) {
      for (const sensor of harness.open()) {
        const samples = new Set<string>();
        for (let i = 0; i < 300; i++) {
          samples.add(JSON.stringify(sensor.sample()));
          harness.later();
        }
        expect([sensor.id, samples.size > 1]).toEqual([sensor.id, true]);
      }
    },
  },
  {
    says: "gives a sample that is the caller's to keep",
    check(harness) {
      for (const sensor of harness.open()) {
        const first = sensor.sample();
        const before = JSON.stringify(first);
        harness.later();
        const second = sensor.sample();
        expect(JSON.stringify(first)).toBe(before);
        expect(second).not.toBe(first);
        for (const group of Object.keys(first)) expect(second[group]).not.toBe(first[group]);
      }
    },
  },
  {
    says: "throws an Error that names it when it does not answer, and leaves the others alone",
    check(harness) {
      const sensors = harness.open();
      for (const sensor of sensors) {
        harness.pullOff(sensor.id);
        expect(() => sensor.sample()).toThrow(Error);
        expect(() => sensor.sample()).toThrow(new RegExp(sensor.id));
        const next = sensors[sensors.indexOf(sensor) + 1];
        if (next !== undefined) expect(shape(next.sample())).toEqual(sorted(harness, next.id));
      }
    },
  },
  {
    says: "lets close() be called again, and be opened anew",
    check(harness) {
      for (const sensor of harness.open()) {
        sensor.sample();
        sensor.close();
        sensor.close();
      }
      for (const sensor of harness.open()) sensor.sample();
    },
  },
];

function sorted({ quantities }: SensorHarness, id: string): { [group: string]: string[] } {
  return Object.fromEntries(Object.entries(quantities[id] ?? {}).map(([group, names]) => [group, [...names].sort()]));
}
