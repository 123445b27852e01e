/** aedes on a free port of the loopback, with the users and rules a test asks for. It keeps nothing over a restart. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { Aedes, type AuthenticateError } from "aedes";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { BrokerOptions, RunningBroker } from "./broker.js";

const HOST = "127.0.0.1";
/** Once a day: the broker has nothing to say by itself. */
const HEARTBEAT = 86_400_000;
const BAD_USER_NAME_OR_PASSWORD = 4;

/** @param overWebSocket it listens for WebSocket as well */
export async function startAedes(options: BrokerOptions = {}, overWebSocket = false): Promise<RunningBroker> {
  const broker = new AedesBroker(options, overWebSocket);
  await broker.start();
  return broker;
}

class AedesBroker implements RunningBroker {
  readonly host = HOST;
  port = 0;
  webSocketPort: number | undefined;
  readonly #options: BrokerOptions;
  readonly #overWebSocket: boolean;
  #webSockets: WebSocketServer | undefined;
  #aedes: Aedes | undefined;
  #server: Server | undefined;

  constructor(options: BrokerOptions, overWebSocket: boolean) {
    this.#options = options;
    this.#overWebSocket = overWebSocket;
  }

  async start(): Promise<void> {
    const { users, only } = this.#options;
    const forbidden = (topic: string) => only !== undefined && !topic.startsWith(`${only}/`);
    const aedes = await Aedes.createBroker({
      heartbeatInterval: HEARTBEAT,
      authenticate: (_client, user, password, done) => {
        if (users === undefined || (user !== undefined && users[user] === password?.toString())) done(null, true);
        else
          done(Object.assign(new Error("no"), { returnCode: BAD_USER_NAME_OR_PASSWORD }) as AuthenticateError, false);
      },
      authorizePublish: (_client, { topic }, done) => done(forbidden(topic) ? new Error("forbidden") : null),
      authorizeSubscribe: (_client, subscription, done) =>
        done(null, forbidden(subscription.topic) ? null : subscription),
    });
    const server = createServer((connection) => {
      connection.setNoDelay(true);
      aedes.handle(connection);
    });
    this.#aedes = aedes;
    this.#server = server;
    server.listen(this.port, HOST);
    await once(server, "listening");
    this.port = (server.address() as AddressInfo).port;
    if (!this.#overWebSocket) return;
    const options = { port: this.webSocketPort ?? 0, host: HOST, handleProtocols: () => "mqtt" };
    this.#webSockets = new WebSocketServer(options);
    this.#webSockets.on("connection", (socket) => aedes.handle(createWebSocketStream(socket)));
    await once(this.#webSockets, "listening");
    this.webSocketPort = (this.#webSockets.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const [aedes, server] = [this.#aedes, this.#server];
    this.#aedes = this.#server = undefined;
    if (aedes === undefined || server === undefined) return;
    const ended = once(server, "close");
    server.close();
    this.#webSockets?.close();
    await new Promise<void>((done) => aedes.close(done));
    for (const socket of this.#webSockets?.clients ?? []) socket.terminate();
    await ended;
  }

  remove(): Promise<void> {
    return this.stop();
  }
}
