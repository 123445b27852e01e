/** MQTT from a page to somebody else's broker, whose password the page has not. */
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { tunnel } from "../../../host-sim/cli/tunnel.js";
import { describeWith } from "../../support/describe-with.js";
import { Mosquitto } from "../../support/mosquitto.js";
import { startServed } from "../../support/page.js";
import { freePort } from "../../support/ports.js";

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

const LOGIN = { user: "lab", password: "s3cret" };

async function tunnelTo(broker: Parameters<typeof tunnel>[1]) {
  const served = await startServed({ mqtt: (socket) => tunnel(socket, broker), mqttNeedsToken: true });
  cleanUp.push(() => served.close());
  return { ...served, url: `${served.webSocketUrl}?token=${served.token}` };
}

function page(url: string, options: IClientOptions = {}): MqttClient {
  const client = connect(url, { reconnectPeriod: 0, protocolVersion: 4, ...options });
  cleanUp.push(() => client.endAsync(true));
  client.on("error", () => {});
  return client;
}

/** How a WebSocket ends that has sent these bytes. */
function ended(url: string, bytes: Uint8Array | undefined): Promise<[code: number, reason: string]> {
  const socket = new WebSocket(url, "mqtt");
  cleanUp.push(() => socket.terminate());
  socket.on("error", () => {});
  socket.on("open", () => bytes !== undefined && socket.send(bytes));
  return new Promise((settle) => socket.on("close", (code, reason) => settle([code, String(reason)])));
}

describeWith("mosquitto", "the tunnel", () => {
  async function guarded() {
    const mosquitto = await Mosquitto.start({ users: { [LOGIN.user]: LOGIN.password }, webSocket: true });
    cleanUp.push(() => mosquitto.remove());
    return mosquitto;
  }

  test.each([
    ["TCP", false],
    ["WebSocket", true],
  ])("logs in at a broker behind %s, for a page that has no password", async (_, isWebSocket) => {
    const mosquitto = await guarded();
    const { host, port, webSocketPort = 0 } = mosquitto;
    const { url } = await tunnelTo(
      isWebSocket ? { host, port: webSocketPort, path: "/mqtt", ...LOGIN } : { host, port, ...LOGIN },
    );
    const [one, other] = [page(url), page(url)];
    const heard = new Promise((settle) => one.on("message", (topic, payload) => settle(`${topic} ${payload}`)));
    await one.subscribeAsync("a/#", { qos: 1 });
    await other.publishAsync("a/b", "x".repeat(100_000), { qos: 1 });
    expect(await heard).toBe(`a/b ${"x".repeat(100_000)}`);
  });

  test("puts its own login in the place of one that a page gives, and keeps its last will", async () => {
    const mosquitto = await guarded();
    const { url } = await tunnelTo({ host: mosquitto.host, port: mosquitto.port, ...LOGIN });
    const will = { topic: "gone", payload: Buffer.from("bye"), qos: 1, retain: false } as const;
    const leaving = page(url, { username: "somebody", password: "else", will });
    await new Promise<void>((settle) => leaving.on("connect", () => settle()));
    const staying = page(url);
    const heard = new Promise((settle) => staying.on("message", (topic, payload) => settle(`${topic} ${payload}`)));
    await staying.subscribeAsync("gone", { qos: 1 });
    leaving.stream.destroy();
    expect(await heard).toBe("gone bye");
  });

  test("is closed to who has no token, and at a broker that is not there says so", async () => {
    const served = await tunnelTo({ host: "127.0.0.1", port: await freePort(), ...LOGIN });
    expect(await ended(served.webSocketUrl, undefined)).toEqual([1006, ""]);
    const connectPacket = Uint8Array.of(0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x61);
    expect(await ended(served.url, connectPacket)).toEqual([1011, "the broker cannot be reached: ECONNREFUSED"]);
  });

  test.each([
    ["another packet", Uint8Array.of(0x30, 3, 0, 1, 0x61), "the first packet must be a CONNECT"],
    ["a CONNECT that is none", Uint8Array.of(0x10, 2, 0xff, 0xff), "the first packet must be a CONNECT"],
    ["a packet without a length", Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0xff), "the CONNECT is too long"],
    ["a CONNECT of a megabyte", Uint8Array.of(0x10, 0x80, 0x80, 0x40), "the CONNECT is too long"],
  ])("ends at %s, and no broker hears of it", async (_, bytes, reason) => {
    const { url } = await tunnelTo({ host: "127.0.0.1", port: await freePort() });
    expect(await ended(url, bytes)).toEqual([1002, reason]);
  });
});
