/**
 * The simulated flash: a {@link KeyValue} that outlives power cuts as an ESP32's NVS does, that wears, fills up and fails,
 * and that loses power in the middle of an operation where it is told to.
 *
 * What a cut or a failure leaves behind is what the contract of KeyValue allows and no more: the old value or the new one.
 * Where it defers, a cut leaves so many of the changes since the last sync as is drawn, the first ones.
 */
import type { DeferredKeyValue, KeyValue } from "../../../src/platform.js";
import { StorageFailure } from "../../../src/platforms/storage-error.js";
import { type Commit, MemoryStore } from "./memory-store.js";
import { nvsSize } from "./nvs.js";

/** When power goes in an operation: nothing has changed yet, or all has. */
export type CutPhase = "before" | "after";

export interface FlashOptions {
  /** Bytes of the partition. Default: no bound. */
  readonly capacity?: number;
  /** Has a {@link KeyValue.deferred}, as a store in files has. Default: no, as NVS. */
  readonly defers?: boolean;
  /** An operation was done, or did not come about. */
  onCommit?(commit: Commit, outcome: "done" | "failed" | "cut", changed: boolean): void;
}

/** What a sync is called where operations are told. No key is. */
export const SYNC = "(sync)";

export class Flash implements KeyValue {
  readonly deferred: DeferredKeyValue | undefined;
  readonly #options: FlashOptions;
  readonly #store: MemoryStore;
  /** Whether the operation fails; asked once for each. */
  #failing: (() => boolean) | undefined;
  /** Whether the failing operations leave the new value. */
  #failChanged: () => boolean = () => false;
  /** The operation that is under way fails, and leaves the new value. */
  #failsAfter = false;
  #full = false;
  #cut: { left: number; readonly phase: CutPhase; power(): never } | undefined;
  #bytesWritten = 0;
  #syncs = 0;
  /** Changes that do not last yet: the keys, and the values before. */
  readonly #unsynced: (readonly [key: string, before: Uint8Array | undefined])[] = [];

  constructor(options: FlashOptions = {}) {
    this.#options = options;
    this.#store = new MemoryStore({
      ...(options.capacity !== undefined && { capacity: options.capacity }),
      sizeOf: nvsSize,
      before: (commit) => this.#before(commit),
      after: (commit) => this.#after(commit),
    });
    if (options.defers) this.deferred = this.#deferring();
  }

  #deferring(): DeferredKeyValue {
    const noting = (key: string): void => {
      this.#unsynced.push([key, this.#store.read(key)]);
    };
    return {
      maximumLength: this.maximumLength,
      read: (key) => this.read(key),
      keys: () => this.keys(),
      write: (key, value) => {
        noting(key);
        this.#write(key, value);
      },
      delete: (key) => {
        noting(key);
        this.#store.delete(key);
      },
      sync: () => this.#sync(),
    };
  }

  get maximumLength(): number {
    return this.#store.maximumLength;
  }

  /** Writes and deletes that were begun. */
  get commits(): number {
    return this.#store.commits;
  }

  /** As {@link commits}, and syncs that had something to do. */
  get operations(): number {
    return this.#store.commits + this.#syncs;
  }

  /** Bytes written, entries counted whole: with the partition's size this gives how often each sector was erased. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  get used(): number {
    return this.#store.used;
  }

  /** Times that each sector of a partition of `bytes` was erased by now, at even wear. NVS keeps one page in reserve. */
  erasures(bytes: number): number {
    return this.#bytesWritten / Math.max(4096, bytes - 4096);
  }

  /** The machine starts: what was left to it lasts, for whoever opens a store makes sure of it. */
  opened(): void {
    this.#unsynced.length = 0;
  }

  // ---- faults

  /** Power is gone. @param draw how many of so many changes that were not synced last all the same */
  losePower(draw: (most: number) => number): void {
    const left = draw(this.#unsynced.length);
    for (const [key, before] of this.#unsynced.splice(left).reverse()) this.#store.restore(key, before);
    this.opened();
  }

  /** Power goes in the `skip + 1`th operation from now on. @param power takes the power away; it throws */
  cutAt(skip: number, phase: CutPhase, power: () => never): () => void {
    const cut = { left: skip, phase, power };
    this.#cut = cut;
    return () => {
      if (this.#cut === cut) this.#cut = undefined;
    };
  }

  /** The next `count` operations fail. @param changed draws whether such a one leaves the new value */
  fail(count: number, changed: () => boolean): void {
    let left = count;
    this.failAt(() => left-- > 0, changed);
  }

  /** Operations fail from now on when `fails`, asked for each, says so. */
  failAt(fails: () => boolean, changed: () => boolean): void {
    this.#failing = fails;
    this.#failChanged = changed;
  }

  /** Writes are refused for want of room. */
  set full(full: boolean) {
    this.#full = full;
  }

  // ---- KeyValue

  read(key: string): Uint8Array | undefined {
    return this.#store.read(key);
  }

  write(key: string, value: Uint8Array): void {
    this.#write(key, value);
    this.opened();
  }

  delete(key: string): void {
    this.#store.delete(key);
    this.opened();
  }

  #write(key: string, value: Uint8Array): void {
    if (this.#full) throw new StorageFailure("full", `no room for "${key}": the partition is full`);
    this.#store.write(key, value);
  }

  #sync(): void {
    if (this.#unsynced.length === 0) return;
    this.#syncs++;
    const commit: Commit = { number: this.#store.commits, key: SYNC, value: undefined };
    this.#before(commit);
    this.opened();
    this.#after(commit);
  }

  keys(): string[] {
    return this.#store.keys();
  }

  /** All that is in it, copied. */
  entries(): [string, Uint8Array][] {
    return this.#store.entries();
  }

  #before(commit: Commit): void {
    this.#bytesWritten += commit.value === undefined ? 0 : nvsSize(commit.key, commit.value.length);
    const cut = this.#cut;
    if (cut?.phase === "before" && cut.left-- === 0) this.#loses(commit, false);
    this.#failsAfter = this.#failing?.() === true;
    if (this.#failsAfter && !this.#failChanged()) this.#fails(commit, false);
  }

  #after(commit: Commit): void {
    if (this.#failsAfter) this.#fails(commit, true);
    const cut = this.#cut;
    if (cut?.phase === "after" && cut.left-- === 0) this.#loses(commit, true);
    this.#options.onCommit?.(commit, "done", true);
  }

  #fails(commit: Commit, changed: boolean): never {
    this.#options.onCommit?.(commit, "failed", changed);
    throw new StorageFailure("failed", `the flash failed at "${commit.key}"`);
  }

  #loses(commit: Commit, changed: boolean): never {
    const { power } = this.#cut as { power(): never };
    this.#cut = undefined;
    this.#options.onCommit?.(commit, "cut", changed);
    return power();
  }
}
