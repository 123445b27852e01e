/** The WebSocket of the package `ws`, which is in a browser's place. */
import { WebSocket as WsWebSocket } from "ws";

export class PageWebSocket extends WsWebSocket {
  written = 0;

  override send(bytes: Uint8Array): void {
    this.written += bytes.length;
    setImmediate(() => {
      this.written -= bytes.length;
    });
    super.send(bytes);
  }
}

const waiting = Object.getOwnPropertyDescriptor(WsWebSocket.prototype, "bufferedAmount")?.get as () => number;

// As in a browser: what was written has not left before the code that wrote it has returned.
Object.defineProperty(PageWebSocket.prototype, "bufferedAmount", {
  get(this: PageWebSocket) {
    return Math.max(this.written, waiting.call(this));
  },
});
