import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Client, type MqttError } from "../../../src/mqtt/index.js";
import { brokerAt, browserPlatform, checkOptions, resolve } from "../../../src/platforms/browser/index.js";
import { untilReal } from "../../contract/contract.js";

const made: string[] = [];

beforeEach(() => {
  made.length = 0;
  vi.stubGlobal(
    "WebSocket",
    class {
      constructor(url: string) {
        made.push(url);
      }
      close() {}
    },
  );
});
afterEach(() => void vi.unstubAllGlobals());

function refusalOf(url: string): MqttError {
  try {
    brokerAt(url);
  } catch (error) {
    return error as MqttError;
  }
  throw new Error("the URL was taken");
}

describe("a broker's URL in a browser", () => {
  test("is all that a client needs to reach the broker", async () => {
    const { platform, ...address } = brokerAt("ws://porch:s%3Acret@broker.test:9001/a/b?c=d");
    expect(address).toEqual({ host: "broker.test", port: 9_001, user: "porch", password: "s:cret" });
    const client = new Client({ platform, ...address, id: "panel" });
    client.open();
    await untilReal(() => made.length > 0);
    // The user and the password go to the broker by MQTT, and never into a URL.
    expect(made).toEqual(["ws://broker.test:9001/a/b?c=d"]);
    client.close();
  });

  test("has the port 80 and the path /mqtt where it says nothing else", () => {
    const { platform, ...address } = brokerAt("ws://broker.test");
    expect(address).toEqual({ host: "broker.test", port: 80 });
    platform.openSocket({
      host: "broker.test",
      address: "broker.test",
      port: 80,
      onWritable() {},
      onReadable() {},
      onClose() {},
    });
    expect(made).toEqual(["ws://broker.test:80/mqtt"]);
  });

  test("is refused where it is TCP's, and the password is not shown", () => {
    const error = refusalOf("mqtt://porch:secret@broker.test");
    expect([error.kind, error.code, error.message]).toEqual([
      "misuse",
      "url",
      `"mqtt://***@broker.test": a browser has WebSocket only; use ws:// and the broker's port for WebSocket`,
    ]);
  });

  test.each(["http://broker.test", "broker.test", "ws://", "wss://broker.test"])("is refused as %s", (url) => {
    expect(refusalOf(url)).toMatchObject({ kind: "misuse", code: "url" });
  });
});

describe("the browser's platform", () => {
  test("has each host for its own address, and answers later", async () => {
    const found: (string | undefined)[] = [];
    for (const host of ["broker.test", "::1", ""]) resolve(host, (address) => found.push(address));
    expect(found).toEqual([]);
    await untilReal(() => found.length === 3);
    expect(found).toEqual(["broker.test", "::1", undefined]);
  });

  test("checks the names of options where a page asks for it", () => {
    const platform = { ...browserPlatform(), checkOptions };
    expect(() => new Client({ platform, host: "broker.test", id: "a", keepalive: 5 } as never)).toThrow("keepAlive?");
  });

  test("does nothing before it is used, so that a server may load it to render the page", async () => {
    // Node.js has none of what a page has.
    expect(typeof document).toBe("undefined");
    expect(Object.keys(await import("../../../src/platforms/browser/index.js")).sort()).toEqual([
      "LocalStorageStore",
      "SessionInUse",
      "brokerAt",
      "browserClock",
      "browserPlatform",
      "browserSocketOpener",
      "checkOptions",
      "openSession",
      "readBrokerUrl",
      "resolve",
      "writeBrokerUrl",
    ]);
  });
});
