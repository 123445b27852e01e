/** A broker over loopback for one client at a time, in this process: answers at once. */
import { createServer, type Socket } from "node:net";
import { ScriptedBroker } from "../../budget/broker.js";

export interface Served {
  readonly port: number;
  /** Sends that many messages to the client. */
  send(QoS: number, count: number): void;
  close(): void;
}

const PAYLOAD = "x".repeat(50);

export async function serve(): Promise<Served> {
  const broker = new ScriptedBroker();
  let client: Socket | undefined;
  const flush = () => {
    const bytes = broker.take();
    if (bytes !== undefined) client?.write(bytes);
  };
  const server = createServer((socket) => {
    client?.destroy();
    client = socket.setNoDelay(true);
    broker.connect();
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      broker.receive(bytes);
      flush();
    });
  });
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the broker has no port");
  return {
    port: address.port,
    send(QoS, count) {
      for (let i = 0; i < count; i++) broker.publish("to", PAYLOAD, QoS as 0 | 1 | 2);
      flush();
    },
    close() {
      client?.destroy();
      server.close();
    },
  };
}
