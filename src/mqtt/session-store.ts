/**
 * The session's form in a key-value store: one key a thing, so that every change is one atomic write.
 *
 * - `s`                  who the session is with, the counter's reservation, the subscriptions; JSON
 * - `o<token, base 36>`  an accepted message, as the packet to be sent next for it
 * - `i<id, base 36>`     an incoming QoS 2 message: state, token, flags, topic, payload
 * - `x…`                 a value of one of these keys that could not be used, set aside
 *
 * Every value ends in a checksum: what was damaged, or written by something else, is recognised. Other keys are left alone.
 */
import type { KeyValue } from "../platform.js";
import { type MqttError, resource } from "./errors.js";

const CHECKSUM_LENGTH = 2;
const ASIDE = "x";

export class SessionStore {
  readonly #store: KeyValue;
  /** What could not be used, or not be kept, to be reported. */
  readonly damage: MqttError[] = [];
  /** Called when something has been deleted: what was refused before may be taken now. */
  onDeleted: (() => void) | undefined;

  constructor(store: KeyValue) {
    this.#store = store;
  }

  /** Bytes that one value can have at most. */
  get maximumLength(): number {
    return this.#store.maximumLength - CHECKSUM_LENGTH;
  }

  /** The keys there are; none, and that in {@link damage}, when the store does not say. */
  keys(): string[] {
    try {
      return this.#store.keys();
    } catch (error) {
      this.damage.push(resource("store-damaged", `the store does not say what it holds: ${describe(error)}`, error));
      return [];
    }
  }

  /**
   * Has `use` read a value. One that is damaged, or that `use` throws at, is set aside and reported in {@link damage}.
   * @returns what `use` returns; undefined when there is no such value, or none of use
   */
  read<T>(key: string, use: (value: Uint8Array) => T): T | undefined {
    let value: Uint8Array | undefined;
    try {
      value = this.#store.read(key);
      if (value === undefined) return undefined;
      const length = value.byteLength - CHECKSUM_LENGTH;
      if (
        length < 0 ||
        checksum(value, length) !== (((value[length] as number) << 8) | (value[length + 1] as number))
      ) {
        throw new Error("its checksum is wrong");
      }
      return use(value.subarray(0, length));
    } catch (error) {
      this.damage.push(resource("store-damaged", `the stored value "${key}" was set aside: ${describe(error)}`, error));
      if (value !== undefined) this.#setAside(key, value);
      return undefined;
    }
  }

  #setAside(key: string, value: Uint8Array): void {
    try {
      this.#store.write(ASIDE + key, value);
    } catch {
      // There is no room to keep what is of no use.
    }
    try {
      this.#store.delete(key);
    } catch {
      // It will be found, and set aside, again.
    }
  }

  /** @throws MqttError of kind `resource`: `store-full` or `store-failed` */
  write(key: string, value: Uint8Array): void {
    const { byteLength } = value;
    const sealed = new Uint8Array(byteLength + CHECKSUM_LENGTH);
    sealed.set(value);
    const sum = checksum(value, byteLength);
    sealed[byteLength] = sum >> 8;
    sealed[byteLength + 1] = sum & 0xff;
    try {
      this.#store.write(key, sealed);
    } catch (error) {
      const full = (error as { storage?: string }).storage === "full";
      throw resource(full ? "store-full" : "store-failed", `the store refused a write: ${describe(error)}`, error);
    }
  }

  /** @throws MqttError of kind `resource`: `store-failed` */
  delete(key: string): void {
    try {
      this.#store.delete(key);
    } catch (error) {
      throw resource("store-failed", `the store refused a delete: ${describe(error)}`, error);
    }
    this.onDeleted?.();
  }
}

/** CRC-16/CCITT by half bytes: finds every error of up to 16 bits in a row, an erased byte among them. */
const CRC: readonly number[] = Object.freeze([
  0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7, 0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad,
  0xe1ce, 0xf1ef,
]);

function checksum(bytes: Uint8Array, length: number): number {
  // A start and an end of their own, so that neither nothing, nor zeros, nor a value with zeros behind it passes.
  let crc = 0x1d0f;
  for (let index = 0; index < length; index++) {
    const byte = bytes[index] as number;
    crc = ((crc << 4) & 0xffff) ^ (CRC[(crc >> 12) ^ (byte >> 4)] as number);
    crc = ((crc << 4) & 0xffff) ^ (CRC[(crc >> 12) ^ (byte & 0x0f)] as number);
  }
  return crc ^ 0xffff;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
