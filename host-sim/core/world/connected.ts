/** The sensors that an application has connected, in the simulated world: each by its driver's name. They outlast a restart. */
import type { Board } from "../../../boards/board.js";
import { type Driver, findDriver } from "../../../src/mote/drivers.js";
import type { Clock, DriverOptions, Sensor } from "../../../src/platform.js";
import { type SensorOptions, SimulatedSensor } from "./sensors.js";

/** Milliseconds that a conversion takes while the node goes on, of the drivers that work so. */
const CONVERSION: { readonly [driver: string]: number } = Object.freeze({ DS18B20: 750 });

export class ConnectedSensors {
  readonly #board: Pick<Board, "id" | "I2C">;
  readonly #clock: Pick<Clock, "setTimer">;
  readonly #options: SensorOptions;
  readonly #all = new Map<string, SimulatedSensor>();

  constructor(board: Pick<Board, "id" | "I2C">, clock: Pick<Clock, "setTimer">, options: SensorOptions) {
    this.#board = board;
    this.#clock = clock;
    this.#options = options;
  }

  /** The sensor itself, for who simulates what it sees. @throws Error when it cannot be connected so */
  find(id: string, declared: DriverOptions): SimulatedSensor {
    const { quantities }: Driver = findDriver(declared, this.#board);
    let sensor = this.#all.get(id);
    if (sensor === undefined) {
      sensor = new SimulatedSensor({ id, driver: declared.driver, quantities }, this.#options);
      this.#all.set(id, sensor);
    }
    return sensor;
  }

  /** The same as the firmware has it. @throws Error as above */
  open(id: string, declared: DriverOptions): Sensor {
    const sensor = this.find(id, declared);
    const { units } = sensor;
    const conversion = CONVERSION[declared.driver];
    return {
      id,
      units,
      sample: () => sensor.sample(),
      measure:
        conversion === undefined
          ? undefined
          : (done) => {
              this.#clock.setTimer(() => {
                try {
                  done(sensor.sample());
                } catch (error) {
                  done(error as Error);
                }
              }, conversion);
              return undefined;
            },
      close() {},
    };
  }
}
