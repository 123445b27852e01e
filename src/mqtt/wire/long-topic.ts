/**
 * A PUBLISH whose topic the receive buffer cannot hold: whoever may publish can send one, so it must not end the connection.
 * It is read past in pieces, held to the rules of section 3.3, and told from another by its checksum.
 */

import { violation } from "../errors.js";
import { checksum } from "./checksum.js";
import { Utf8Check } from "./utf8.js";

/** Bytes of a topic that it is named by where it cannot be used. */
export const NAMED = 64;

const PLUS = 0x2b;
const HASH = 0x23;

export class LongTopic {
  /** Bytes of the whole topic. */
  readonly length: number;
  /** Bytes of the packet that are still to come. */
  left: number;
  /** The checksum of topic, identifier and payload, as far as they have come. */
  print: number;
  id = 0;
  private readonly check = new Utf8Check();
  private readonly start = new Uint8Array(NAMED);
  /** Bytes in {@link start}. */
  private kept = 0;
  /** Bytes of the topic, and of the identifier, that are still to come. */
  private topicLeft: number;
  private idLeft: number;
  private wildcard = false;

  /**
   * @param print the checksum of the bytes before the topic's first
   * @param left bytes from there to the packet's end
   */
  constructor(length: number, left: number, hasId: boolean, print: number) {
    this.length = this.topicLeft = length;
    this.left = left;
    this.idLeft = hasId ? 2 : 0;
    this.print = print;
  }

  /** The topic's first bytes. A view. */
  get known(): Uint8Array {
    return this.start.subarray(0, this.kept);
  }

  /** Takes the bytes that have come, up to the packet's end. @returns where that is @throws MqttError of kind `peer` */
  take(bytes: Uint8Array, start: number, end: number): number {
    const stop = Math.min(end, start + this.left);
    let at = start;
    if (this.topicLeft > 0) {
      at = Math.min(stop, start + this.topicLeft);
      this.takeTopic(bytes, start, at);
    }
    for (; this.idLeft > 0 && at < stop; at++) {
      this.id = (this.id << 8) | (bytes[at] as number);
      if (--this.idLeft === 0 && this.id === 0) throw violation("MQTT-2.3.1-1", "PUBLISH with packet identifier 0");
    }
    this.print = checksum(bytes, start, stop, this.print);
    this.left -= stop - start;
    return stop;
  }

  private takeTopic(bytes: Uint8Array, start: number, end: number): void {
    const bad = this.check.check(bytes, start, end);
    for (let at = start; at < bad; at++) {
      const byte = bytes[at] as number;
      if (byte === PLUS || byte === HASH) this.wildcard = true;
      if (this.kept < NAMED) this.start[this.kept++] = byte;
    }
    this.topicLeft -= end - start;
    if (bad < end || (this.topicLeft === 0 && this.check.follow > 0)) {
      if (bytes[bad] === 0 && this.check.follow === 0) throw violation("MQTT-1.5.3-2", "a string holds U+0000");
      throw violation("MQTT-1.5.3-1", "a string is not well-formed UTF-8");
    }
    // Behind what is wrong with its characters, as where the topic is here whole.
    if (this.topicLeft === 0 && this.wildcard) throw violation("MQTT-3.3.2-2", "PUBLISH to a topic with a wildcard");
  }
}
