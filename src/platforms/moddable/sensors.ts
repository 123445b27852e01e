/** The board's sensors, by the SDK's drivers. */
import type { AnalogBattery, BoardSensor, I2CSensor, Quantities } from "../../../boards/board.js";
import { unitsOf } from "../../mote/units.js";
import type { AnalogPin, Pins, Sample, Sensor } from "../../platform.js";
import type { DriverSensor, IOConstructor, Provider, SensorDriver } from "./provider.js";

export function openSensors(provider: Provider, pins: Pins): Sensor[] {
  return provider.board.sensors.map((facts) => openSensor(facts, provider, pins));
}

function openSensor(facts: BoardSensor, provider: Provider, pins: Pins): Sensor {
  if (facts.driver === "analog battery") return new Battery(facts, pins);
  const driver = provider.sensor[facts.driver];
  if (driver === undefined) throw new Error(`the provider of ${provider.board.id} has no driver ${facts.driver}`);
  return new DrivenSensor(facts, driver, provider);
}

/** A sensor as a driver needs it: of the board, or of an application. */
type DrivenFacts =
  | Exclude<BoardSensor, AnalogBattery>
  | {
      readonly id: string;
      readonly driver: string;
      readonly bus: string;
      readonly address: number;
      readonly quantities: Quantities | { readonly [group: string]: readonly string[] };
    };

/** Drivers that give humidity as ECMA-419 has it, from 0 to 1, where the SDK's others give percent. */
const FRACTIONAL_HUMIDITY: readonly string[] = Object.freeze(["BME68x"]);

/**
 * A sensor that is opened when it is first sampled, and again after it failed: one that was plugged in late, or pulled
 * out, works as soon as it is there.
 */
export class DrivenSensor implements Sensor {
  readonly id: string;
  readonly units: Sensor["units"];
  readonly #facts: DrivenFacts;
  readonly #driver: SensorDriver;
  readonly #provider: Provider;
  #sensor: DriverSensor | undefined;
  #error: string | undefined;

  constructor(facts: DrivenFacts, driver: SensorDriver, provider: Provider) {
    this.id = facts.id;
    this.units = unitsOf({ ...facts.quantities });
    this.#facts = facts;
    this.#driver = driver;
    this.#provider = provider;
  }

  sample(): Sample {
    this.#error = undefined;
    try {
      this.#sensor ??= this.#open();
      // A driver that finds another chip reports it and is of no use, but says so only when it is sampled.
      this.#check();
      const raw = this.#sensor.sample();
      this.#check();
      return this.#normalize(raw ?? {});
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    const sensor = this.#sensor;
    this.#sensor = undefined;
    try {
      sensor?.close();
    } catch {
      // Closed already by the driver itself.
    }
  }

  #check(): void {
    if (this.#error !== undefined) throw new Error(this.#error);
  }

  #open(): DriverSensor {
    const { Sensor, io } = this.#driver;
    const { driver } = this.#facts;
    if (io === undefined || driver === "simulated") return new Sensor({ sensor: {} });
    const { bus, address } = this.#facts as Pick<I2CSensor, "bus" | "address">;
    // Some drivers leave the bus open when their constructor throws; the address would then be taken for ever.
    let opened: { close(): void } | undefined;
    const Owned = class extends (io as new (options: object) => { close(): void }) {
      constructor(options: object) {
        super(options);
        opened = this;
      }
    } as unknown as IOConstructor;
    try {
      return new Sensor({
        sensor: { ...this.#provider.I2C[bus], address, io: Owned },
        onError: (text) => {
          this.#error = text;
        },
      });
    } catch (error) {
      try {
        opened?.close();
      } catch {
        // Closed already by the driver itself.
      }
      throw error;
    }
  }

  /** Exactly the quantities that the board promises; drivers put them in groups or beside each other. */
  #normalize(raw: { [name: string]: unknown }): Sample {
    const sample: { [group: string]: { [quantity: string]: number } } = {};
    for (const [group, quantities] of Object.entries(this.#facts.quantities)) {
      const given = (raw[group] ?? raw) as { [quantity: string]: unknown };
      const values: { [quantity: string]: number } = {};
      for (const quantity of quantities as readonly string[]) {
        const value = given[quantity];
        if (typeof value !== "number") throw new Error(`no ${quantity}: the answer was damaged or there was none`);
        const percent = quantity === "humidity" && FRACTIONAL_HUMIDITY.includes(this.#facts.driver);
        values[quantity] = percent ? value * 100 : value;
      }
      sample[group] = values;
    }
    return sample;
  }
}

class Battery implements Sensor {
  readonly id: string;
  readonly units: Sensor["units"];
  readonly #facts: AnalogBattery;
  readonly #pins: Pins;
  #analog: AnalogPin | undefined;

  constructor(facts: AnalogBattery, pins: Pins) {
    this.id = facts.id;
    this.units = unitsOf({ ...facts.quantities });
    this.#facts = facts;
    this.#pins = pins;
  }

  sample(): Sample {
    const { pin, divider } = this.#facts;
    this.#analog ??= this.#pins.openAnalog(pin);
    return { voltmeter: { voltage: this.#analog.read() * divider } };
  }

  close(): void {
    this.#analog?.close();
    this.#analog = undefined;
  }
}
