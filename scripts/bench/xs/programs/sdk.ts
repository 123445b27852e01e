/** The SDK's ECMA-419 client as a contender on XS. Its source is compiled from MODDABLE; nothing of it is kept here. */
import MQTTClient from "embedded:network/mqtt/client";
import { type Contender, drive, ID, PAYLOAD, TOPIC } from "./drive.js";

/** Operations of control messages, as the client numbers them. */
const CONNACK = 2;
const PUBACK = 4;
const PUBCOMP = 7;
const SUBSCRIBE = 8;

export default function main(): void {
  drive((job): Contender => {
    class Resolver {
      resolve({ host: name, onResolved }: { host: string; onResolved(name: string, address: string): void }): void {
        host.setTimer(() => onResolved(name, name), 0);
      }
    }
    const payload = ArrayBuffer.fromString(PAYLOAD);
    let waiting = 0;
    const client = new MQTTClient({
      host: job.address,
      port: job.port,
      id: ID,
      clean: true,
      dns: { io: Resolver },
      socket: { io: host.TCP },
      onReadable(count: number) {
        job.received((client.read(count) as ArrayBuffer).byteLength);
      },
      onWritable() {
        const count = waiting;
        waiting = 0;
        for (let i = 0; i < count; i++) job.published();
      },
      onControl({ operation }: { operation: number }) {
        if (operation === CONNACK) {
          client.write(null, { operation: SUBSCRIBE, items: [{ topic: "to", QoS: 2 }] });
          job.connected();
        } else if (operation === PUBACK || operation === PUBCOMP) job.published();
      },
      onError: () => host.tell("error", "the SDK's client has failed", "sdk"),
    });
    return {
      publish(level) {
        client.write(payload, { topic: TOPIC, QoS: level });
        if (level > 0) return;
        // With QoS 0 it is handed over when the socket has room again, which `onWritable` says.
        waiting++;
      },
    };
  });
}
