/**
 * Seeded randomness: sfc32 (Chris Doty-Humphrey's PractRand), its state filled from a hash of the seed.
 *
 * Every consumer takes a stream of its own by name, so that one that draws more does not shift what another sees.
 * The integer parts are the same on every JavaScript engine; `normal` uses Math.log and Math.cos, whose last bit is not.
 */
import type { Random } from "../../../src/platform.js";

export class RandomStream {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** As {@link Random}, to be handed on: needs no `this`. */
  readonly random: Random = () => this.bits() / 0x1_0000_0000;

  constructor(seed: string | number) {
    this.#seed = String(seed);
    this.#a = hash(this.#seed, 0x9e3779b9);
    this.#b = hash(this.#seed, 0x243f6a88);
    this.#c = hash(this.#seed, 0xb7e15162);
    for (let i = 0; i < 12; i++) this.bits();
  }

  /** The stream of that name under this one's seed. Draws nothing: the same however much was drawn here before. */
  stream(name: string): RandomStream {
    return new RandomStream(`${this.#seed}/${name}`);
  }

  /** 32 random bits, unsigned. */
  bits(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number from `low` (included) to `high` (excluded). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.random();
  }

  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    if (!(Number.isInteger(low) && Number.isInteger(high) && low <= high))
      throw new RangeError(`no integer can be drawn from ${low} to ${high}`);
    return low + Math.floor(this.random() * (high - low + 1));
  }

  /** Normally distributed. Always takes two draws. */
  normal(mean = 0, deviation = 1): number {
    return mean + deviation * boxMuller(this.bits(), this.bits());
  }

  /** True with that probability, 0 to 1. */
  chance(probability: number): boolean {
    return this.random() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("nothing to pick from");
    return items[this.integer(0, items.length - 1)] as T;
  }
}

/**
 * Random numbers in random order: the value that belongs to a whole number, as if an endless stream had been drawn once
 * and were looked up since.
 */
export class RandomField {
  readonly #seed: number;

  constructor(seed: string | number) {
    this.#seed = hash(String(seed), 0x9e3779b9);
  }

  /** Normally distributed with mean 0 and deviation 1. @param index any integer within ±2^52 */
  normal(index: number): number {
    const high = Math.floor(index / 0x1_0000_0000);
    const first = mix(mix(index ^ this.#seed) + Math.imul(high, 0x85ebca6b));
    return boxMuller(first >>> 0, mix(first + 0x9e3779b9) >>> 0);
  }
}

function boxMuller(first: number, second: number): number {
  // + 1: the logarithm of 0 must not be asked for.
  const radius = Math.sqrt(-2 * Math.log((first + 1) / 0x1_0000_0000));
  return radius * Math.cos((2 * Math.PI * second) / 0x1_0000_0000);
}

/** MurmurHash3 over the code points of a string. Signed. */
function hash(text: string, seed: number): number {
  let state = seed | 0;
  let count = 0;
  for (const character of text) {
    let block = Math.imul(character.codePointAt(0) as number, 0xcc9e2d51);
    block = (block << 15) | (block >>> 17);
    state ^= Math.imul(block, 0x1b873593);
    state = (Math.imul((state << 13) | (state >>> 19), 5) + 0xe6546b64) | 0;
    count++;
  }
  return mix(state ^ count);
}

/** MurmurHash3's finalizer: every bit of the result depends on every bit given. */
function mix(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
