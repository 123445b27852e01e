/** A store in a Map, that a test can fill up, break and look into. */
import type { KeyValue, StorageError } from "../../src/platform.js";

export class MapStore implements KeyValue {
  readonly values = new Map<string, Uint8Array>();
  readonly maximumLength: number;
  /** Asked before each change: what it returns is thrown. */
  refuse: ((key: string, value: Uint8Array | undefined) => StorageError["storage"] | undefined) | undefined;
  writes = 0;

  constructor(maximumLength = 4000) {
    this.maximumLength = maximumLength;
  }

  read(key: string): Uint8Array | undefined {
    return this.values.get(key)?.slice();
  }

  write(key: string, value: Uint8Array): void {
    if (!/^[a-z0-9._-]{1,15}$/.test(key)) throw storageError("misuse", `key "${key}"`);
    if (value.byteLength > this.maximumLength) throw storageError("misuse", `${value.byteLength} bytes`);
    this.#ask(key, value);
    this.writes++;
    this.values.set(key, value.slice());
  }

  delete(key: string): void {
    this.#ask(key, undefined);
    this.values.delete(key);
  }

  keys(): string[] {
    return [...this.values.keys()];
  }

  /** What is there now, as another store: what a device would find after a loss of power at this moment. */
  copy(): MapStore {
    const copy = new MapStore(this.maximumLength);
    for (const [key, value] of this.values) copy.values.set(key, value.slice());
    return copy;
  }

  #ask(key: string, value: Uint8Array | undefined): void {
    const storage = this.refuse?.(key, value);
    if (storage !== undefined) throw storageError(storage, `${value === undefined ? "delete" : "write"} of "${key}"`);
  }
}

function storageError(storage: StorageError["storage"], what: string): StorageError {
  return Object.assign(new Error(`${storage}: ${what}`), { storage });
}
