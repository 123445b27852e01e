/** A {@link KeyValue} in a directory: one log that is appended to, and its values in memory. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DeferredKeyValue, KeyValue } from "../../platform.js";
import { checkKey, checkLength, isKey, StorageFailure } from "../storage-error.js";
import { lockDirectory } from "./directory-lock.js";
import { isFull, LogFile, syncParents } from "./log-file.js";
import { DAMAGED, DELETE, type Operation, WRITE } from "./store-log.js";

export interface FileStoreOptions {
  /** Bytes of one value at most. Default 4,000, as in a device's NVS. */
  readonly maximumLength?: number;
  /** Bytes of all keys and values at most, as {@link sizeOf} counts them. Default: as much as the disk takes. */
  readonly capacity?: number;
  /** Bytes that a key and its value take up. Default: those of both, and nothing besides. */
  readonly sizeOf?: (key: string, length: number) => number;
}

/** Files of the former kind of store: one a key. */
const FORMER = /^key-(.*)\.(bin|tmp)$/;

export class FileStore implements KeyValue {
  readonly maximumLength: number;
  /** Many changes for the price of one: a `sync` is one fsync, whatever came before it. */
  readonly deferred: DeferredKeyValue;
  readonly #capacity: number;
  readonly #directory: string;
  readonly #unlock: () => void;
  readonly #sizeOf: (key: string, length: number) => number;
  /** Undefined for a value that is damaged. */
  readonly #values = new Map<string, Uint8Array | undefined>();
  readonly #log: LogFile;
  #used = 0;
  #closed = false;

  /**
   * Opens the store in `directory`, which is made where it is missing. Until `close()`, or the end of this process
   * however it comes, no other store can be opened there. One of the former kind, with a file for each key, is converted.
   * @throws StorageError `failed`: the directory cannot be used, or is in use
   */
  constructor(directory: string, options: FileStoreOptions = {}) {
    this.#directory = directory;
    this.maximumLength = options.maximumLength ?? 4_000;
    this.#capacity = options.capacity ?? Number.POSITIVE_INFINITY;
    this.#sizeOf = options.sizeOf ?? ((key, length) => key.length + length);
    this.#log = new LogFile(directory, () => this.#operations());
    this.deferred = {
      maximumLength: this.maximumLength,
      read: (key) => this.read(key),
      write: (key, value) => this.#write(key, value, false),
      delete: (key) => this.#delete(key, false),
      keys: () => this.keys(),
      sync: () => this.#sync(),
    };
    this.#unlock = attempt(`cannot open the store ${directory}`, () => lockDirectory(directory));
    try {
      attempt(`cannot open the store ${directory}`, () => this.#open());
    } catch (error) {
      this.#log.close();
      this.#unlock();
      throw error;
    }
  }

  /** @throws StorageError `damaged` where the disk has changed the value; the key has none until it is written or deleted */
  read(key: string): Uint8Array | undefined {
    this.#check(key);
    const value = this.#values.get(key);
    if (value === undefined && this.#values.has(key))
      throw new StorageFailure("damaged", `the value of "${key}" is damaged`);
    return value?.slice();
  }

  write(key: string, value: Uint8Array): void {
    this.#write(key, value, true);
  }

  delete(key: string): void {
    this.#delete(key, true);
  }

  keys(): string[] {
    return [...this.#values.keys()];
  }

  /** Lets others open the directory. The store cannot be used any more. May be called again. */
  close(): void {
    if (this.#closed) return;
    try {
      this.#sync();
    } catch {
      // Nobody was told that it is safe.
    }
    this.#closed = true;
    this.#log.close();
    this.#unlock();
  }

  #write(key: string, value: Uint8Array, isSafe: boolean): void {
    this.#check(key);
    checkLength(key, value.length, this.maximumLength);
    const used = this.#used - this.#sizeAt(key) + this.#sizeOf(key, value.length);
    if (used > this.#capacity)
      throw new StorageFailure("full", `no room for "${key}": ${used} bytes in all, more than ${this.#capacity}`);
    const copy = Uint8Array.from(value);
    attempt(`cannot write "${key}"`, () => this.#change({ kind: WRITE, key, value: copy }, isSafe));
  }

  #delete(key: string, isSafe: boolean): void {
    this.#check(key);
    if (!this.#values.has(key)) return;
    attempt(`cannot delete "${key}"`, () => this.#change({ kind: DELETE, key, value: undefined }, isSafe));
  }

  #change(operation: Operation, isSafe: boolean): void {
    this.#log.append(operation);
    if (isSafe) this.#makeSafe();
    this.#take(operation);
  }

  #sync(): void {
    if (this.#closed) throw new StorageFailure("misuse", `the store ${this.#directory} is closed`);
    attempt(`cannot make the store ${this.#directory} safe from a power cut`, () => this.#makeSafe());
  }

  #makeSafe(): void {
    if (this.#log.isSynced) return;
    this.#log.sync();
    this.#log.mark();
  }

  #take({ kind, key, value }: Operation): void {
    this.#used -= this.#sizeAt(key);
    if (kind === DELETE) this.#values.delete(key);
    else this.#values.set(key, value);
    this.#used += this.#sizeAt(key);
  }

  #sizeAt(key: string): number {
    return this.#values.has(key) ? this.#sizeOf(key, this.#values.get(key)?.length ?? 0) : 0;
  }

  *#operations(): Generator<Operation> {
    for (const [key, value] of this.#values) yield { kind: value === undefined ? DAMAGED : WRITE, key, value };
  }

  #open(): void {
    const names = readdirSync(this.#directory).filter((name) => isKey(FORMER.exec(name)?.[1] ?? ""));
    if (!this.#log.open((operation) => this.#take(operation))) {
      for (const name of names) this.#convert(name);
      this.#log.begin();
      syncParents(this.#directory);
    }
    // From here on the log has what was in them. Should power fail before they are gone, the log stands beside the rest.
    for (const name of names) rmSync(join(this.#directory, name), { force: true });
  }

  #convert(name: string): void {
    const [, key = "", ending] = FORMER.exec(name) ?? [];
    // A write that did not come to its end: the key has its old value.
    if (ending === "tmp") return;
    this.#take({ kind: WRITE, key, value: Uint8Array.from(readFileSync(join(this.#directory, name))) });
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
    const full = isFull(error);
    const why = full ? "the disk is full" : (error as Error).message;
    throw new StorageFailure(full ? "full" : "failed", `${what}: ${why}`, error);
  }
}
