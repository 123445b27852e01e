/** A wire of the loopback with a delay, which notes when a message first passes and when it is first acknowledged. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type Packet, parser } from "mqtt-packet";
import { type Side, TripMeter } from "./meter.js";

/** Milliseconds in each direction: long beside what programs take to answer, so that an answer is told from a next packet. */
const DELAY = 40;

/** One moment of the conversation. */
export interface Mark {
  /** From TCP's opening, all connections together, that of TCP itself not counted. */
  readonly roundTrips: number;
  /** Both directions. */
  readonly bytes: number;
  /** Connections opened by then. */
  readonly connections: number;
}

export interface Marks {
  /** The message has reached the broker. */
  readonly delivered: Mark;
  /** PUBACK has reached the client. */
  readonly acknowledged: Mark;
}

export interface Wire {
  readonly port: number;
  /** Resolves when both have happened. */
  readonly marks: Promise<Marks>;
  close(): Promise<void>;
}

/**
 * @param port where the broker listens on the loopback
 * @param at where the wire is to listen, 0 for anywhere
 */
export async function openWire(port: number, at: number): Promise<Wire> {
  const meter = new TripMeter();
  const sockets = new Set<Socket>();
  const found: { delivered?: Mark; acknowledged?: Mark } = {};
  let connections = 0;
  let finish: (marks: Marks) => void = () => {};
  const marks = new Promise<Marks>((resolve) => {
    finish = resolve;
  });

  const note = (packet: Packet, depth: number): void => {
    const { client, broker } = meter.bytes;
    const mark = { roundTrips: depth / 2, bytes: client + broker, connections };
    if (packet.cmd === "publish") found.delivered ??= mark;
    if (packet.cmd !== "puback") return;
    found.acknowledged ??= mark;
    const { delivered, acknowledged } = found;
    if (delivered !== undefined) finish({ delivered, acknowledged });
  };

  const join = (side: Side, from: Socket, to: Socket): void => {
    const reader = parser({ protocolVersion: 4 });
    let depth = 0;
    reader.on("packet", (packet) => note(packet, depth));
    reader.on("error", () => from.destroy());
    sockets.add(from);
    from.on("error", () => {});
    from.on("close", () => {
      sockets.delete(from);
      setTimeout(() => to.end(), DELAY);
    });
    from.on("data", (bytes) => {
      const sentAt = meter.sent(side, bytes.length);
      depth = sentAt;
      reader.parse(bytes);
      setTimeout(() => {
        to.write(bytes);
        meter.arrived(side, sentAt);
      }, DELAY);
    });
  };

  const server = createServer({ noDelay: true }, (client) => {
    connections++;
    const broker = connect({ port, host: "127.0.0.1", noDelay: true });
    join("client", client, broker);
    join("broker", broker, client);
  });
  server.listen(at, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    marks,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
