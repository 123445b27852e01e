/** A {@link KeyValue} in the files of a directory: one file a key. */
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { KeyValue } from "../../src/platform.js";
import { checkKey, checkLength, isKey, StorageFailure } from "../core/storage-error.js";
import { lockDirectory } from "./directory-lock.js";

export interface FileStoreOptions {
  /** Bytes of one value at most. Default 4,000, as in a device's NVS. */
  readonly maximumLength?: number;
  /** Bytes of all keys and values at most, as {@link sizeOf} counts them. Default: as much as the disk takes. */
  readonly capacity?: number;
  /** Bytes that a key and its value take up. Default: those of both, and nothing besides. */
  readonly sizeOf?: (key: string, length: number) => number;
}

const PREFIX = "key-";
const VALUE = ".bin";
const TEMPORARY = ".tmp";

export class FileStore implements KeyValue {
  readonly maximumLength: number;
  readonly #capacity: number;
  readonly #directory: string;
  readonly #unlock: () => void;
  readonly #sizeOf: (key: string, length: number) => number;
  /** Bytes that each key takes up. */
  readonly #sizes = new Map<string, number>();
  #used = 0;
  #closed = false;

  /**
   * Opens the store in `directory`, which is made where it is missing. Until `close()`, or the end of this process
   * however it comes, no other store can be opened there.
   * @throws StorageError `failed`: the directory cannot be used, or is in use
   */
  constructor(directory: string, options: FileStoreOptions = {}) {
    this.#directory = directory;
    this.maximumLength = options.maximumLength ?? 4_000;
    this.#capacity = options.capacity ?? Number.POSITIVE_INFINITY;
    this.#sizeOf = options.sizeOf ?? ((key, length) => key.length + length);
    this.#unlock = attempt(`cannot open the store ${directory}`, () => lockDirectory(directory));
    try {
      attempt(`cannot open the store ${directory}`, () => this.#load());
    } catch (error) {
      this.#unlock();
      throw error;
    }
  }

  read(key: string): Uint8Array | undefined {
    this.#check(key);
    if (!this.#sizes.has(key)) return undefined;
    return attempt(`cannot read "${key}"`, () => new Uint8Array(readFileSync(this.#path(key, VALUE))));
  }

  write(key: string, value: Uint8Array): void {
    this.#check(key);
    checkLength(key, value.length, this.maximumLength);
    const size = this.#sizeOf(key, value.length);
    const used = this.#used - (this.#sizes.get(key) ?? 0) + size;
    if (used > this.#capacity)
      throw new StorageFailure("full", `no room for "${key}": ${used} bytes in all, more than ${this.#capacity}`);
    attempt(`cannot write "${key}"`, () => this.#replace(key, value));
    this.#sizes.set(key, size);
    this.#used = used;
  }

  delete(key: string): void {
    this.#check(key);
    const size = this.#sizes.get(key);
    if (size === undefined) return;
    attempt(`cannot delete "${key}"`, () => {
      rmSync(this.#path(key, VALUE), { force: true });
      this.#syncDirectory();
    });
    this.#sizes.delete(key);
    this.#used -= size;
  }

  keys(): string[] {
    return [...this.#sizes.keys()];
  }

  /** Lets others open the directory. The store cannot be used any more. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unlock();
  }

  #load(): void {
    for (const name of readdirSync(this.#directory)) {
      if (!name.startsWith(PREFIX)) continue;
      const path = join(this.#directory, name);
      if (name.endsWith(TEMPORARY)) {
        // A write that did not come to its end: the key has its old value.
        rmSync(path, { force: true });
      } else if (name.endsWith(VALUE)) {
        const key = name.slice(PREFIX.length, -VALUE.length);
        if (!isKey(key)) continue;
        const size = this.#sizeOf(key, statSync(path).size);
        this.#sizes.set(key, size);
        this.#used += size;
      }
    }
  }

  #replace(key: string, value: Uint8Array): void {
    const temporary = this.#path(key, TEMPORARY);
    try {
      // `flush`: on the disk before it gets its name, or a power cut could leave the name without the bytes.
      writeFileSync(temporary, value, { flush: true });
      renameSync(temporary, this.#path(key, VALUE));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    this.#syncDirectory();
  }

  /** Makes names last: those of files renamed and deleted. Windows keeps them by itself and refuses. */
  #syncDirectory(): void {
    if (process.platform === "win32") return;
    const directory = openSync(this.#directory, "r");
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }

  #path(key: string, ending: string): string {
    return join(this.#directory, `${PREFIX}${key}${ending}`);
  }

  #check(key: string): void {
    if (this.#closed) throw new StorageFailure("misuse", `the store ${this.#directory} is closed`);
    checkKey(key);
  }
}

/** Runs `work`; what it throws is thrown on as a StorageError that says what was attempted. */
function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const full = code === "ENOSPC" || code === "EDQUOT";
    throw new StorageFailure(full ? "full" : "failed", `${what}: ${full ? "the disk is full" : message}`, error);
  }
}
