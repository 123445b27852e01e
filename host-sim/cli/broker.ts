/** The broker that comes with the simulator: aedes on this computer's loopback, forgotten when it is stopped. */
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Aedes } from "aedes";
import { HOST, listenFrom } from "./listen.js";

export interface EmbeddedBroker {
  readonly host: string;
  readonly port: number;
  /** It takes connections. */
  readonly running: boolean;
  /** Counts its starts: with each it has forgotten what it knew. */
  readonly starts: number;
  /** Takes a connection that came another way than by its port, WebSocket say. */
  take(connection: Duplex): void;
  /** Ends all connections, forgets all sessions and retained messages, and stops listening. May be called again. */
  close(): Promise<void>;
  /** Listens again at the same port. @throws Error when the port is taken by now */
  restart(): Promise<void>;
}

/** Aedes says on a `$SYS` topic that it is alive. Once a day will do; the timer breaks beyond 5e8 ms. */
const HEARTBEAT = 86_400_000;

/**
 * Starts one at the first port from `port` on that is free.
 * @throws Error when a hundred are taken
 */
export async function startBroker(port = 1883): Promise<EmbeddedBroker> {
  const first = await Running.start((server) =>
    listenFrom(server, port, "the embedded broker", "name a broker with --broker"),
  );
  let running: Running | undefined = first;
  let starts = 1;
  /** One change after the other, however quickly they are asked for. */
  let last: Promise<void> = Promise.resolve();
  const then = (change: () => Promise<void>) => {
    last = last.catch(() => {}).then(change);
    return last;
  };
  return {
    host: HOST,
    port: first.port,
    get running() {
      return running !== undefined;
    },
    get starts() {
      return starts;
    },
    take: (connection) => (running === undefined ? void connection.destroy() : running.take(connection)),
    close: () =>
      then(async () => {
        const ending = running;
        running = undefined;
        await ending?.close();
      }),
    restart: () =>
      then(async () => {
        if (running !== undefined) return;
        running = await Running.start((server) => listenFrom(server, first.port, "the embedded broker", "", 1));
        starts++;
      }),
  };
}

/** The broker from one start to its end. */
class Running {
  port = 0;
  readonly #aedes: Aedes;
  readonly #connections = new Set<Duplex>();
  readonly #server: Server;

  private constructor(aedes: Aedes) {
    keepOrder(aedes);
    this.#aedes = aedes;
    this.#server = createServer((connection: Socket) => this.take(connection.setNoDelay(true)));
  }

  static async start(listen: (server: Server) => Promise<number>): Promise<Running> {
    const running = new Running(await Aedes.createBroker({ heartbeatInterval: HEARTBEAT }));
    try {
      running.port = await listen(running.#server);
      return running;
    } catch (error) {
      await running.close();
      throw error;
    }
  }

  take(connection: Duplex): void {
    this.#connections.add(connection);
    connection.on("error", () => {}).on("close", () => this.#connections.delete(connection));
    this.#aedes.handle(connection);
  }

  async close(): Promise<void> {
    this.#server.close();
    await new Promise<void>((closed) => this.#aedes.close(closed));
    // Aedes ends those that have said CONNECT.
    for (const connection of this.#connections) connection.destroy();
  }
}

/**
 * Aedes numbers messages, passes a retained one on later because it waits for the store, and takes it for a repeated one where
 * one with a higher number went before it: nobody gets it. The store in memory has done its work when it returns, so nobody waits.
 */
function keepOrder(aedes: Aedes): void {
  const { persistence } = aedes as unknown as { readonly persistence: object };
  const store = persistence as { storeRetained(packet: object): PromiseLike<void> };
  const storeRetained = store.storeRetained.bind(store);
  store.storeRetained = (packet) => {
    void storeRetained(packet);
    // biome-ignore lint/suspicious/noThenProperty: aedes calls it, and nobody awaits it.
    return { then: (done: () => void) => done() } as PromiseLike<void>;
  };
}
