/** The broker that comes with the simulator: aedes, for this computer or for its network too, forgotten when it is stopped. */
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Aedes } from "aedes";
import type { Login } from "./lan.js";
import { EVERYBODY, HOST, listenFrom } from "./listen.js";
import { isToken } from "./token.js";

export interface EmbeddedBroker {
  readonly host: string;
  readonly port: number;
  /** It takes connections. */
  readonly running: boolean;
  /** Counts its starts: with each it has forgotten what it knew. */
  readonly starts: number;
  /** What it demands of everybody; undefined: nothing, and only this computer reaches it. */
  readonly login: Login | undefined;
  /** Takes a connection that came another way than by its port, WebSocket say. @param isTrusted needs no login */
  take(connection: Duplex, isTrusted?: boolean): void;
  /** Ends all connections, forgets all sessions and retained messages, and stops listening. May be called again. */
  close(): Promise<void>;
  /** Listens again at the same port. @throws Error when the port is taken by now */
  restart(): Promise<void>;
}

/** Aedes says on a `$SYS` topic that it is alive. Once a day will do; the timer breaks beyond 5e8 ms. */
const HEARTBEAT = 86_400_000;

/** Connections at once: what is more is somebody's mistake, or worse. */
const MOST_CONNECTIONS = 256;

/**
 * Starts one at the first port from `port` on that is free.
 * @param login demanded of everybody; then whoever reaches this computer can connect
 * @throws Error when a hundred are taken
 */
export async function startBroker(port = 1883, login?: Login): Promise<EmbeddedBroker> {
  const host = login === undefined ? HOST : EVERYBODY;
  const listen = (from: number, tries?: number) => (server: Server) =>
    listenFrom(server, from, "the embedded broker", "name a broker with --broker", tries, host);
  const first = await Running.start(listen(port), login);
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
    login,
    get running() {
      return running !== undefined;
    },
    get starts() {
      return starts;
    },
    take: (connection, isTrusted) =>
      running === undefined ? void connection.destroy() : running.take(connection, isTrusted),
    close: () =>
      then(async () => {
        const ending = running;
        running = undefined;
        await ending?.close();
      }),
    restart: () =>
      then(async () => {
        if (running !== undefined) return;
        running = await Running.start(listen(first.port, 1), login);
        starts++;
      }),
  };
}

/** A project of one's own brings it. */
async function aedes(): Promise<typeof import("aedes")> {
  try {
    return await import("aedes");
  } catch {
    throw new Error(
      "the embedded broker is aedes, which is not installed: npm install --save-dev aedes, or name a broker",
    );
  }
}

/** The broker from one start to its end. */
class Running {
  port = 0;
  readonly #aedes: Aedes;
  readonly #connections = new Set<Duplex>();
  /** Who need no login. */
  readonly #trusted = new WeakSet<object>();
  readonly #server: Server;

  private constructor(aedes: Aedes, login: Login | undefined) {
    keepOrder(aedes);
    if (login !== undefined) demand(aedes, login, this.#trusted);
    this.#aedes = aedes;
    this.#server = createServer((connection: Socket) => this.take(connection.setNoDelay(true)));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  static async start(listen: (server: Server) => Promise<number>, login: Login | undefined): Promise<Running> {
    const { Aedes } = await aedes();
    const running = new Running(await Aedes.createBroker({ heartbeatInterval: HEARTBEAT }), login);
    try {
      running.port = await listen(running.#server);
      return running;
    } catch (error) {
      await running.close();
      throw error;
    }
  }

  take(connection: Duplex, isTrusted = false): void {
    if (isTrusted) this.#trusted.add(connection);
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

/** Refuses whoever gives another user or password: return code 4 of CONNACK (section 3.2.2.3). */
function demand(aedes: Aedes, { user, password }: Login, trusted: WeakSet<object>): void {
  aedes.authenticate = ({ conn }, givenUser, givenPassword, done) => {
    const isRight = givenUser === user && isToken(givenPassword?.toString() ?? null, password);
    if (isRight || trusted.has(conn)) done(null, true);
    else done(Object.assign(new Error("bad user name or password"), { returnCode: BAD_LOGIN }), null);
  };
}

const BAD_LOGIN = 4;

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
