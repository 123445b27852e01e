/**
 * A relay that takes its time. On the loopback a hand-shake lasts a millisecond or two, and a process that is killed at a
 * random moment would hardly ever be in the middle of one.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

const HOST = "127.0.0.1";

export class SlowLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * @param port of the broker, on the loopback
   * @param latency milliseconds that each byte is under way, in either direction
   */
  static async start(port: number, latency: number): Promise<SlowLink> {
    const server = createServer({ noDelay: true });
    const link = new SlowLink(server);
    server.on("connection", (socket) => {
      const broker = connect({ host: HOST, port, noDelay: true });
      link.#carry(socket, broker, latency);
      link.#carry(broker, socket, latency);
    });
    server.listen(0, HOST);
    await once(server, "listening");
    return link;
  }

  get url(): string {
    return `mqtt://${HOST}:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Timers of one length fire in the order they were set, so bytes keep theirs, and the end comes behind them. */
  #carry(from: Socket, to: Socket, latency: number): void {
    this.#sockets.add(from);
    from.on("data", (bytes) => setTimeout(() => to.writable && to.write(bytes), latency));
    // The other end is told of every end, also of a process's that was killed.
    from.on("error", () => from.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      setTimeout(() => to.destroySoon(), latency);
    });
  }
}
