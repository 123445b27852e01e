/** Accepted messages in the session's store: under `o` and the token the packet, under `p` and the token a note of it. */

import { resource } from "./errors.js";
import { identifierFor } from "./inflight.js";
import type { SessionStore } from "./session-store.js";
import { identifierOf } from "./wire/encode.js";

export const OUTGOING_KEY = "o";
/** Beside a message's own value: one byte that says what has become of it. */
export const NOTE_KEY = "p";
/** It was parked, and never sent, whatever its place in the log. */
export const PARKED = 0;
/** It was parked, and may have been sent. */
export const PARKED_SENT = 1;
/** PUBREC has come for it: PUBREL is to be sent. */
export const PUBREC_CAME = 2;
const RADIX = 36;

export class OutgoingStore {
  private readonly store: SessionStore;
  /** The token of a message that was refused because its write failed, and may be stored all the same; or 0. */
  private refused = 0;

  constructor(store: SessionStore) {
    this.store = store;
  }

  /** The largest packet that can be stored, in bytes. */
  get maximumLength(): number {
    return this.store.maximumLength;
  }

  /** A copy of a message's packet; undefined when there is none, or none of use, which is reported. */
  read(token: number): Uint8Array | undefined {
    if (token === this.refused) return undefined;
    return this.store.read(OUTGOING_KEY + token.toString(RADIX), (packet) => {
      if (identifierOf(packet) !== identifierFor(token)) throw new Error("it is not the packet of its key");
      return packet;
    });
  }

  /**
   * Stores a message that is about to be accepted. A write that fails may have been done all the same: as the message is then
   * refused, it is deleted before the next one is stored, so that it is not sent after the next start.
   * @throws MqttError of kind `resource`
   */
  accept(token: number, packet: Uint8Array): void {
    const byteLength = packet.byteLength;
    const most = this.maximumLength;
    if (byteLength > most) {
      throw resource("message-too-large", `the message takes ${byteLength} bytes and the store ${most}: use a source`);
    }
    this.store.reserve();
    if (this.refused > 0) {
      this.delete(this.refused);
      this.refused = 0;
    }
    try {
      this.store.add(OUTGOING_KEY + token.toString(RADIX), packet);
      this.store.sync();
    } catch (error) {
      this.refused = token;
      throw error;
    }
  }

  /** @throws MqttError of kind `resource` */
  write(token: number, packet: Uint8Array): void {
    this.store.write(OUTGOING_KEY + token.toString(RADIX), packet);
  }

  /** @throws MqttError of kind `resource` */
  delete(token: number): void {
    this.store.delete(OUTGOING_KEY + token.toString(RADIX));
  }

  /** Notes what has become of a message. @throws MqttError of kind `resource` */
  mark(token: number, note: number): void {
    this.store.write(NOTE_KEY + token.toString(RADIX), Uint8Array.of(note));
  }

  /** What was noted of a message; undefined when that cannot be read, which is reported. */
  note(token: number): number | undefined {
    return this.store.read(NOTE_KEY + token.toString(RADIX), (value) => value[0]);
  }

  /** @throws MqttError of kind `resource` */
  unmark(token: number): void {
    this.store.delete(NOTE_KEY + token.toString(RADIX));
  }
}
