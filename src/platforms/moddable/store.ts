/**
 * Small values that outlive power: ECMA-419's key-value storage, on ESP32 a namespace of NVS, which writes the new value
 * before it drops the old one and commits each write.
 */
import keyValue from "embedded:storage/key-value";
import { isMadeOf } from "../../mote/characters.js";
import type { KeyValue } from "../../platform.js";
import { DeviceStorageError } from "./storage-error.js";

const KEY_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789._-";

interface Domain {
  read(key: string): ArrayBuffer | undefined;
  write(key: string, value: ArrayBuffer | Uint8Array): void;
  delete(key: string): void;
  [Symbol.iterator](): IterableIterator<string>;
}

export class DeviceStore implements KeyValue {
  /** NVS could take more in one value; this is what every page of it surely has room for. */
  readonly maximumLength = 4000;
  readonly #domain: Domain;

  /**
   * @param name 1 to 15 characters
   * @throws StorageError `failed`
   */
  constructor(name: string) {
    try {
      this.#domain = keyValue.open({ path: name, format: "buffer" }) as unknown as Domain;
    } catch (error) {
      throw failure(`cannot open the storage "${name}"`, error);
    }
  }

  read(key: string): Uint8Array | undefined {
    check(key);
    try {
      const value = this.#domain.read(key);
      return value === undefined ? undefined : new Uint8Array(value);
    } catch (error) {
      throw failure(`cannot read "${key}"`, error);
    }
  }

  write(key: string, value: Uint8Array): void {
    check(key);
    if (value.byteLength > this.maximumLength) {
      throw new DeviceStorageError("misuse", `"${key}": ${value.byteLength} bytes, more than ${this.maximumLength}`);
    }
    try {
      this.#domain.write(key, value);
    } catch (error) {
      throw failure(`cannot write "${key}"`, error);
    }
  }

  delete(key: string): void {
    check(key);
    try {
      this.#domain.delete(key);
    } catch (error) {
      throw failure(`cannot delete "${key}"`, error);
    }
  }

  keys(): string[] {
    // NVS must not be changed while it is listed: so a list of its own.
    const keys: string[] = [];
    try {
      for (const key of this.#domain) keys.push(key);
    } catch (error) {
      throw failure("cannot list the keys", error);
    }
    return keys;
  }
}

function check(key: string): void {
  if (!isMadeOf(key, KEY_CHARACTERS, 15))
    throw new DeviceStorageError("misuse", `key "${key}" is not 1 to 15 of a-z 0-9 . _ -`);
}

/** ESP-IDF's name of the error is all that tells full from broken. */
function failure(what: string, error: unknown): DeviceStorageError {
  const { message } = error as Error;
  return new DeviceStorageError(message.includes("NOT_ENOUGH_SPACE") ? "full" : "failed", `${what}: ${message}`);
}
