/**
 * A bound on bytes that are held, which remembers what it has refused so that it can be offered room later.
 */
import { type MqttError, resource } from "./errors.js";

export class Bound {
  private readonly maximum: number;
  /** Bytes of the message that was refused last; -1 when none was. */
  private refused = -1;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** @param held bytes that are held already @param keepFree bytes that must stay free @throws MqttError of kind `resource` */
  check(byteLength: number, held: number, keepFree: number): void {
    if (byteLength > this.maximum) {
      throw resource(
        "message-too-large",
        `the message takes ${byteLength} bytes, more than maximumQueued (${this.maximum}): use a source`,
      );
    }
    if (held + byteLength + keepFree > this.maximum) {
      throw this.refuse(
        byteLength + keepFree,
        "queue-full",
        `${held} of ${this.maximum} bytes are taken by messages that wait`,
      );
    }
  }

  refuse(byteLength: number, code: string, why: string): MqttError {
    this.refused = byteLength;
    return resource(code, why);
  }

  /** The store has refused, though the bound would not have: something of what is `held` must leave first. */
  refusedByStore(held: number): void {
    this.refused = this.maximum - held + 1;
  }

  /** Whether what was refused would be taken now. Says so once. */
  offers(held: number): boolean {
    if (this.refused < 0 || held + this.refused > this.maximum) return false;
    this.refused = -1;
    return true;
  }
}
