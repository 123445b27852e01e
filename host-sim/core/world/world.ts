/**
 * The world that simulated sensors see: the sun over the day and the year, weather that comes and goes, air that holds
 * more or less water, a battery that runs down, and a radio signal.
 *
 * A pure function of (seed, moment): it may be asked for any moment in any order and always answers the same.
 */
import { curve, Wander } from "./process.js";
import { RandomStream } from "./random.js";

export interface WorldOptions {
  readonly seed: string | number;
  /** Degrees north. Default 52.5. */
  readonly latitude?: number;
  /** Degrees east: when it is noon. Default 13.4. */
  readonly longitude?: number;
  /** Metres above the sea. Default 40. */
  readonly altitude?: number;
}

/** The air at one moment. */
export interface Air {
  /** °C */
  readonly temperature: number;
  /** °C: cooled to this, the air is saturated. */
  readonly dewPoint: number;
  /** Relative, in %. */
  readonly humidity: number;
  /** Pa, at the place's altitude. */
  readonly pressure: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The mean solar year. */
const YEAR = 365.2422 * DAY;
/** 21 March 2026, an equinox. */
const EQUINOX = 1_774_051_200_000;

export class World {
  readonly #seed: RandomStream;
  readonly #latitude: number;
  readonly #longitude: number;
  readonly #altitude: number;
  /** °C: warm and cold fronts. */
  readonly #fronts: Wander;
  /** °C: sun and clouds, gusts. */
  readonly #gusts: Wander;
  /** How clear the sky is, in deviations. */
  readonly #clearness: Wander;
  /** How dry the air is, in deviations. */
  readonly #dryness: Wander;
  /** Pa */
  readonly #lows: Wander;
  readonly #warmth = new Map<number, number>();

  constructor(options: WorldOptions) {
    const seed = `${options.seed}/world`;
    this.#seed = new RandomStream(seed);
    this.#latitude = options.latitude ?? 52.5;
    this.#longitude = options.longitude ?? 13.4;
    this.#altitude = options.altitude ?? 40;
    this.#fronts = new Wander({ seed: `${seed}/fronts`, relaxation: 2.5 * DAY, deviation: 3.2 });
    this.#gusts = new Wander({ seed: `${seed}/gusts`, relaxation: 8 * MINUTE, deviation: 0.12 });
    this.#clearness = new Wander({ seed: `${seed}/clearness`, relaxation: 9 * HOUR, deviation: 1 });
    this.#dryness = new Wander({ seed: `${seed}/dryness`, relaxation: 14 * HOUR, deviation: 1 });
    this.#lows = new Wander({ seed: `${seed}/lows`, relaxation: 2 * DAY, deviation: 850 });
  }

  /** The air outdoors. @param time milliseconds since 1970-01-01T00:00Z */
  air(time: number): Air {
    const front = this.#fronts.at(time);
    const season = 9.8 - 9.2 * Math.cos((2 * Math.PI * (time - EQUINOX + 61 * DAY)) / YEAR);
    // The sun's mean warmth over a year at this latitude is in `season` already: only the day's swing is added.
    const temperature = season + front + this.#sunWarmth(time) + this.#gusts.at(time);
    // Water comes and goes with the air mass, not with the hour: so nights are humid and afternoons dry.
    const depression = 4.3 * Math.exp(0.45 * this.#dryness.at(time));
    const dewPoint = Math.min(season + front - depression, temperature);
    const humidity = (100 * saturation(dewPoint)) / saturation(temperature);
    const tide = 45 * Math.cos((4 * Math.PI * (this.#solarTime(time) - 10 * HOUR)) / DAY);
    const pressure = (101_325 + this.#lows.at(time) + tide) * Math.exp(-this.#altitude / 8434);
    return { temperature, dewPoint, humidity, pressure };
  }

  /** Height of the sun as its sine: 1 overhead, 0 at the horizon, below 0 at night. */
  sun(time: number): number {
    const latitude = (this.#latitude * Math.PI) / 180;
    const declination = 0.409 * Math.sin((2 * Math.PI * (time - EQUINOX)) / YEAR);
    const hour = (2 * Math.PI * (this.#solarTime(time) - 12 * HOUR)) / DAY;
    return Math.sin(latitude) * Math.sin(declination) + Math.cos(latitude) * Math.cos(declination) * Math.cos(hour);
  }

  /** Where a node stands in this world. @param name the node's; another name, another place */
  place(name: string): Place {
    return new Place(this, this.#seed.stream(name));
  }

  #solarTime(time: number): number {
    return time + (this.#longitude / 360) * DAY;
  }

  /** °C by which the sun of the last hours warms the ground, less the night's loss. Smooth between half hours. */
  #sunWarmth(time: number): number {
    const step = HOUR / 2;
    const position = time / step;
    const index = Math.floor(position);
    return curve(
      this.#warmthAt(index - 1, step),
      this.#warmthAt(index, step),
      this.#warmthAt(index + 1, step),
      this.#warmthAt(index + 2, step),
      position - index,
    );
  }

  #warmthAt(index: number, step: number): number {
    const known = this.#warmth.get(index);
    if (known !== undefined) return known;
    let warmth = 0;
    // The ground remembers three hours, so it is warmest in the afternoon.
    for (let age = 0; age < 24; age++) {
      const time = (index - age) * step;
      const clear = 1 / (1 + Math.exp(-1.4 * this.#clearness.at(time)));
      const gain = Math.max(0, this.sun(time)) * (0.35 + 0.65 * clear);
      const loss = 0.12 + 0.1 * clear;
      warmth += (gain - loss) * Math.exp((-age * step) / (3 * HOUR));
    }
    warmth *= 2.6;
    if (this.#warmth.size >= 64) this.#warmth.clear();
    this.#warmth.set(index, warmth);
    return warmth;
  }
}

/** What differs from node to node. */
export class Place {
  readonly #world: World;
  readonly #offset: number;
  readonly #signal: number;
  readonly #fading: Wander;
  readonly #flutter: Wander;
  /** Milliseconds that a full battery lasts. */
  readonly #life: number;
  readonly #charged: number;

  /** @internal Use {@link World.place}. */
  constructor(world: World, random: RandomStream) {
    this.#world = world;
    this.#offset = random.normal(0, 0.4);
    this.#signal = random.uniform(-72, -50);
    this.#life = random.uniform(60, 120) * DAY;
    this.#charged = random.uniform(0, this.#life);
    const seed = `place ${random.bits()} ${random.bits()}`;
    this.#fading = new Wander({ seed: `${seed}/fading`, relaxation: 25 * MINUTE, deviation: 3.5 });
    this.#flutter = new Wander({ seed: `${seed}/flutter`, relaxation: 4000, deviation: 1.3 });
  }

  /** The air here. */
  air(time: number): Air {
    const { temperature, dewPoint, pressure } = this.#world.air(time);
    const here = temperature + this.#offset;
    const dew = Math.min(dewPoint, here);
    return { temperature: here, dewPoint: dew, pressure, humidity: (100 * saturation(dew)) / saturation(here) };
  }

  /** Signal strength of the access point in dBm, not rounded. */
  signal(time: number): number {
    const signal = this.#signal + this.#fading.at(time) + this.#flutter.at(time);
    return Math.min(-30, Math.max(-92, signal));
  }

  /** What is left in the battery, 0 to 1. Somebody charges it in the last hours before it would be empty. */
  charge(time: number): number {
    const cycle = this.#life + CHARGING;
    const age = (((time - this.#charged) % cycle) + cycle) % cycle;
    const empty = 1 - (0.95 * age) / this.#life;
    return age < this.#life ? empty : 0.05 + (0.95 * (age - this.#life)) / CHARGING;
  }
}

const CHARGING = 4 * HOUR;

/** Pressure of saturated water vapour in Pa. Magnus' formula, coefficients of Sonntag 1990. @param temperature °C */
export function saturation(temperature: number): number {
  return 611.2 * Math.exp((17.62 * temperature) / (243.12 + temperature));
}

/** A lithium cell's voltage at rest from its charge, as a part of the span from empty to full. */
const DISCHARGE = Object.freeze([0, 0.29, 0.38, 0.43, 0.47, 0.51, 0.57, 0.65, 0.74, 0.85, 1]);

/** @param charge 0 to 1 @returns 0 (empty) to 1 (full) */
export function cellVoltage(charge: number): number {
  const position = Math.min(1, Math.max(0, charge)) * (DISCHARGE.length - 1);
  const index = Math.min(Math.floor(position), DISCHARGE.length - 2);
  const low = DISCHARGE[index] as number;
  const high = DISCHARGE[index + 1] as number;
  return low + (high - low) * (position - index);
}
