/** A stored session for one tab: two tabs with one session would lose each other's messages. */
import type { KeyValue } from "../../platform.js";
import { quoted } from "../quoted.js";
import { StorageFailure } from "../storage-error.js";
import { browserClock } from "./clock.js";
import { type LocalStorageOptions, LocalStorageStore, storageOf } from "./local-storage-store.js";
import { type Lock, lockOf } from "./lock.js";

export interface SessionOptions extends LocalStorageOptions {
  /** How many tabs may have a session of their own: `panel`, `panel-2`, `panel-3` … The first free one is taken. Default 1. */
  readonly tabs?: number | undefined;
  /**
   * Another tab has taken the session, and its store takes no more calls: close the client. It happens only where the browser
   * has no locks of its own (a page that comes neither by https nor from this computer), to a tab that was frozen for longer
   * than 90 seconds.
   */
  readonly onLost?: (() => void) | undefined;
}

export interface BrowserSession {
  /** The name of the session: the client identifier, unless the page has another. */
  readonly id: string;
  /** For the client's option `store`. */
  readonly store: KeyValue;
  /** Lets another tab have the session, and resolves when it can. Close the client first. */
  close(): Promise<void>;
}

/** Another tab has the session, or each of them. */
export class SessionInUse extends Error {
  constructor(name: string, tabs: number) {
    const what = tabs === 1 ? `the session ${quoted(name)} is` : `all ${tabs} sessions ${quoted(name)} are`;
    super(`${what} open in another tab; close it, or give each tab its own by the option tabs`);
    this.name = "SessionInUse";
  }
}

/**
 * Opens the session of that name for this tab alone, and keeps it until the tab is closed.
 * @throws SessionInUse
 * @throws StorageError `failed` where the browser keeps nothing for this page
 */
export async function openSession(name: string, options: SessionOptions = {}): Promise<BrowserSession> {
  const { tabs = 1 } = options;
  if (typeof name !== "string" || name === "") throw new RangeError(`name is ${quoted(name)}: must be text, not empty`);
  if (!(Number.isInteger(tabs) && tabs >= 1)) throw new RangeError(`tabs is ${quoted(tabs)}: must be 1 or more`);
  for (let tab = 1; tab <= tabs; tab++) {
    const session = await take(tab === 1 ? name : `${name}-${tab}`, options);
    if (session !== undefined) return session;
  }
  throw new SessionInUse(name, tabs);
}

async function take(id: string, options: SessionOptions): Promise<BrowserSession | undefined> {
  const { storage = storageOf(), onLost } = options;
  let store: LocalStorageStore | undefined;
  const lock = await lockOf(id, storage, browserClock, () => {
    store?.close(new StorageFailure("failed", `another tab has taken the session ${quoted(id)}`));
    // The client may be in the middle of a write.
    if (onLost !== undefined) browserClock.setTimer(onLost, 0);
  });
  if (lock === undefined) return undefined;
  try {
    store = new LockedStore(lock, id, { ...options, storage });
  } catch (error) {
    await lock.release();
    throw error;
  }
  const opened = store;
  return {
    id,
    store: opened,
    close() {
      opened.close();
      return lock.release();
    },
  };
}

/** Looks at the lock before each change: a tab that was frozen does not know yet that it has lost it. */
class LockedStore extends LocalStorageStore {
  readonly #lock: Lock;

  constructor(lock: Lock, id: string, options: LocalStorageOptions) {
    super(id, options);
    this.#lock = lock;
  }

  override write(key: string, value: Uint8Array): void {
    this.#lock.isHeld();
    super.write(key, value);
  }

  override delete(key: string): void {
    this.#lock.isHeld();
    super.delete(key);
  }
}
