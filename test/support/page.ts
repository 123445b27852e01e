/** The embedded broker and the page's server beside it, as `run` has them, on free ports. */
import { createWebSocketStream } from "ws";
import { type EmbeddedBroker, startBroker } from "../../host-sim/cli/broker.js";
import { type PageServer, type PageServerOptions, servePage } from "../../host-sim/cli/page-server.js";
import { newToken } from "../../host-sim/cli/token.js";
import { freePort } from "./ports.js";

export interface Served {
  readonly broker: EmbeddedBroker;
  readonly page: PageServer;
  readonly token: string;
  /** The broker's by TCP, and by WebSocket. */
  readonly url: string;
  readonly webSocketUrl: string;
  close(): Promise<void>;
}

/** @param options in place of the embedded broker's */
export async function startServed(options: Partial<PageServerOptions> = {}): Promise<Served> {
  const broker = await startBroker(await freePort());
  const token = newToken();
  const page = await servePage({
    port: await freePort(),
    token,
    mqtt: (socket) => broker.take(createWebSocketStream(socket)),
    mqttNeedsToken: false,
    control: (socket) => socket.close(),
    ...options,
  });
  const { host, port, path } = page.webSocket;
  return {
    broker,
    page,
    token,
    url: `mqtt://${broker.host}:${broker.port}`,
    webSocketUrl: `ws://${host}:${port}${path}`,
    close: async () => void (await Promise.all([page.close(), broker.close()])),
  };
}
