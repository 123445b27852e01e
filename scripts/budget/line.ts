/** The line of a device in virtual time, which asks for its bytes, to a broker in this process. */
import type { PeerCallbacks } from "../../host-sim/core/network/link.js";
import type { AutoBroker } from "../../test/support/auto-broker.js";

export class Line {
  readonly broker: AutoBroker;
  private far: PeerCallbacks | undefined;
  private waiting: Uint8Array[] = [];
  private isCut = false;

  constructor(broker: AutoBroker) {
    this.broker = broker;
  }

  get open(): boolean {
    return this.far !== undefined;
  }

  /** @returns whether the connection is accepted */
  connect(): boolean {
    this.close();
    this.waiting = [];
    if (this.isCut) return false;
    this.far = this.broker.accept({
      push: (bytes) => void this.waiting.push(bytes),
      close: () => {
        this.far = undefined;
      },
    });
    return true;
  }

  /** The device has ended the connection. */
  close(): void {
    const { far } = this;
    this.far = undefined;
    far?.onClose("closed");
  }

  send(bytes: Uint8Array): void {
    this.far?.onBytes(bytes);
  }

  /** The bytes that are due, undefined when there are none. */
  take(): Buffer | undefined {
    return this.waiting.length === 0 ? undefined : Buffer.concat(this.waiting.splice(0));
  }

  /** Nobody gets through until {@link mend}. */
  cut(): void {
    this.isCut = true;
    this.close();
  }

  mend(): void {
    this.isCut = false;
  }
}
