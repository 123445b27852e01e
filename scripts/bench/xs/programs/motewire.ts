/** Our client as a contender on XS. */

import type { QoS } from "../../../../src/mqtt/api.js";
import { Client } from "../../../../src/mqtt/client.js";
import { DeviceClock } from "../../../../src/platforms/moddable/clock.js";
import { tcpOpener } from "../../../../src/platforms/moddable/tcp.js";
import { type Contender, drive, ID, PAYLOAD, TOPIC } from "./drive.js";

export default function main(): void {
  drive((job): Contender => {
    const clock = new DeviceClock((error, where) => host.tell("error", String(error), where));
    const client = new Client({
      platform: {
        clock,
        openSocket: tcpOpener(clock, (error, where) => host.tell("error", String(error), where)),
        resolve: (_host, found) => void clock.setTimer(() => found(job.address), 0),
        random: Math.random,
      },
      host: job.address,
      port: job.port,
      id: ID,
      clean: true,
      keepAlive: 0,
      onConnected: () => job.connected(),
      onPublished: () => job.published(),
      onError: (error) => host.tell("error", error.message, error.code),
    });
    client.subscribe("to", { QoS: 2 }, (message) => job.received(message.payload.byteLength));
    client.open();
    return { publish: (level) => void client.publish(TOPIC, PAYLOAD, { QoS: level as QoS }) };
  });
}
