/**
 * The session's form in a key-value store: one key a thing, so that every change is one atomic write.
 *
 * - `s`                  who the session is with, the counter's reservation, the subscriptions; JSON
 * - `c`                  there while what `s` says of the broker's session holds
 * - `o<token, base 36>`  an accepted message, as PUBLISH; in format 2, PUBREL once PUBREC had come
 * - `p<token, base 36>`  beside a message, one byte: it was parked and never sent (0), may have been sent (1), PUBREC has come (2)
 * - `i<id, base 36>`     an incoming QoS 2 message: state, token, print, flags, topic, payload
 * - `r`                  nothing: room for changes of what is stored already
 * - `x…`                 a value of one of these keys that could not be used, set aside
 *
 * Every value ends in a checksum: what was damaged, or written by something else, is recognised. Other keys are left alone.
 */
import type { DeferredKeyValue, KeyValue } from "../platform.js";
import { type MqttError, resource } from "./errors.js";
import { checksum } from "./wire/checksum.js";
import { uint16At } from "./wire/packet.js";

const CHECKSUM_LENGTH = 2;
const ASIDE = "x";
/**
 * Room that nothing accepted newly may take: without it a store full of messages could not note what an incoming message or an
 * acknowledgement asks for, and none of them would ever leave.
 */
const RESERVE_KEY = "r";
const RESERVE = 224;

export class SessionStore {
  private readonly store: KeyValue;
  /** The store, where what is changed lasts only after {@link sync}. */
  private readonly deferred: DeferredKeyValue | undefined;
  /** What could not be used, or not be kept, to be reported. */
  readonly damage: MqttError[] = [];
  /** {@link RESERVE_KEY} is stored. */
  private hasReserve = false;
  /** Called when something has been deleted: what was refused before may be taken now. */
  onDeleted: (() => void) | undefined;

  constructor(store: KeyValue) {
    this.deferred = store.deferred;
    this.store = this.deferred ?? store;
  }

  /** Whether changes last only after {@link sync}. */
  get defers(): boolean {
    return this.deferred !== undefined;
  }

  /** Has all that was changed outlast a loss of power. @throws MqttError of kind `resource` */
  sync(): void {
    try {
      this.deferred?.sync();
    } catch (error) {
      throw refusal("a sync", error);
    }
  }

  /** Bytes that one value can have at most. */
  get maximumLength(): number {
    return this.store.maximumLength - CHECKSUM_LENGTH;
  }

  /** The keys there are; none, and that in {@link damage}, when the store does not say. */
  keys(): string[] {
    try {
      const keys = this.store.keys();
      this.hasReserve = keys.includes(RESERVE_KEY);
      return keys;
    } catch (error) {
      this.damage.push(failure("store-damaged", "the store does not say what it holds", error));
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
      value = this.store.read(key);
      if (value === undefined) return undefined;
      const length = value.byteLength - CHECKSUM_LENGTH;
      if (length < 0 || checksum(value, 0, length) !== uint16At(value, length)) {
        throw new Error("its checksum is wrong");
      }
      return use(value.subarray(0, length));
    } catch (error) {
      this.damage.push(failure("store-damaged", `the stored value "${key}" was set aside`, error));
      if (value !== undefined || (error as { storage?: string }).storage === "damaged") this.setAside(key, value);
      return undefined;
    }
  }

  private setAside(key: string, value: Uint8Array | undefined): void {
    try {
      if (value !== undefined) this.store.write(ASIDE + key, value);
    } catch {
      // There is no room to keep what is of no use.
    }
    try {
      this.store.delete(key);
    } catch {
      // It will be found, and set aside, again.
    }
  }

  /** Keeps room, before something new is accepted. @throws MqttError of kind `resource` */
  reserve(): void {
    if (!this.hasReserve) this.add(RESERVE_KEY, new Uint8Array(Math.min(RESERVE, this.maximumLength)));
    this.hasReserve = true;
  }

  /** Where there is no other room, takes what is kept. @throws MqttError of kind `resource`: `store-full` or `store-failed` */
  write(key: string, value: Uint8Array): void {
    try {
      this.add(key, value);
    } catch (error) {
      if (!this.hasReserve || (error as MqttError).code !== "store-full") throw error;
      this.hasReserve = false;
      this.delete(RESERVE_KEY);
      this.add(key, value);
    }
  }

  /** Stores something new, for which nothing is kept. @throws MqttError of kind `resource` */
  add(key: string, value: Uint8Array): void {
    const byteLength = value.byteLength;
    const sealed = new Uint8Array(byteLength + CHECKSUM_LENGTH);
    sealed.set(value);
    const sum = checksum(value, 0, byteLength);
    sealed[byteLength] = sum >> 8;
    sealed[byteLength + 1] = sum & 0xff;
    try {
      this.store.write(key, sealed);
    } catch (error) {
      throw refusal("a write", error);
    }
  }

  /** @throws MqttError of kind `resource`: `store-failed` */
  delete(key: string): void {
    try {
      this.store.delete(key);
    } catch (error) {
      throw failure("store-failed", "the store refused a delete", error);
    }
    this.onDeleted?.();
  }
}

function refusal(what: string, error: unknown): MqttError {
  const full = (error as { storage?: string }).storage === "full";
  return failure(full ? "store-full" : "store-failed", `the store refused ${what}`, error);
}

/** What the store, or a value in it, has come to, and why. */
function failure(code: string, what: string, error: unknown): MqttError {
  return resource(code, `${what}: ${error instanceof Error ? error.message : String(error)}`, error);
}
