/**
 * A {@link KeyValue} in the browser's `localStorage`. Each change is written through at once, one character a byte, with a
 * checksum before it.
 *
 * What lasts: all of it when the tab is closed or crashes, because the browser itself has the values then. When the browser
 * crashes or power fails, the last seconds may be missing, because browsers write to the disk later and nothing can ask them
 * to do it at once. A page that needs more must not rely on a browser.
 */
import { checksum } from "../../mqtt/wire/checksum.js";
import type { KeyValue } from "../../platform.js";
import { checkKey, checkLength, isKey, StorageFailure } from "../storage-error.js";

export interface LocalStorageOptions {
  /** Default `localStorage`. `sessionStorage` forgets everything with its tab. */
  readonly storage?: Storage | undefined;
  /** Bytes of one value at most. Default 65,536. */
  readonly maximumLength?: number | undefined;
  /** Characters of all keys and values at most. Default 1,048,576: a browser has some 5 million for the whole site. */
  readonly capacity?: number | undefined;
}

/** Characters of the checksum before a value. */
const HEAD = 2;

export class LocalStorageStore implements KeyValue {
  readonly maximumLength: number;
  readonly #storage: Storage;
  readonly #capacity: number;
  readonly #prefix: string;
  #used = 0;
  /** Why it takes no more calls. */
  #closed: StorageFailure | undefined;

  /**
   * Opens the store of that name. No other tab may have it open: `openSession` sees to it.
   * @throws StorageError `failed` where the browser keeps nothing for this page
   */
  constructor(name: string, options: LocalStorageOptions = {}) {
    this.maximumLength = options.maximumLength ?? 65_536;
    this.#capacity = options.capacity ?? 1_048_576;
    this.#storage = options.storage ?? storageOf();
    this.#prefix = `motewire/${name}/`;
    for (const key of this.keys()) this.#used += this.#sizeOf(key);
  }

  /** @throws StorageError `damaged` where somebody has changed the value */
  read(key: string): Uint8Array | undefined {
    this.#check(key);
    const text = attempt(`cannot read "${key}"`, () => this.#storage.getItem(this.#prefix + key));
    return text === null ? undefined : decoded(key, text);
  }

  write(key: string, value: Uint8Array): void {
    this.#check(key);
    checkLength(key, value.length, this.maximumLength);
    const used = this.#used - this.#sizeOf(key) + key.length + HEAD + value.length;
    if (used > this.#capacity)
      throw new StorageFailure("full", `no room for "${key}": ${used} characters in all, more than ${this.#capacity}`);
    // The browser keeps the former value where it does not take the new one.
    attempt(`cannot write "${key}"`, () => this.#storage.setItem(this.#prefix + key, encoded(value)));
    this.#used = used;
  }

  delete(key: string): void {
    this.#check(key);
    const size = this.#sizeOf(key);
    attempt(`cannot delete "${key}"`, () => this.#storage.removeItem(this.#prefix + key));
    this.#used -= size;
  }

  keys(): string[] {
    this.#checkOpen();
    const prefix = this.#prefix;
    return attempt("cannot read the browser's storage", () =>
      Array.from({ length: this.#storage.length }, (_, index) => this.#storage.key(index) ?? "")
        .filter((name) => name.startsWith(prefix) && isKey(name.slice(prefix.length)))
        .map((name) => name.slice(prefix.length)),
    );
  }

  /** Takes no more calls: each throws. @param why a StorageError; default: that it is closed */
  close(why = new StorageFailure("misuse", "the store is closed")): void {
    this.#closed ??= why;
  }

  #sizeOf(key: string): number {
    const text = attempt(`cannot read "${key}"`, () => this.#storage.getItem(this.#prefix + key));
    return text === null ? 0 : key.length + text.length;
  }

  #check(key: string): void {
    this.#checkOpen();
    checkKey(key);
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw this.#closed;
  }
}

/** The storage of this page. @throws StorageError */
export function storageOf(): Storage {
  // The property itself throws where a person has forbidden it; a worker has none.
  const storage = attempt("the browser keeps nothing for this page", () => globalThis.localStorage);
  if (storage) return storage;
  throw new StorageFailure("failed", "there is no localStorage here: only a page has it, no worker");
}

function encoded(value: Uint8Array): string {
  const sum = checksum(value, 0, value.length);
  let text = String.fromCharCode(sum >> 8, sum & 0xff);
  for (const byte of value) text += String.fromCharCode(byte);
  return text;
}

function decoded(key: string, text: string): Uint8Array {
  const value = new Uint8Array(Math.max(0, text.length - HEAD));
  for (let at = 0; at < value.length; at++) value[at] = text.charCodeAt(HEAD + at);
  // What is no byte, or stands in the checksum, shows here.
  if (encoded(value) !== text) throw new StorageFailure("damaged", `the value of "${key}" is damaged`);
  return value;
}

/** Runs `work`; what it throws is thrown on as a StorageError that says what was attempted. */
export function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const full = isFull(error as Partial<DOMException>);
    const why = full ? "the browser has no more room for this site" : (error as Error).message;
    throw new StorageFailure(full ? "full" : "failed", `${what}: ${why}`, error);
  }
}

/** As the browsers call it, one of which does not keep to the standard. */
function isFull({ name }: Partial<DOMException>): boolean {
  return name === "QuotaExceededError" || name === "NS_ERROR_DOM_QUOTA_REACHED";
}
