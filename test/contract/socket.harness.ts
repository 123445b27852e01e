/** Peers for the socket contract: in memory, and on the loopback interface. */

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket as NodeSocket, type Server } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { Accept } from "../../host-sim/core/network/link.js";
import { Network, type StationOptions } from "../../host-sim/core/network/network.js";
import { overWebSocket } from "../../host-sim/core/network/websocket.js";
import type { VirtualClock } from "../../host-sim/core/world/clock.js";
import { RandomStream } from "../../host-sim/core/world/random.js";
import type { OpenSocket, Random } from "../../src/platform.js";
import { nodejsClock } from "../../src/platforms/nodejs/clock.js";
import { websocketOpener } from "../../src/transports/websocket/opener.js";
import { clockAtTheWrap, untilReal, untilVirtual } from "./contract.js";
import { bootOf } from "./harness.js";
import type { Peer, SocketHarness } from "./socket.recorder.js";

/** In front of who takes connections in memory. */
type Front = (accept: Accept) => Accept;
type Change = (openSocket: OpenSocket, clock: VirtualClock) => OpenSocket;

export function memoryPeers(
  options: StationOptions,
  change: Change = (openSocket) => openSocket,
  front: Front = (accept) => accept,
): SocketHarness {
  const clock = clockAtTheWrap();
  const network = new Network({ clock });
  const peers: Peer[] = [];
  const accept: Accept = (link) => {
    const parts: Uint8Array[] = [];
    const peer = {
      ended: false,
      count: 0,
      received: () => Uint8Array.from(Buffer.concat(parts)),
      push: (bytes: Uint8Array) => link.push(bytes),
      close: () => link.close(),
      reset: () => link.reset(),
    };
    peers.push(peer);
    return {
      onBytes: (bytes) => {
        parts.push(bytes);
        peer.count += bytes.length;
      },
      onClose: () => {
        peer.ended = true;
      },
    };
  };
  network.listen("192.0.2.1", 1883, front(accept));
  return {
    openSocket: change(network.station(options).openSocket, clock),
    address: "192.0.2.1",
    port: 1883,
    closedPort: 1884,
    peers,
    until: untilVirtual(clock),
  };
}

/** Over WebSocket. @param chance by which the server cuts what it sends */
export function webSocketPeers(options: StationOptions, chance?: Random): SocketHarness {
  return memoryPeers(
    options,
    (openSocket, clock) => websocketOpener({ openSocket, clock, random: new RandomStream("masks").random }),
    (accept) => overWebSocket(accept, chance),
  );
}

/** As a program sees its sockets on a machine that can be restarted. */
export function bootPeers(options: StationOptions): SocketHarness {
  return memoryPeers(options, (openSocket, clock) => bootOf({ clock, openSocket }).platform.openSocket);
}

/** A harness without the sockets. */
export type FarEnd = Omit<SocketHarness, "openSocket">;

export async function loopbackPeers(openSocket: OpenSocket): Promise<SocketHarness> {
  return { ...(await loopbackEnd()), openSocket };
}

export async function loopbackEnd(): Promise<FarEnd> {
  const connections = new Set<NodeSocket>();
  const peers: Peer[] = [];
  const server = createServer({ allowHalfOpen: false }, (connection) => {
    connections.add(connection);
    connection.on("close", () => connections.delete(connection));
    peers.push(loopbackPeer(connection));
  });
  const port = await listen(server);
  const closed = createServer();
  const closedPort = await listen(closed);
  closed.close();
  await once(closed, "close");
  return {
    address: "127.0.0.1",
    port,
    closedPort,
    peers,
    until: untilReal,
    async dispose() {
      for (const connection of connections) connection.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Over WebSocket, with the package `ws` at the other end. @param beneath opens the TCP connection */
export async function wsPeers(beneath: OpenSocket): Promise<SocketHarness> {
  const openSocket = websocketOpener({ openSocket: beneath, clock: nodejsClock, random: Math.random });
  return { ...(await wsEnd()), openSocket };
}

export async function wsEnd(): Promise<FarEnd> {
  const peers: Peer[] = [];
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "mqtt" });
  await once(server, "listening");
  server.on("connection", (socket, request) => peers.push(wsPeer(socket, request.socket)));
  const closed = createServer();
  const closedPort = await listen(closed);
  closed.close();
  await once(closed, "close");
  return {
    address: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    closedPort,
    peers,
    until: untilReal,
    async dispose() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

function wsPeer(socket: WebSocket, connection: NodeSocket): Peer {
  const parts: Buffer[] = [];
  const peer = {
    ended: false,
    count: 0,
    received: () => Uint8Array.from(Buffer.concat(parts)),
    push: (bytes: Uint8Array) => socket.send(bytes),
    close: () => socket.close(1000),
    reset: () => connection.resetAndDestroy(),
  };
  socket.on("message", (data: Buffer) => {
    parts.push(data);
    peer.count += data.length;
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    peer.ended = true;
  });
  return peer;
}

function loopbackPeer(connection: NodeSocket): Peer {
  const parts: Uint8Array[] = [];
  const peer = {
    ended: false,
    count: 0,
    received: () => Uint8Array.from(Buffer.concat(parts)),
    push: (bytes: Uint8Array) => connection.write(bytes),
    close: () => connection.end(),
    reset: () => connection.resetAndDestroy(),
  };
  connection.on("data", (bytes) => {
    parts.push(bytes);
    peer.count += bytes.length;
  });
  connection.on("end", () => {
    peer.ended = true;
  });
  connection.on("error", () => {
    peer.ended = true;
  });
  return peer;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
