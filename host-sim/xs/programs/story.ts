/**
 * The client alone, on the firmware's own adapters: does what the parent says and tells what happens. For stories with a
 * real broker, and for measuring.
 *
 * Commands: `open`, `publish <QoS> <count> <bytes>` (to `story/<QoS>`, the number first in each payload), `measure <label>`,
 * `close` (and then the program ends).
 */

import type { Report } from "../../../src/mote/errors.js";
import type { QoS } from "../../../src/mqtt/api.js";
import { Client } from "../../../src/mqtt/client.js";
import { DeviceClock } from "../../../src/platforms/moddable/clock.js";
import { DeviceStore } from "../../../src/platforms/moddable/store.js";
import { tcpOpener } from "../../../src/platforms/moddable/tcp.js";

interface Broker {
  readonly address: string;
  readonly port: number;
}

const report: Report = (error, where) => host.tell("error", String(error), where);

export default function main(): void {
  const { address, port }: Broker = JSON.parse(host.ask("broker") as string);
  const clock = new DeviceClock(report);
  const client = new Client({
    platform: {
      clock,
      openSocket: tcpOpener(clock, report),
      resolve: (_host, found) => void clock.setTimer(() => found(address), 0),
      random: Math.random,
    },
    host: address,
    port,
    id: "story",
    store: new DeviceStore("session"),
    onConnected: (sessionPresent) => host.tell("connected", sessionPresent),
    onDisconnected: (error) => host.tell("disconnected", error?.message),
    onPublished: (token, outcome) => host.tell("published", token, outcome),
    onSubscribed: (filter, granted) => host.tell("subscribed", filter, granted),
    onError: (error) => host.tell("error", error.message, error.code),
  });
  client.subscribe("story/#", { QoS: 2 }, ({ topic, payload, QoS, offset }) => {
    if (offset === 0) host.tell("received", topic, String.fromArrayBuffer(payload.slice(0, 8).buffer).trim(), QoS);
  });
  let sent = 0;
  host.listen((name, text) => {
    if (name === "open") client.open();
    else if (name === "measure") host.measure(text);
    else if (name === "close") client.close();
    else if (name === "publish") {
      const [level = 0, count = 0, bytes = 0] = text.split(" ").map(Number);
      for (let i = 0; i < count; i++) {
        const payload = `${++sent}`.padEnd(bytes);
        host.tell("accepted", client.publish(`story/${level}`, payload, { QoS: level as QoS }), `${sent}`, level);
      }
    }
    if (name === "close") host.exit(0);
  });
}
