/** A process that wakes, publishes one reading with QoS 1 and goes: what a sensor on a battery does. */
import { setTimeout as later } from "node:timers/promises";
import { Client } from "../../../src/mqtt/index.js";
import { FileStore, nodejsPlatform } from "../../../src/platforms/nodejs/index.js";

export interface Visit {
  readonly contender: "motewire, pipelining" | "motewire" | "mqtt.js";
  readonly port: number;
  readonly id: string;
  readonly clean: boolean;
  /** A folder for the session, of those who can keep one. */
  readonly store: string;
}

const HOST = "127.0.0.1";
const TOPIC = "motewire/porch/reading";
const READING = '{"temperature":21.4,"humidity":48.2,"t":1795392000}';
const KEEP_ALIVE = 60;

async function motewire({ contender, port, id, clean, store }: Visit): Promise<void> {
  await new Promise<void>((delivered) => {
    const client = new Client({
      platform: nodejsPlatform(),
      host: HOST,
      port,
      id,
      clean,
      pipelining: contender !== "motewire",
      ...(clean ? {} : { store: new FileStore(store) }),
      keepAlive: KEEP_ALIVE * 1000,
      onPublished: () => client.close(),
      onDisconnected: () => delivered(),
    });
    client.publish(TOPIC, READING, { QoS: 1 });
    client.open();
  });
}

async function mqttjs({ port, id, clean }: Visit): Promise<void> {
  const { connect } = await import("mqtt");
  const client = connect({
    host: HOST,
    port,
    protocolVersion: 4,
    clientId: id,
    clean,
    keepalive: KEEP_ALIVE,
    reconnectPeriod: 0,
  });
  await client.publishAsync(TOPIC, READING, { qos: 1 });
  await client.endAsync();
}

const visit = JSON.parse(process.argv[2] as string) as Visit;
await (visit.contender === "mqtt.js" ? mqttjs(visit) : motewire(visit));
process.send?.({ done: true });
await later(1);
process.disconnect();
