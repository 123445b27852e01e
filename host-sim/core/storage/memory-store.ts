/**
 * A {@link KeyValue} in memory. It outlives the machine that uses it as flash does: keep it, and give it to the next one.
 *
 * Every change goes through one place, {@link Commit}, with a hook on either side of it: a simulated flash counts, fails
 * or loses power there, and needs no store of its own.
 */
import type { KeyValue } from "../../../src/platform.js";
import { checkKey, checkLength, StorageFailure } from "../../../src/platforms/storage-error.js";

/** One change of the store. */
export interface Commit {
  /** Counts the store's commits, from 1; one that did not come about counts too. */
  readonly number: number;
  readonly key: string;
  /** Undefined: the key is removed. Not to be changed. */
  readonly value: Uint8Array | undefined;
}

export interface MemoryStoreOptions {
  /** Bytes of one value at most. Default 4,000, as in an ESP32's NVS. */
  readonly maximumLength?: number;
  /** Bytes of all keys and values at most, as {@link sizeOf} counts them. Default: no bound. */
  readonly capacity?: number;
  /** Bytes that a key and its value take up. Default: those of both, and nothing besides. */
  readonly sizeOf?: (key: string, length: number) => number;
  /** What is in it from the start; copied. */
  readonly entries?: Iterable<readonly [string, Uint8Array]>;
  /** Called before a change: what it throws leaves the old value. */
  readonly before?: (commit: Commit) => void;
  /** Called when the change is durable: what it throws leaves the new value. */
  readonly after?: (commit: Commit) => void;
}

export class MemoryStore implements KeyValue {
  readonly maximumLength: number;
  readonly #capacity: number;
  readonly #sizeOf: (key: string, length: number) => number;
  readonly #options: MemoryStoreOptions;
  readonly #values = new Map<string, Uint8Array>();
  #commits = 0;
  #used = 0;

  constructor(options: MemoryStoreOptions = {}) {
    this.#options = options;
    this.maximumLength = options.maximumLength ?? 4000;
    this.#capacity = options.capacity ?? Number.POSITIVE_INFINITY;
    this.#sizeOf = options.sizeOf ?? ((key, length) => key.length + length);
    for (const [key, value] of options.entries ?? []) this.#put(key, value.slice());
  }

  /** Writes and deletes that were begun: what wears flash. */
  get commits(): number {
    return this.#commits;
  }

  /** Bytes taken up. */
  get used(): number {
    return this.#used;
  }

  read(key: string): Uint8Array | undefined {
    checkKey(key);
    return this.#values.get(key)?.slice();
  }

  write(key: string, value: Uint8Array): void {
    checkKey(key);
    checkLength(key, value.length, this.maximumLength);
    const used = this.#used - this.#size(key) + this.#sizeOf(key, value.length);
    if (used > this.#capacity)
      throw new StorageFailure("full", `no room for "${key}": ${used} bytes in all, more than ${this.#capacity}`);
    const copy = value.slice();
    this.#commit(key, copy, () => this.#put(key, copy));
  }

  delete(key: string): void {
    checkKey(key);
    if (!this.#values.has(key)) return;
    this.#commit(key, undefined, () => {
      this.#used -= this.#size(key);
      this.#values.delete(key);
    });
  }

  keys(): string[] {
    return [...this.#values.keys()];
  }

  /** All that is in it, copied: to look at, or to begin another store with. */
  entries(): [string, Uint8Array][] {
    return [...this.#values].map(([key, value]) => [key, value.slice()]);
  }

  /** Gives a key the value that it had, or none. It is no commit. */
  restore(key: string, value: Uint8Array | undefined): void {
    if (value !== undefined) {
      this.#put(key, value);
      return;
    }
    this.#used -= this.#size(key);
    this.#values.delete(key);
  }

  #commit(key: string, value: Uint8Array | undefined, change: () => void): void {
    const commit: Commit = { number: ++this.#commits, key, value };
    this.#options.before?.(commit);
    change();
    this.#options.after?.(commit);
  }

  #put(key: string, value: Uint8Array): void {
    this.#used += this.#sizeOf(key, value.length) - this.#size(key);
    this.#values.set(key, value);
  }

  #size(key: string): number {
    const value = this.#values.get(key);
    return value === undefined ? 0 : this.#sizeOf(key, value.length);
  }
}
