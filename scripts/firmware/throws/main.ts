/** The node on a platform that throws wherever it may: its light, a sensor, a timer, and a handler of messages. */

import { Mote } from "mote/mote";
import { Client } from "mqtt/client";
import { boot } from "platforms/moddable/boot";

function thrower(what: string): () => never {
  return () => {
    throw new Error(`thrown by ${what}`);
  };
}

export default function main(): void {
  boot(({ platform, ...options }) => {
    const { clock, resolve, openSocket, machine } = platform;
    const led = { show: thrower("the light") };
    const sensors = [...platform.sensors, { id: "broken", units: {}, sample: thrower("a sensor"), close() {} }];
    new Mote({ ...platform, led, sensors }, options).start();
    const client = new Client({
      platform: { clock, resolve, openSocket, random: machine.random },
      host: options.broker.host,
      port: options.broker.port,
      id: "throws",
      clean: true,
      onSubscribed: thrower("a callback"),
      onError: (error) => options.journal.error(error, `client ${String((error.cause as Error)?.message)}`),
    });
    client.subscribe("throws/+", { QoS: 2 }, (message) => {
      if (message.topic === "throws/now") throw new Error("thrown by a handler");
      client.publish("answer", message.payload.slice(), { QoS: 1 });
    });
    client.open();
    clock.setTimer(thrower("a timer"), 100);
  });
}
