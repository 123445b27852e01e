/** When a broker sends its answers on one connection: in its own time, out of order, or never ({@link Manners}). */
import { PUBREC } from "../../../src/mqtt/wire/packet.js";
import type { Broker } from "./broker.js";

export class Answers {
  readonly #broker: Broker;
  /** When the last PUBREC is due that keeps the order. */
  #due = 0;
  /** A PUBREC that keeps the order was withheld, and with it all behind it. */
  #withheld = false;
  /** The connection has ended: nothing is sent any more. */
  ended = false;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#due = broker.clock.now();
  }

  /** Has `send` called in the broker's time, or never. */
  give(type: number, send: () => void): void {
    const { clock, manners } = this.#broker;
    const ordered = type === PUBREC && manners.passesOn === "release";
    if (!this.#may(type, ordered)) return;
    const now = clock.now();
    let delay = this.#broker.delay();
    if (ordered) {
      delay = Math.max(delay, (this.#due - now) | 0);
      this.#due = (now + delay) | 0;
    }
    // In order even behind one that is due at this very moment.
    if (delay === 0 && !ordered) send();
    else {
      clock.setTimer(() => {
        if (!this.ended && this.#may(type, ordered)) send();
      }, delay);
    }
  }

  #may(type: number, ordered: boolean): boolean {
    const muted = (this.#broker.manners.mute & (1 << type)) !== 0;
    if (ordered && muted) this.#withheld = true;
    return !muted && !(ordered && this.#withheld);
  }
}
