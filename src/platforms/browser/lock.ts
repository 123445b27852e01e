/**
 * One tab at a time. The browser's own locks (Web Locks) end with the tab that has them, however it ends. A page that did not
 * come by https or from this computer has none: there a record in the storage says who has the name and is renewed while that
 * tab lives.
 */
import type { Clock } from "../../platform.js";
import { attempt } from "./local-storage-store.js";

/** Milliseconds between two renewals. A hidden page may come to it once a minute only. */
const BEAT = 10_000;

/** Milliseconds after which a record that nobody has renewed counts for nothing. */
export const EXPIRES = 90_000;

/** Milliseconds for another tab, which has looked at the same time, to see our record or we to see its. */
const SETTLE = 300;

export interface Lock {
  /** Whether the lock is still this tab's. Where it is not, `onLost` was called before this returns. */
  isHeld(): boolean;
  /** Resolves when another can have it. */
  release(): Promise<void>;
}

/** @returns undefined where another has it. @param onLost the lock was taken away; not called after `release` */
export function lockOf(name: string, storage: Storage, clock: Clock, onLost: () => void): Promise<Lock | undefined> {
  const { locks } = navigator as { locks?: LockManager };
  return locks === undefined ? new RecordLock(name, storage, clock, onLost).take() : browserLock(locks, name, onLost);
}

function browserLock(locks: LockManager, name: string, onLost: () => void): Promise<Lock | undefined> {
  return new Promise((found, failed) => {
    let isHeld = false;
    const hold = (lock: unknown) => {
      if (lock === null) return found(undefined);
      isHeld = true;
      return new Promise<void>((end) => {
        const release = () => {
          isHeld = false;
          end();
          return over;
        };
        found({ isHeld: () => isHeld, release });
      });
    };
    const over: Promise<void> = locks.request(`motewire/${name}`, { ifAvailable: true }, hold).catch((error) => {
      failed(error);
      if (!isHeld) return;
      // Another has stolen it.
      isHeld = false;
      onLost();
    });
  });
}

class RecordLock implements Lock {
  readonly #key: string;
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #onLost: () => void;
  /** Names this tab's attempt. */
  readonly #owner = String(Math.random()).slice(2);
  #isOver = false;
  readonly #leave = (event: PageTransitionEvent) => {
    // One that the browser keeps, to be shown again, may come back.
    if (!event.persisted) void this.release();
  };
  readonly #changed = ({ key }: StorageEvent) => {
    if (key === this.#key) this.isHeld();
  };

  constructor(name: string, storage: Storage, clock: Clock, onLost: () => void) {
    this.#key = `motewire-lock/${name}`;
    this.#storage = storage;
    this.#clock = clock;
    this.#onLost = onLost;
  }

  async take(): Promise<Lock | undefined> {
    const { owner, at } = this.#record;
    if (owner !== "" && Math.abs(Date.now() - at) < EXPIRES) return undefined;
    attempt("cannot note that this tab has the session", () => this.#renew());
    await new Promise<void>((done) => this.#clock.setTimer(done, SETTLE));
    if (this.#record.owner !== this.#owner) return undefined;
    addEventListener("pagehide", this.#leave);
    addEventListener("storage", this.#changed);
    this.#beat();
    return this;
  }

  isHeld(): boolean {
    if (this.#isOver) return false;
    const { owner } = this.#record;
    // A person may have cleared the storage: nobody else has it then.
    if (owner === this.#owner || owner === "") return true;
    this.#end();
    this.#onLost();
    return false;
  }

  async release(): Promise<void> {
    if (this.#isOver) return;
    this.#end();
    if (this.#record.owner === this.#owner) this.#storage.removeItem(this.#key);
  }

  #beat(): void {
    if (!this.isHeld()) return;
    try {
      this.#renew();
    } catch {
      // No room now; there may be some at the next.
    }
    this.#clock.setTimer(() => this.#beat(), BEAT);
  }

  #end(): void {
    this.#isOver = true;
    removeEventListener("pagehide", this.#leave);
    removeEventListener("storage", this.#changed);
  }

  #renew(): void {
    this.#storage.setItem(this.#key, `${this.#owner} ${Date.now()}`);
  }

  get #record(): { readonly owner: string; readonly at: number } {
    const [owner = "", at] = (this.#storage.getItem(this.#key) ?? "").split(" ");
    return { owner, at: Number(at) };
  }
}
