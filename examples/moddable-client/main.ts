/**
 * The MQTT client in a Moddable project of your own: says hello, and traces what others say.
 *
 *     mcconfig -d -m -p esp32 ssid=… password=… mqtt_host=192.168.1.2
 *
 * The SDK joins the Wi-Fi `ssid` before main is called. The host may be a name.
 */

import config from "mc/config";
import { Client } from "mqtt/index";
import { DeviceClock } from "platforms/moddable/clock";
import { resolver } from "platforms/moddable/resolve";
import { tcpOpener } from "platforms/moddable/tcp";

export default function main(): void {
  const report = (error: unknown, where: string) => trace(`${where}: ${error}\n`);
  const clock = new DeviceClock(report);
  const client = new Client({
    platform: { clock, resolve: resolver(clock, report), openSocket: tcpOpener(clock, report), random: Math.random },
    host: config.mqtt_host,
    id: "moddable-example",
    clean: true,
    onConnected: () => client.publish("motewire-example/hello", "hello from Moddable", { QoS: 1 }),
    onDisconnected: (error) => trace(`disconnected: ${error?.message}\n`),
  });
  client.subscribe("motewire-example/#", { QoS: 1 }, ({ topic, payload }) => {
    trace(`${topic}: ${String.fromArrayBuffer(payload.slice().buffer)}\n`);
  });
  client.open();
}
