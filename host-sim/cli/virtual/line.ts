/** The line of a device in virtual time, which asks for its bytes, to a broker in this process. */
import type { Accept, PeerCallbacks } from "../../core/network/link.js";

export class Line {
  /** Bytes that the device has sent, and those that came for it. */
  sent = 0;
  received = 0;
  private readonly accept: Accept;
  private far: PeerCallbacks | undefined;
  private waiting: Uint8Array[] = [];
  private isCut = false;
  private connections = 0;

  constructor(accept: Accept) {
    this.accept = accept;
  }

  get open(): boolean {
    return this.far !== undefined;
  }

  /** @returns whether the connection is accepted */
  connect(): boolean {
    this.close();
    this.waiting = [];
    if (this.isCut) return false;
    const end = () => {
      this.far = undefined;
    };
    this.far = this.accept({
      connection: ++this.connections,
      push: (bytes) => void this.waiting.push(bytes.slice()),
      close: end,
      reset: end,
      // It takes whatever comes.
      pause() {},
      resume() {},
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
    this.sent += bytes.length;
    this.far?.onBytes(bytes);
  }

  /** The bytes that are due, undefined when there are none. */
  take(): Buffer | undefined {
    if (this.waiting.length === 0) return undefined;
    const bytes = Buffer.concat(this.waiting.splice(0));
    this.received += bytes.length;
    return bytes;
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
