/** A broker over loopback for one client at a time, in this process: answers at once. */
import { createServer, type Socket } from "node:net";
import { ScriptedBroker } from "../../budget/broker.js";

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
  const broker = new ScriptedBroker();
  let client: Socket | undefined;
  const flush = () => {
    const bytes = broker.take();
    if (bytes !== undefined) client?.write(bytes);
  };
  let QoS: 0 | 1 | 2 = 0;
  let left = 0;
  let sent = 0;
  /** With QoS 0 nothing is acknowledged: what one turn of the event loop sends is as many. */
  const more = () => {
    const room = QoS === 0 ? IN_FLIGHT : IN_FLIGHT - (sent - broker.acknowledged);
    const count = Math.min(left, Math.max(room, 0));
    for (let i = 0; i < count; i++) broker.publish("to", PAYLOAD, QoS);
    left -= count;
    if (QoS > 0) sent += count;
    flush();
    if (QoS === 0 && left > 0) setTimeout(more, 1);
  };
  const server = createServer((socket) => {
    client?.destroy();
    client = socket.setNoDelay(true);
    broker.connect();
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      broker.receive(bytes);
      if (QoS > 0 && left > 0) more();
      flush();
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
