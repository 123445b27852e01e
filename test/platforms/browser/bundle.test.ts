/** What a page loads: client and platform, bundled and minified as a page's tools do it. */
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import type { Client, MqttError, Outcome } from "../../../src/mqtt/index.js";
import type * as Browser from "../../../src/platforms/browser/index.js";
import { describeWith } from "../../support/describe-with.js";
import { root } from "../../support/docs/documents.js";
import { Mosquitto } from "../../support/mosquitto.js";
import { MapLocks, MapStorage } from "./storage.js";
import { PageWebSocket } from "./web-socket.js";

const CLIENT = `export { Client } from "./src/mqtt/index.js";`;
const browser = (names: string) => `export { ${names} } from "./src/platforms/browser/index.js";`;

async function bundle(contents: string, format: "esm" | "iife" = "esm") {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    minify: true,
    platform: "browser",
    target: "es2022",
    format,
    globalName: format === "iife" ? "motewire" : undefined,
    write: false,
    metafile: true,
  } as Parameters<typeof build>[0] & { write: false; metafile: true });
  const [file] = outputFiles;
  return { code: file?.text ?? "", metafile, zipped: gzipSync(file?.contents ?? "", { level: 9 }).length };
}

describe("client and browser platform, minified and zipped,", () => {
  // The client has 22.4 KB of it. When it becomes smaller, these bounds do, too.
  test.each([
    ["with a platform", CLIENT + browser("browserPlatform"), 25_000],
    ["with a broker's URL", CLIENT + browser("brokerAt"), 26_000],
    ["with a URL and a stored session", CLIENT + browser("brokerAt, openSession"), 28_000],
  ])("%s take no more than %s", async (_, contents, bytes) => {
    const { zipped } = await bundle(contents);
    expect(zipped).toBeLessThanOrEqual(bytes);
    expect(zipped).toBeGreaterThan(bytes - 1_000);
  });

  test("have 5 KB from the platform at most", async () => {
    const [with_, without] = [await bundle(CLIENT + browser("brokerAt, openSession")), await bundle(CLIENT)];
    expect(with_.zipped - without.zipped).toBeLessThanOrEqual(5_000);
  });

  test("are made of our files only", async () => {
    const { metafile } = await bundle(`${CLIENT} export * from "./src/platforms/browser/index.js";`);
    const files = Object.keys(metafile.inputs).filter((file) => file !== "<stdin>");
    expect(files.filter((file) => !/^src\/(mqtt|transports|platforms)\//.test(file))).toEqual([]);
    expect(files.filter((file) => file.includes("nodejs"))).toEqual([]);
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
  });

  test("leave out what a page does not name", async () => {
    const { code } = await bundle(CLIENT + browser("browserPlatform"));
    expect(code).not.toContain("localStorage");
    expect(code).not.toContain("mqtt://user");
    expect(code).not.toContain("the options of");
  });
});

describeWith("mosquitto", "the bundle in a page", () => {
  /** Loads it where there is nothing but what a page has. */
  async function load(globals: object) {
    const { code } = await bundle(CLIENT + browser("brokerAt, openSession"), "iife");
    const page = {
      WebSocket: PageWebSocket,
      MessageChannel,
      URL,
      performance,
      setTimeout,
      clearTimeout,
      addEventListener() {},
      removeEventListener() {},
      document: { hidden: false, addEventListener() {} },
      ...globals,
    };
    return runInNewContext(`${code}; motewire`, page) as Pick<typeof Browser, "brokerAt" | "openSession"> & {
      readonly Client: typeof Client;
    };
  }

  test("delivers, and has its session when the page is loaded again", async () => {
    const mosquitto = await Mosquitto.start({ webSocket: true });
    try {
      const globals = { localStorage: new MapStorage(), navigator: { locks: new MapLocks() } };
      const url = `ws://${mosquitto.host}:${mosquitto.webSocketPort}/mqtt`;
      const loaded: boolean[] = [];
      const arrived: string[] = [];
      for (const text of ["first", "second"]) {
        const { Client, brokerAt, openSession } = await load(globals);
        const session = await openSession("panel");
        await new Promise<void>((done, failed) => {
          const outcomes: Outcome[] = [];
          const look = () => {
            if (outcomes.length === 1 && arrived.at(-1) === text) client.close();
          };
          const client = new Client({
            ...brokerAt(url),
            id: session.id,
            store: session.store,
            onConnected: (present) => void loaded.push(present),
            onPublished: (_, outcome) => {
              outcomes.push(outcome);
              look();
            },
            onDisconnected: (error: MqttError | undefined) => (error === undefined ? done() : failed(error)),
          });
          client.subscribe("panel", { QoS: 2 }, ({ payload }) => {
            arrived.push(Buffer.from(payload).toString());
            look();
          });
          client.open();
          client.publish("panel", text, { QoS: 2 });
        });
        await session.close();
      }
      expect(arrived).toEqual(["first", "second"]);
      expect(loaded).toEqual([false, true]);
    } finally {
      await mosquitto.remove();
    }
  });
});
