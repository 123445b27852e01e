import { boards } from "../../host-sim/core/world/boards.js";
import { RandomStream } from "../../host-sim/core/world/random.js";
import { type SimulatedSensor, simulatedSensors } from "../../host-sim/core/world/sensors.js";
import { World } from "../../host-sim/core/world/world.js";
import type { Sample, Sensor } from "../../src/platform.js";
import { runContract, runDefects, untilReal } from "./contract.js";
import { bootOf } from "./harness.js";
import { type SensorHarness, sensorContract } from "./sensor.contract.js";

function simulated(
  id: string,
  change: (sensors: readonly Sensor[]) => readonly Sensor[] = (same) => same,
): SensorHarness {
  const board = boards.find((candidate) => candidate.id === id);
  if (board === undefined) throw new Error(`no board ${id}`);
  let time = Date.UTC(2026, 10, 23);
  let sensors: SimulatedSensor[] = [];
  return {
    open: () => {
      const random = new RandomStream(id);
      const place = new World({ seed: id }).place("mote");
      sensors = simulatedSensors(board, { place, random, time: () => time });
      return change(sensors);
    },
    quantities: Object.fromEntries(board.sensors.map((sensor) => [sensor.id, { ...sensor.quantities }])),
    pullOff: (sensor) => {
      const found = sensors.find((candidate) => candidate.id === sensor);
      if (found) found.fault = "silent";
    },
    later: () => {
      time += 600_000;
    },
    until: untilReal,
  };
}

for (const { id } of boards) runContract(`simulated sensors of ${id}`, sensorContract, () => simulated(id));

runContract("sensors of a simulated machine", sensorContract, () =>
  simulated("esp32_devkitc", (sensors) => bootOf({ sensors }).platform.sensors),
);

/** The sensors with their samples spoilt. */
function spoilt(spoil: (sample: Sample, sensor: Sensor) => Sample): () => SensorHarness {
  return () =>
    simulated("esp32_devkitc", (sensors) =>
      sensors.map((sensor) => ({
        id: sensor.id,
        units: sensor.units,
        sample: () => spoil(sensor.sample(), sensor),
        close: () => sensor.close(),
      })),
    );
}

function scale(group: string, quantity: string, factor: number): (sample: Sample) => Sample {
  return (sample) =>
    sample[group] === undefined
      ? sample
      : { ...sample, [group]: { [quantity]: (sample[group][quantity] ?? 0) * factor } };
}

function eachSensor(change: (sensor: Sensor) => Partial<Sensor>): () => SensorHarness {
  return () =>
    simulated("esp32_devkitc", (sensors) =>
      sensors.map((sensor) => ({
        id: sensor.id,
        units: sensor.units,
        sample: () => sensor.sample(),
        close: () => sensor.close(),
        ...change(sensor),
      })),
    );
}

runDefects("the sensor's contract", sensorContract, [
  [
    "has the id of another",
    "has a short id, unique on its board, fit for a level of a topic",
    eachSensor(() => ({ id: "climate" })),
  ],
  [
    "has an id that no topic level can be",
    "has a short id, unique on its board, fit for a level of a topic",
    eachSensor((sensor) => ({ id: `${sensor.id}/1` })),
  ],
  [
    "gives less than its board says",
    "gives the groups and quantities of its board's data, and no others",
    spoilt(({ thermometer, ...rest }) => rest),
  ],
  [
    "gives humidity as a part of 1",
    "gives finite numbers in the units of ECMA-419, humidity in percent",
    spoilt(scale("hygrometer", "humidity", 0.01)),
  ],
  [
    "gives pressure in hPa",
    "gives finite numbers in the units of ECMA-419, humidity in percent",
    spoilt(scale("barometer", "pressure", 0.01)),
  ],
  [
    "gives millivolts",
    "gives finite numbers in the units of ECMA-419, humidity in percent",
    spoilt(scale("voltmeter", "voltage", 1000)),
  ],
  [
    "gives kelvins",
    "gives finite numbers in the units of ECMA-419, humidity in percent",
    spoilt((sample) => (sample.thermometer ? { ...sample, thermometer: { temperature: 293 } } : sample)),
  ],
  [
    "gives no number",
    "gives finite numbers in the units of ECMA-419, humidity in percent",
    spoilt(scale("voltmeter", "voltage", Number.NaN)),
  ],
  [
    "measures once",
    "measures anew at each sample",
    eachSensor((sensor) => {
      let first: Sample | undefined;
      return { sample: () => (first ??= sensor.sample()) };
    }),
  ],
  [
    "gives the same object again",
    "gives a sample that is the caller's to keep",
    eachSensor((sensor) => {
      const kept: { [group: string]: { [quantity: string]: number } } = {};
      return { sample: () => Object.assign(kept, sensor.sample()) };
    }),
  ],
  [
    "hides that it does not answer",
    "throws an Error that names it when it does not answer, and leaves the others alone",
    eachSensor((sensor) => ({
      sample: () => {
        try {
          return sensor.sample();
        } catch {
          return {};
        }
      },
    })),
  ],
  [
    "can be closed once",
    "lets close() be called again, and be opened anew",
    eachSensor((sensor) => {
      let closed = false;
      return {
        close: () => {
          if (closed) throw new Error("closed");
          closed = true;
          sensor.close();
        },
      };
    }),
  ],
]);
