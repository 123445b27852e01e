/** The embedded broker for pages, and a broker that is reached over WebSocket. */
import { connect, type MqttClient } from "mqtt";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startServed } from "../../support/page.js";
import { Sim } from "../../support/sim.js";

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

async function embedded(options?: Parameters<typeof startServed>[0]) {
  const served = await startServed(options);
  cleanUp.push(() => served.close());
  return { ...served, port: served.broker.port, url: served.webSocketUrl };
}

/** What becomes of a WebSocket that is opened with these headers. */
async function opened(url: string, options: { origin?: string; headers?: Record<string, string> }, protocol = "mqtt") {
  const socket = new WebSocket(url, protocol, options);
  cleanUp.push(() => socket.terminate());
  return new Promise<string>((settle) => {
    socket.on("open", () => settle(`open ${socket.protocol}`));
    socket.on("error", ({ message }) => settle(message));
  });
}

describe("the embedded broker over WebSocket", () => {
  test("reaches the same topics as over TCP", async () => {
    const { port, url } = await embedded();
    const [page, device] = [connect(url), connect(`mqtt://127.0.0.1:${port}`)];
    cleanUp.push(() => Promise.all([page.endAsync(true), device.endAsync(true)]));
    await Promise.all([page.subscribeAsync("a/+"), device.subscribeAsync("b/+")]);
    const message = (client: MqttClient) =>
      new Promise<string>((settle) => client.on("message", (topic, payload) => settle(`${topic} ${payload}`)));
    const heard = Promise.all([message(page), message(device)]);
    device.publish("a/x", "from the device");
    page.publish("b/x", "from the page");
    expect(await heard).toEqual(["a/x from the device", "b/x from the page"]);
  });

  test.each(["http://localhost:5173", "http://127.0.0.1:9001", "http://[::1]:1", "http://app.localhost"])(
    "a page of %s may speak to it",
    async (origin) => {
      expect(await opened((await embedded()).url, { origin })).toBe("open mqtt");
    },
  );

  test.each(["https://evil.example", "http://localhost.evil.example", "null", "file://"])(
    "a page of %s may not",
    async (origin) => {
      expect(await opened((await embedded()).url, { origin })).toBe("Unexpected server response: 401");
    },
  );

  test("a page of an origin that was allowed may", async () => {
    const { url } = await embedded({ origins: ["https://lab.example"] });
    expect(await opened(url, { origin: "https://lab.example" })).toBe("open mqtt");
    expect(await opened(url, { origin: "https://lab.example", headers: { Host: "lab.example" } })).toBe("open mqtt");
    expect(await opened(url, { origin: "https://other.example" })).toBe("Unexpected server response: 401");
  });

  test("nor may one whose name leads here", async () => {
    const headers = { Host: "rebound.evil.example" };
    expect(await opened((await embedded()).url, { headers })).toBe("Unexpected server response: 401");
  });

  test("one that asks for another subprotocol has none, and is closed", async () => {
    const { url } = await embedded();
    const socket = new WebSocket(url, ["chat"]);
    cleanUp.push(() => socket.terminate());
    socket.on("error", () => {});
    expect([1002, 1006]).toContain(await new Promise((settle) => socket.on("close", settle)));
  });

  test("who comes with HTTP alone is told what is here", async () => {
    const { page } = await embedded();
    const answer = await fetch(`${page.urls[0]}mqtt`);
    expect([answer.status, await answer.text()]).toEqual([426, "MQTT over WebSocket is spoken here, at /mqtt\n"]);
  });

  test("ends with its connections", async () => {
    const { url, broker } = await embedded();
    const page = connect(url, { reconnectPeriod: 0 });
    await new Promise<void>((settle) => page.on("connect", () => settle()));
    const closed = new Promise<void>((settle) => page.on("close", settle));
    await broker.close();
    await closed;
  });

  test("started again it is at its port, and has forgotten what was retained", async () => {
    const { url, broker } = await embedded();
    const before = connect(url, { reconnectPeriod: 0 });
    cleanUp.push(() => before.endAsync(true));
    await before.publishAsync("kept", "yes", { retain: true, qos: 1 });
    await broker.close();
    expect([broker.running, broker.starts]).toEqual([false, 1]);
    await broker.restart();
    expect([broker.running, broker.starts]).toEqual([true, 2]);
    const after = connect(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0 });
    cleanUp.push(() => after.endAsync(true));
    const seen: string[] = [];
    after.on("message", (topic) => seen.push(topic));
    await after.subscribeAsync("#");
    await after.publishAsync("last", "", { qos: 1 });
    await expect.poll(() => seen).toContain("last");
    expect(seen).toEqual(["last"]);
  });
});

describe("run", () => {
  test("over WebSocket loses and duplicates nothing, and its observer goes the same way", async () => {
    const { url } = await embedded();
    const node = new Sim(["--json", "--broker", url, "--qos", "2", "--interval", "200ms", "--duration", "3s"]);
    cleanUp.push(() => node.kill());
    expect(await node.ended()).toBe(0);
    expect(await node.event("started")).toMatchObject({ broker: url, embedded: false });
    const { published, acknowledged, lost, duplicated } = node.summary();
    expect({ lost, duplicated, acknowledged }).toEqual({ lost: 0, duplicated: 0, acknowledged: published });
    expect(published).toBeGreaterThan(20);
  });

  test("says where pages find the embedded broker", async () => {
    const node = new Sim(["--json", "--duration", "1s"]);
    cleanUp.push(() => node.kill());
    expect(await node.event("started")).toMatchObject({
      webSocket: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/mqtt$/),
    });
    expect(await node.ended()).toBe(0);
  });

  test("at a port that speaks no WebSocket says so", async () => {
    const { port } = await embedded();
    const node = new Sim(["--broker", `ws://127.0.0.1:${port}`, "--duration", "2s"]);
    cleanUp.push(() => node.kill());
    expect(await node.ended()).toBe(3);
    expect(node.stdout).toMatch(
      /closed in the opening handshake: is this the\s+port for WebSocket\?|does not speak HTTP/,
    );
  });
});
