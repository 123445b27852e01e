/** The broker that comes with the simulator: aedes on this computer's loopback, forgotten when it is closed. */
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { createWebSocketStream, WebSocketServer } from "ws";
import { mayTalk } from "./origin.js";

export interface EmbeddedBroker {
  readonly host: string;
  readonly port: number;
  /** Where it listens for WebSocket, for pages from this computer only. */
  readonly webSocket: { readonly host: string; readonly port: number; readonly path: string };
  /** Ends all connections and stops listening. May be called again. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";

/** Aedes says on a `$SYS` topic that it is alive. Once a day will do; the timer breaks beyond 5e8 ms. */
const HEARTBEAT = 86_400_000;

/** The first port that is tried for WebSocket: mosquitto's documentation has it. */
const WEB_SOCKET_PORT = 9001;
const PATH = "/mqtt";
/** Bytes of a frame at most: `ws` holds each whole. */
const LARGEST_FRAME = 1_048_576;
/** Ports that are tried, one after the other. */
const TRIES = 100;

/**
 * Starts one at the first ports from `port` and `webSocketPort` on that are free.
 * @throws Error when a hundred are taken
 */
export async function startBroker(port = 1883, webSocketPort = WEB_SOCKET_PORT): Promise<EmbeddedBroker> {
  const aedes = await Aedes.createBroker({ heartbeatInterval: HEARTBEAT });
  keepOrder(aedes);
  const connections = new Set<Socket>();
  const keep = (connection: Socket) => {
    connections.add(connection);
    connection.on("close", () => connections.delete(connection));
    connection.setNoDelay(true);
  };
  const server = createServer((connection) => {
    keep(connection);
    aedes.handle(connection);
  });
  const http = createHttpServer((_request, response) => {
    response.writeHead(426, { "Content-Type": "text/plain" }).end(`MQTT over WebSocket is spoken here, at ${PATH}\n`);
  });
  http.on("connection", keep);
  const webSockets = new WebSocketServer({
    noServer: true,
    path: PATH,
    maxPayload: LARGEST_FRAME,
    handleProtocols: (offered) => (offered.has("mqtt") ? "mqtt" : false),
    verifyClient: ({ req }: { req: IncomingMessage }) => mayTalk(req.headers),
  });
  http.on("upgrade", (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (opened) => webSockets.emit("connection", opened));
  });
  webSockets.on("connection", (socket) => {
    // One that asked for another subprotocol has got none, and no MQTT either [MQTT-6.0.0-3].
    if (socket.protocol !== "mqtt") socket.close(1002, "the subprotocol must be mqtt");
    else aedes.handle(createWebSocketStream(socket).on("error", () => {}));
  });
  const close = async (): Promise<void> => {
    server.close();
    http.close();
    await new Promise<void>((closed) => aedes.close(closed));
    // Aedes ends those that have said CONNECT.
    for (const connection of connections) connection.destroy();
  };
  try {
    return {
      host: HOST,
      port: await listenFrom(server, port),
      webSocket: { host: HOST, port: await listenFrom(http, webSocketPort), path: PATH },
      close,
    };
  } catch (error) {
    await close();
    throw error;
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

async function listenFrom(server: Server, port: number): Promise<number> {
  for (let tried = port; tried < port + TRIES; tried++) if (await listens(server, tried)) return tried;
  const last = port + TRIES - 1;
  throw new Error(`no free port for the embedded broker from ${port} to ${last}; name a broker with --broker`);
}

/** @returns false when the port is taken, or not for this user */
function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((settle, fail) => {
    const onError = (error: NodeJS.ErrnoException) => {
      server.off("listening", onListening);
      if (error.code === "EADDRINUSE" || error.code === "EACCES") settle(false);
      else fail(error);
    };
    const onListening = () => {
      server.off("error", onError);
      settle(true);
    };
    server.once("error", onError).once("listening", onListening).listen(port, HOST);
  });
}
