/**
 * A quantity that wanders about a mean: an Ornstein-Uhlenbeck process, sampled at a step and joined by smooth curves.
 *
 * It can be asked for any moment in any order. The process at a step is the weighted sum of the random numbers of the
 * steps before it, which are looked up and not drawn; those too far back to matter are left out.
 */
import { RandomField } from "./random.js";

export interface WanderOptions {
  readonly seed: string;
  /** Milliseconds after which about a third of a deviation is left. */
  readonly relaxation: number;
  /** Standard deviation. */
  readonly deviation: number;
}

/** Steps in one relaxation time. */
const FINENESS = 4;
/** Relaxation times that are looked back: what is older counts for less than 1 %. */
const MEMORY = 5;
/** Values at steps that are kept: a power of two, at least the four that a curve needs. */
const CACHE = 8;

export class Wander {
  readonly #field: RandomField;
  readonly #step: number;
  readonly #weights: readonly number[];
  readonly #cachedIndex: number[] = new Array<number>(CACHE).fill(Number.NaN);
  readonly #cachedValue: number[] = new Array<number>(CACHE).fill(0);

  constructor(options: WanderOptions) {
    this.#field = new RandomField(options.seed);
    this.#step = options.relaxation / FINENESS;
    const decay = Math.exp(-1 / FINENESS);
    const weights = Array.from({ length: FINENESS * MEMORY }, (_, age) => decay ** age);
    const norm = Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0));
    this.#weights = weights.map((weight) => (weight * options.deviation) / norm);
  }

  /** The deviation from the mean. @param time milliseconds, of any origin */
  at(time: number): number {
    const position = time / this.#step;
    const index = Math.floor(position);
    return curve(
      this.#value(index - 1),
      this.#value(index),
      this.#value(index + 1),
      this.#value(index + 2),
      position - index,
    );
  }

  #value(index: number): number {
    const slot = ((index % CACHE) + CACHE) % CACHE;
    if (this.#cachedIndex[slot] !== index) {
      let sum = 0;
      for (let age = 0; age < this.#weights.length; age++)
        sum += (this.#weights[age] as number) * this.#field.normal(index - age);
      this.#cachedIndex[slot] = index;
      this.#cachedValue[slot] = sum;
    }
    return this.#cachedValue[slot] as number;
  }
}

/** Catmull-Rom: the smooth curve from `b` to `c` whose slopes are given by the neighbours. @param part 0 to 1 */
export function curve(a: number, b: number, c: number, d: number, part: number): number {
  const linear = (c - a) / 2;
  const square = a - 2.5 * b + 2 * c - d / 2;
  const cube = (d - a) / 2 + 1.5 * (b - c);
  return b + part * (linear + part * (square + part * cube));
}
