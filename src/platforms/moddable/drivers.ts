/**
 * Sensors that an application has connected, by the SDK's drivers. A firmware has this module, and a driver, where the application's
 * manifest includes the driver's file of src/drivers.
 */
import I2C from "embedded:io/i2c";
import SMBus from "embedded:io/smbus";
import Modules from "modules";
import { DEFAULT_BUS, findDriver } from "../../mote/drivers.js";
import { asError } from "../../mote/errors.js";
import { freePin } from "../../mote/pin.js";
import { unitsOf } from "../../mote/units.js";
import type { Clock, DriverOptions, Sample, Sensor } from "../../platform.js";
import type { IOConstructor, Provider, SensorDriver } from "./provider.js";
import { DrivenSensor } from "./sensors.js";

/** Milliseconds that a DS18B20 takes at its finest resolution, which is the one it has when it is new. */
const CONVERSION = 750;

/** The SDK's class of a wire, and of a thermometer on it; `number` of them by their serial numbers. */
type OneWire = new (options: { readonly pin: number }) => object;
type Thermometer = new (options: {
  readonly bus: object;
  readonly index: number;
}) => {
  /** Begins to convert. @returns what was converted last; null: it was damaged on its way */
  getTemperature(): number | null;
};

/** The default export, as {@link Modules.importNow} gives it. */
export default class ConnectedDrivers {
  readonly #provider: Provider;
  readonly #clock: Clock;
  /** By the pin: several sensors share a wire. */
  readonly #wires = new Map<number, Wire>();

  constructor(provider: Provider, clock: Clock) {
    this.#provider = provider;
    this.#clock = clock;
  }

  /** @throws Error when it cannot be connected so, or the firmware has no such driver */
  open(id: string, options: DriverOptions): Sensor {
    const { board } = this.#provider;
    const driver = findDriver(options, board);
    const { driver: name, pin = 0, bus = DEFAULT_BUS, address = driver.address ?? 0, index = 0 } = options;
    if (!Modules.has(driver.module)) throw missing(name);
    const Sensor = Modules.importNow(driver.module);
    if (driver.bus === "OneWire")
      return new WireSensor(id, Sensor as Thermometer, this.#wire(freePin(pin, board)), index, this.#clock);
    const io = (driver.bus === "SMBus" ? SMBus : I2C) as unknown as IOConstructor;
    const facts = { id, driver: name, bus, address, quantities: driver.quantities };
    return new DrivenSensor(facts, { Sensor: Sensor as SensorDriver["Sensor"], io }, this.#provider);
  }

  #wire(pin: number): Wire {
    let wire = this.#wires.get(pin);
    if (wire === undefined) {
      wire = { pin, bus: undefined };
      this.#wires.set(pin, wire);
    }
    return wire;
  }
}

/** Opened when it is first used. */
interface Wire {
  readonly pin: number;
  bus: object | undefined;
}

/** A DS18B20 and its like: it converts while the node goes on, and is read then. */
class WireSensor implements Sensor {
  readonly id: string;
  readonly units = unitsOf({ thermometer: ["temperature"] });
  readonly #Thermometer: Thermometer;
  readonly #wire: Wire;
  readonly #index: number;
  readonly #clock: Clock;
  #sensor: InstanceType<Thermometer> | undefined;

  constructor(id: string, Thermometer: Thermometer, wire: Wire, index: number, clock: Clock) {
    this.id = id;
    this.#Thermometer = Thermometer;
    this.#wire = wire;
    this.#index = index;
    this.#clock = clock;
  }

  measure(done: (outcome: Sample | Error) => void): undefined {
    this.#open().getTemperature();
    this.#clock.setTimer(() => {
      let outcome: Sample | Error;
      try {
        outcome = this.sample();
      } catch (error) {
        outcome = asError(error);
      }
      done(outcome);
    }, CONVERSION);
  }

  /** What was converted last. */
  sample(): Sample {
    try {
      let temperature = this.#open().getTemperature();
      if (temperature === null) throw new Error("the answer was damaged or there was none");
      // The SDK's driver takes the 16 bits without their sign.
      if (temperature > 2048) temperature -= 4096;
      return { thermometer: { temperature } };
    } catch (error) {
      this.#sensor = undefined;
      throw error;
    }
  }

  close(): void {}

  /** One that is plugged in late is found then. */
  #open(): InstanceType<Thermometer> {
    const wire = this.#wire;
    wire.bus ??= new (Modules.importNow("onewire") as OneWire)({ pin: wire.pin });
    this.#sensor ??= new this.#Thermometer({ bus: wire.bus, index: this.#index });
    return this.#sensor;
  }
}

function missing(name: string): Error {
  return new Error(
    `the firmware has no driver ${name}: the application's manifest must include src/drivers/${name}.json`,
  );
}
