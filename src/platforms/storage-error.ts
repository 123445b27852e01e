/** The errors and the key rule that every {@link KeyValue} of the simulator shares. */
import type { StorageError } from "../platform.js";

export class StorageFailure extends Error implements StorageError {
  readonly storage: StorageError["storage"];
  /** What was thrown by someone else and led to this. */
  override readonly cause: unknown;

  constructor(storage: StorageError["storage"], message: string, cause?: unknown) {
    super(message);
    this.name = "StorageError";
    this.storage = storage;
    this.cause = cause;
  }
}

const KEY = /^[a-z0-9._-]{1,15}$/;

export function isKey(key: string): boolean {
  return KEY.test(key);
}

/** @throws StorageFailure `misuse` */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new StorageFailure("misuse", `"${key}" is no key: 1 to 15 characters of a-z 0-9 . _ -`);
}

/** @throws StorageFailure `misuse` */
export function checkLength(key: string, length: number, maximumLength: number): void {
  if (length > maximumLength)
    throw new StorageFailure("misuse", `"${key}": ${length} bytes, more than ${maximumLength}`);
}
