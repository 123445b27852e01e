/** A broker over loopback for one client at a time, in this process: answers at once. */
import { createServer, type Socket } from "node:net";
import { AutoBroker } from "../../../test/support/auto-broker.js";

export interface Served {
  readonly port: number;
  /** Sends that many messages to the client. */
  send(QoS: number, count: number): void;
  close(): void;
}

/** Messages under way at once. */
const IN_FLIGHT = 16;
const PAYLOAD = "x".repeat(50);

export async function serve(): Promise<Served> {
  const broker = new AutoBroker();
  let acknowledged = 0;
  broker.onPacket = ({ cmd }) => {
    if (cmd === "puback" || cmd === "pubcomp") acknowledged++;
  };
  let client: Socket | undefined;
  let QoS: 0 | 1 | 2 = 0;
  let left = 0;
  let sent = 0;
  /** With QoS 0 nothing is acknowledged: what one turn of the event loop sends is as many. */
  const more = () => {
    const room = QoS === 0 ? IN_FLIGHT : IN_FLIGHT - (sent - acknowledged);
    const count = Math.min(left, Math.max(room, 0));
    client?.cork();
    for (let i = 0; i < count; i++) broker.publish("to", PAYLOAD, QoS);
    client?.uncork();
    left -= count;
    if (QoS > 0) sent += count;
    if (QoS === 0 && left > 0) setTimeout(more, 1);
  };
  const server = createServer((socket) => {
    client?.destroy();
    client = socket.setNoDelay(true);
    const far = broker.accept({ push: (bytes) => void socket.write(bytes), close: () => void socket.end() });
    socket.on("error", () => {});
    socket.on("close", () => far.onClose("closed"));
    socket.on("data", (bytes) => {
      socket.cork();
      far.onBytes(bytes);
      if (QoS > 0 && left > 0) more();
      socket.uncork();
    });
  });
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the broker has no port");
  return {
    port: address.port,
    send(level, count) {
      QoS = level as 0 | 1 | 2;
      left = count;
      more();
    },
    close() {
      client?.destroy();
      server.close();
    },
  };
}
