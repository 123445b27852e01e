/** The sensors of a board, each with its driver's errors and resolution, over the simulated world. */
import type { AnalogBattery, Board, Quantities } from "../../../boards/board.js";
import { unitsOf } from "../../../src/mote/units.js";
import type { Sample, Sensor } from "../../../src/platform.js";
import type { RandomStream } from "./random.js";
import { type Air, cellVoltage, type Place } from "./world.js";

export interface SensorOptions {
  readonly place: Place;
  readonly random: RandomStream;
  /** The true time, whatever the node believes: milliseconds since 1970-01-01T00:00Z. */
  time(): number;
  /** Lets time pass as a sensor does that keeps the node waiting. Default: no time passes. */
  block?(ms: number): void;
}

/**
 * What a sensor can suffer from: `silent` does not answer, `stuck` repeats its last sample, `NaN` gives no numbers.
 */
export type SensorFault = "silent" | "stuck" | "NaN";

/** What a driver makes of a true value. */
interface Channel {
  /** Standard deviation of one device's lasting error among many devices. */
  readonly offset: number;
  /** Standard deviation from sample to sample. */
  readonly noise: number;
  /** Steps in which the driver gives its numbers. */
  readonly resolution: number;
  readonly low: number;
  readonly high: number;
}

interface Driver {
  /** Milliseconds that `sample` keeps the node waiting. */
  readonly duration: number;
  readonly channels: { readonly [quantity: string]: Channel };
}

/** A sensor by its driver's name; without a twin of that name it has no errors. */
type Facts =
  | AnalogBattery
  | {
      readonly id: string;
      readonly driver: string;
      readonly quantities: Quantities | { readonly [group: string]: readonly string[] };
    };

/** From the data sheets: typical accuracy taken as the offset, repeatability as the noise. */
const drivers: { readonly [name: string]: Driver } & { readonly simulated: Driver } = Object.freeze({
  AHT10: {
    duration: 80,
    channels: {
      temperature: { offset: 0.3, noise: 0.1, resolution: 0.01, low: -40, high: 85 },
      humidity: { offset: 2, noise: 0.1, resolution: 0.024, low: 0, high: 100 },
    },
  },
  DS18B20: {
    // It converts while the node goes on.
    duration: 0,
    channels: { temperature: { offset: 0.25, noise: 0.02, resolution: 1 / 16, low: -55, high: 125 } },
  },
  HTU21D: {
    duration: 66,
    channels: {
      temperature: { offset: 0.3, noise: 0.01, resolution: 0.01, low: -40, high: 125 },
      humidity: { offset: 2, noise: 0.04, resolution: 0.04, low: 0, high: 100 },
    },
  },
  SHTC3: {
    duration: 13,
    channels: {
      temperature: { offset: 0.2, noise: 0.1, resolution: 0.01, low: -40, high: 125 },
      humidity: { offset: 2, noise: 0.1, resolution: 0.01, low: 0, high: 100 },
    },
  },
  SI7020: {
    duration: 23,
    channels: {
      temperature: { offset: 0.3, noise: 0.01, resolution: 0.01, low: -40, high: 125 },
      humidity: { offset: 3, noise: 0.05, resolution: 0.025, low: 0, high: 100 },
    },
  },
  SHT3x: {
    duration: 150,
    channels: {
      temperature: { offset: 0.1, noise: 0.04, resolution: 175 / 65_535, low: -45, high: 130 },
      humidity: { offset: 1, noise: 0.08, resolution: 100 / 65_535, low: 0, high: 100 },
    },
  },
  BMP280: {
    duration: 7,
    channels: {
      pressure: { offset: 50, noise: 1.3, resolution: 0.16, low: 30_000, high: 110_000 },
      temperature: { offset: 0.5, noise: 0.005, resolution: 0.01, low: -40, high: 85 },
    },
  },
  TMP117: {
    duration: 125,
    channels: {
      temperature: { offset: 0.05, noise: 0.006, resolution: 0.007_812_5, low: -55, high: 150 },
    },
  },
  simulated: {
    duration: 0,
    channels: {
      temperature: { offset: 0, noise: 0, resolution: 0.01, low: -40, high: 85 },
      humidity: { offset: 0, noise: 0, resolution: 0.1, low: 0, high: 100 },
      pressure: { offset: 0, noise: 0, resolution: 1, low: 30_000, high: 110_000 },
      voltage: { offset: 0, noise: 0, resolution: 0.001, low: 0, high: 5 },
    },
  },
});

/** What a person plays with: the driver's own range is that of the part, and of no weather. */
const LIKELY: { readonly [quantity: string]: readonly [low: number, high: number] } = Object.freeze({
  temperature: Object.freeze([-20, 50] as const),
  pressure: Object.freeze([95_000, 105_000] as const),
  voltage: Object.freeze([2.5, 4.5] as const),
});

/** One quantity of a sensor, for who would set it by hand. */
export interface Quantity {
  readonly quantity: string;
  readonly unit: string;
  /** Between these it is likely to be. */
  readonly low: number;
  readonly high: number;
  /** Without the driver's errors. */
  readonly value: number;
  /** It stands at that value by {@link SimulatedSensor.hold}. */
  readonly held: boolean;
}

/** A 12-bit converter at its widest range, as on the ESP32: 3.1 V, and not a good one. */
const ADC_RANGE = 3.1;
const ADC_STEPS = 4095;

/** A lithium cell, for a board whose battery is simulated through and through. */
const CELL = Object.freeze({ full: 4.2, empty: 3.3 });

export function simulatedSensors(board: Board, options: SensorOptions): SimulatedSensor[] {
  return board.sensors.map((sensor) => new SimulatedSensor(sensor, options));
}

export class SimulatedSensor implements Sensor {
  readonly id: string;
  readonly units: Sensor["units"];
  /** Set it to make the sensor fail from now on. */
  fault: SensorFault | undefined;
  readonly #sensor: Facts;
  readonly #options: SensorOptions;
  readonly #random: RandomStream;
  readonly #duration: number;
  readonly #channels: { readonly [quantity: string]: Channel };
  /** This device's lasting errors. */
  readonly #offsets: { readonly [quantity: string]: number };
  readonly #held = new Map<string, number>();
  #last: Sample | undefined;
  #closed = false;

  constructor(sensor: Facts, options: SensorOptions) {
    this.id = sensor.id;
    this.units = unitsOf({ ...sensor.quantities });
    this.#sensor = sensor;
    this.#options = options;
    this.#random = options.random.stream(`sensor ${sensor.id}`);
    const { duration, channels } = driverOf(sensor);
    this.#duration = duration;
    this.#channels = channels;
    this.#offsets = Object.fromEntries(
      Object.entries(channels).map(([quantity, { offset }]) => [quantity, this.#random.normal(0, offset)]),
    );
  }

  sample(): Sample {
    if (this.#closed) throw new Error(`sensor ${this.id} is closed`);
    this.#options.block?.(this.#duration);
    if (this.fault === "silent") throw new Error(`sensor ${this.id} does not answer`);
    const stuck = this.fault === "stuck" ? this.#last : undefined;
    this.#last = stuck ?? this.#measure();
    // A fresh object each time, as a driver gives: what the caller does to it is the caller's.
    return Object.fromEntries(Object.entries(this.#last).map(([group, quantities]) => [group, { ...quantities }]));
  }

  close(): void {
    this.#closed = true;
  }

  /**
   * Has the sensor give one value from now on, whatever the world does, and without errors: as near to it as the driver can.
   * @param value undefined: the world's again
   * @throws RangeError for what the driver does not measure, or a value that it cannot give
   */
  hold(quantity: string, value: number | undefined): void {
    const channel = Object.hasOwn(this.#channels, quantity) ? this.#channels[quantity] : undefined;
    if (channel === undefined) throw new RangeError(`sensor ${this.id} does not measure "${quantity}"`);
    if (value === undefined) {
      this.#held.delete(quantity);
      return;
    }
    const { low, high } = channel;
    if (!(value >= low && value <= high))
      throw new RangeError(`${quantity} of ${this.id} is ${value}: must be a number from ${low} to ${high}`);
    this.#held.set(quantity, value);
  }

  /** All that it measures, as it is now. */
  get quantities(): Quantity[] {
    const time = this.#options.time();
    const air = this.#options.place.air(time);
    const names = Object.values(this.#sensor.quantities).flat() as string[];
    return names.flatMap((quantity) => {
      const channel = this.#channels[quantity];
      // A board that is wrong is told so when it samples.
      if (channel === undefined) return [];
      const { low, high } = channel;
      const [likelyLow, likelyHigh] = LIKELY[quantity] ?? [low, high];
      const held = this.#held.get(quantity);
      return {
        quantity,
        unit: this.units[quantity] ?? "",
        low: Math.max(low, likelyLow),
        high: Math.min(high, likelyHigh),
        value: held ?? tidy(this.#truth(quantity, air, time)),
        held: held !== undefined,
      };
    });
  }

  #measure(): Sample {
    const time = this.#options.time();
    const air = this.#options.place.air(time);
    const sample: { [group: string]: { [quantity: string]: number } } = {};
    for (const [group, names] of Object.entries(this.#sensor.quantities)) {
      const quantities: { [quantity: string]: number } = {};
      for (const name of names as readonly string[]) quantities[name] = this.#read(name, this.#truth(name, air, time));
      sample[group] = quantities;
    }
    return sample;
  }

  #truth(quantity: string, air: Air, time: number): number {
    return quantity === "voltage" ? this.#voltage(time) : air[quantity as keyof Air];
  }

  #voltage(time: number): number {
    const { full, empty } = isBattery(this.#sensor) ? this.#sensor : CELL;
    return empty + (full - empty) * cellVoltage(this.#options.place.charge(time));
  }

  #read(quantity: string, truth: number): number {
    const channel = this.#channels[quantity];
    if (channel === undefined)
      throw new Error(`sensor ${this.id}: the driver ${this.#sensor.driver} measures no ${quantity}; mend board.ts`);
    const noise = channel.noise > 0 ? this.#random.normal(0, channel.noise) : 0;
    if (this.fault === "NaN") return Number.NaN;
    const value = this.#held.get(quantity) ?? truth + (this.#offsets[quantity] ?? 0) + noise;
    const steps = Math.round((Math.min(channel.high, Math.max(channel.low, value)) - channel.low) / channel.resolution);
    return tidy(channel.low + steps * channel.resolution);
  }
}

function driverOf(sensor: Facts): Driver {
  if (!isBattery(sensor)) return drivers[sensor.driver] ?? drivers.simulated;
  const high = ADC_RANGE * sensor.divider;
  const resolution = high / ADC_STEPS;
  return {
    duration: 0,
    // The reference voltage is good for about a percent.
    channels: { voltage: { offset: 0.01 * sensor.full, noise: 3 * resolution, resolution, low: 0, high } },
  };
}

function isBattery(sensor: Facts): sensor is AnalogBattery {
  return sensor.driver === "analog battery";
}

/** Without the last bits' dust: 21.370000000000005 is 21.37. */
function tidy(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
