/** The simulator's broker model on a free port of the loopback, in real time, so that it can be held to the same contract. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Broker } from "../../host-sim/core/broker/broker.js";
import type { BrokerMessage } from "../../host-sim/core/broker/message.js";
import type { BrokerWatch } from "../../host-sim/core/broker/watch.js";
import type { Peer } from "../../host-sim/core/network/link.js";
import { RandomStream } from "../../host-sim/core/world/random.js";
import { nodejsClock } from "../../src/platforms/nodejs/clock.js";
import type { BrokerKind, BrokerOptions, LastingBroker } from "./broker.js";

const HOST = "127.0.0.1";

function kindThat(passesOn: "publish" | "release"): BrokerKind {
  return {
    name: `the broker model that passes QoS 2 on at ${passesOn === "publish" ? "PUBLISH" : "PUBREL"}`,
    manners: { forbiddenSubscription: undefined, forbiddenPublish: "acknowledged and dropped", passesOn },
    start: (options = {}) => startModel({ ...options, sessions: "forgets", passesOn }),
    startLasting: () => startModel({ sessions: "keeps", passesOn }),
  };
}

export const models: readonly BrokerKind[] = [kindThat("publish"), kindThat("release")];

/** What the model finds to reject fails the test: it closes the connection at it. */
const nobody: BrokerWatch = {
  connected() {},
  disconnected() {},
  packet() {},
  arrived() {},
  inFlight() {},
  disordered() {},
  refused() {},
  routed() {},
  acknowledged() {},
  sessionLost() {},
  dropped() {},
  rejected(id, rule, why) {
    throw new Error(`the broker model rejects what ${id} does: ${why} [${rule}]`);
  },
  willed() {},
  silent() {},
};

export interface ModelOptions extends BrokerOptions {
  readonly sessions: "keeps" | "forgets";
  readonly passesOn: "publish" | "release";
  /** Whether messages of a topic are passed on; those of others are acknowledged and dropped. */
  mayUse?(topic: string): boolean;
  /** Told of each message that a client has published and that is passed on. */
  onArrived?(message: BrokerMessage): void;
}

export async function startModel(options: ModelOptions): Promise<LastingBroker> {
  const broker = new ModelBroker(options);
  await broker.start();
  return broker;
}

class ModelBroker implements LastingBroker {
  readonly host = HOST;
  port = 0;
  readonly #broker: Broker;
  readonly #keeps: boolean;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor({ users, only, sessions, passesOn, mayUse, onArrived }: ModelOptions) {
    this.#keeps = sessions === "keeps";
    this.#broker = new Broker({
      clock: nodejsClock,
      random: new RandomStream("contract"),
      // As mosquitto has it with its bounds off: what is tested is the protocol.
      manners: {
        delay: [0, 0],
        window: 20,
        queue: 1_000_000,
        identifiers: "counted",
        maximumQoS: 2,
        refusing: false,
        mute: 0,
        passesOn,
        reading: [0, 0],
      },
      watch: { ...nobody, arrived: (_id, message, _duplicate, fresh) => void (fresh && onArrived?.(message)) },
      rules: {
        mayConnect: (user, password) =>
          users === undefined ||
          (user !== undefined && password !== undefined && users[user] === Buffer.from(password).toString()),
        mayUse: mayUse ?? ((topic) => only === undefined || topic.startsWith(`${only}/`)),
      },
    });
  }

  async start(): Promise<void> {
    this.#broker.publish("$SYS/broker/version", Buffer.from("model"), 0, true);
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    server.listen(this.port, HOST);
    await once(server, "listening");
    this.port = (server.address() as AddressInfo).port;
  }

  #accept(socket: Socket): void {
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    const peer: Peer = {
      connection: 1,
      push: (bytes) => void socket.write(bytes),
      close: () => void socket.end(),
      reset: () => void socket.resetAndDestroy(),
      pause: () => void socket.pause(),
      resume: () => void socket.resume(),
    };
    const callbacks = this.#broker.accept(peer);
    socket.on("data", (bytes: Buffer) => callbacks.onBytes(new Uint8Array(bytes)));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      callbacks.onClose("closed");
    });
  }

  async #end(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const ended = once(server, "close");
    server.close();
    this.#broker.crash(this.#keeps ? "kept" : "lost");
    for (const socket of this.#sockets) socket.destroy();
    await ended;
  }

  stop(): Promise<void> {
    return this.#end();
  }

  kill(): Promise<void> {
    return this.#end();
  }

  /** What it holds, it holds. */
  async saved(): Promise<void> {}

  remove(): Promise<void> {
    return this.#end();
  }
}
