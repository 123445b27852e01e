/** The broker that comes with the simulator: aedes on this computer's loopback, forgotten when it is closed. */
import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";

export interface EmbeddedBroker {
  readonly host: string;
  readonly port: number;
  /** Ends all connections and stops listening. May be called again. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";

/** Aedes says on a `$SYS` topic that it is alive. Once a day will do; the timer breaks beyond 5e8 ms. */
const HEARTBEAT = 86_400_000;

/**
 * Starts one at the first port from `port` on that is free.
 * @throws Error when a hundred are taken
 */
export async function startBroker(port = 1883): Promise<EmbeddedBroker> {
  const aedes = await Aedes.createBroker({ heartbeatInterval: HEARTBEAT });
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on("close", () => connections.delete(connection));
    connection.setNoDelay(true);
    aedes.handle(connection);
  });
  const close = async (): Promise<void> => {
    server.close();
    await new Promise<void>((closed) => aedes.close(closed));
    // Aedes ends those that have said CONNECT.
    for (const connection of connections) connection.destroy();
  };
  for (let tried = port; tried < port + 100; tried++) {
    if (await listens(server, tried)) return { host: HOST, port: tried, close };
  }
  await close();
  throw new Error(`no free port for the embedded broker from ${port} to ${port + 99}; name one with --broker`);
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
