/** The browser's WebSocket as a socket: servers that are none, or do what they must not, and what a browser does not tell. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { VirtualClock } from "../../../host-sim/core/world/clock.js";
import type { Socket } from "../../../src/platform.js";
import { browserClock } from "../../../src/platforms/browser/clock.js";
import { type BrowserSocketOptions, browserSocketOpener } from "../../../src/platforms/browser/web-socket.js";
import { untilReal } from "../../contract/contract.js";
import { PageWebSocket } from "./web-socket.js";

beforeEach(() => void vi.stubGlobal("WebSocket", PageWebSocket));
afterEach(() => void vi.unstubAllGlobals());

/** A socket, and what it has told. */
class Opened {
  readonly socket: Socket;
  readonly rooms: number[] = [];
  readonly announced: number[] = [];
  readonly ends: (string | undefined)[] = [];

  constructor(
    port: number,
    options: BrowserSocketOptions = {},
    address = "127.0.0.1",
    clock: VirtualClock | undefined = undefined,
  ) {
    this.socket = browserSocketOpener(
      clock ?? browserClock,
      options,
    )({
      host: "broker.test",
      address,
      port,
      onWritable: (room) => void this.rooms.push(room),
      onReadable: (count) => void this.announced.push(count),
      onClose: (reason) => void this.ends.push(reason),
    });
  }

  async end(): Promise<string | undefined> {
    await untilReal(() => this.ends.length > 0);
    expect(this.ends).toHaveLength(1);
    return this.ends[0];
  }
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A WebSocket server that does so with each connection. */
async function serving(behave: (socket: WebSocket) => void, protocol: string | false = "mqtt"): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => protocol });
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    behave(socket);
  });
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const NOTHING_THERE = "no WebSocket for MQTT answers there (a browser tells no more)";

describe("a server that is no broker", () => {
  test("answers by HTTP", async () => {
    const port = await listening(createHttpServer((_, response) => void response.end("hello")));
    const opened = new Opened(port);
    expect(await opened.end()).toBe(NOTHING_THERE);
    expect(opened.rooms).toEqual([]);
  });

  test("is not there", async () => {
    expect(await new Opened(1).end()).toBe(NOTHING_THERE);
  });

  test("closes at once, or speaks something else", async () => {
    for (const behave of ["", "220 mail.test ESMTP\r\n"]) {
      const port = await listening(createServer((connection) => void connection.on("error", () => {}).end(behave)));
      expect(await new Opened(port).end()).toBe(NOTHING_THERE);
    }
  });

  test.each(["mqttv3.1", false] as const)("answers with the subprotocol %s", async (protocol) => {
    const opened = new Opened(await serving(() => {}, protocol));
    expect(await opened.end()).toBe(NOTHING_THERE);
  });
});

describe("a server that breaks the rules", () => {
  test("sends text", async () => {
    const opened = new Opened(await serving((socket) => socket.send("hello")));
    expect(await opened.end()).toBe("the server sent text; MQTT goes in binary messages");
    expect(opened.announced).toEqual([]);
    expect(() => opened.socket.write(Uint8Array.of(1))).toThrow("the connection is not open");
  });

  test("sends a message larger than what may be unread", async () => {
    const opened = new Opened(await serving((socket) => socket.send(new Uint8Array(1_001))), { maximumUnread: 1_000 });
    expect(await opened.end()).toBe("the server sent more than 1000 bytes before they could be read");
    expect(opened.announced).toEqual([]);
  });

  test("sends many messages that nobody reads", async () => {
    const port = await serving((socket) => {
      for (let count = 0; count < 11; count++) socket.send(new Uint8Array(100));
    });
    const opened = new Opened(port, { maximumUnread: 1_000 });
    expect(await opened.end()).toBe("the server sent more than 1000 bytes before they could be read");
    expect(opened.announced).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]);
    expect(opened.socket.read(new Uint8Array(10))).toBe(0);
  });

  test("sends frames that are none", async () => {
    const port = await serving((socket) =>
      (socket as unknown as { _socket: { write(b: Buffer): void } })._socket.write(Buffer.from([0xff, 0xff, 0, 0])),
    );
    expect(await new Opened(port).end()).toBe("the connection was lost");
  });

  test("sends messages without a byte, which are passed over", async () => {
    const port = await serving((socket) => {
      socket.send(new Uint8Array(0));
      socket.send(Uint8Array.of(7));
    });
    const opened = new Opened(port);
    await untilReal(() => opened.announced.length > 0);
    expect(opened.announced).toEqual([1]);
    opened.socket.close();
  });
});

describe("the end is told in words:", () => {
  test.each<[string, (socket: WebSocket) => void]>([
    ["closed by the server", (socket) => socket.close()],
    ["closed by the server", (socket) => socket.close(1000)],
    ["the server restarts", (socket) => socket.close(1012)],
    ["the server's policy forbids it: not you", (socket) => socket.close(1008, "not you")],
    ["closed by the server with code 4001: ?[31m?", (socket) => socket.close(4001, "\x1b[31m\u202e")],
    [`the server failed: ${"x".repeat(30)}`, (socket) => socket.close(1011, "x".repeat(120))],
    ["the connection was lost", (socket) => socket.terminate()],
  ])("%s", async (words, behave) => {
    const opened = new Opened(await serving(behave));
    expect(await opened.end()).toBe(words);
  });
});

describe("the opener", () => {
  test.each<[string, BrowserSocketOptions]>([
    ["path", { path: "mqtt" }],
    ["path", { path: "" }],
    ["path", { path: "/m qtt" }],
    ["path", { path: "/mqtt#there" }],
    ["path", { path: "/müll" }],
    ["window", { window: 0 }],
    ["window", { window: 1.5 }],
    ["maximumUnread", { maximumUnread: -1 }],
  ])("refuses a wrong %s", (option, options) => {
    expect(() => browserSocketOpener(browserClock, options)).toThrow(RangeError);
    expect(() => browserSocketOpener(browserClock, options)).toThrow(new RegExp(`^${option} is .*: must be`));
  });
});

/** A WebSocket in the test's hand. */
class Held extends EventTarget {
  static made: Held[] = [];
  protocol = "mqtt";
  bufferedAmount = 0;
  sent = 0;
  closed: unknown[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: unknown }) => void;
  readonly url: string;
  readonly wanted: string;

  constructor(url: string, wanted: string) {
    super();
    this.url = url;
    this.wanted = wanted;
    Held.made.push(this);
  }

  send(bytes: Uint8Array): void {
    this.sent++;
    this.bufferedAmount += bytes.length;
  }

  close(...args: unknown[]): void {
    this.closed.push(args);
  }
}

describe("in the browser's hands, the socket", () => {
  let clock: VirtualClock;
  const held = () => Held.made.at(-1) as Held;

  beforeEach(() => {
    Held.made = [];
    clock = new VirtualClock();
    vi.stubGlobal("WebSocket", Held);
  });

  const open = (options: BrowserSocketOptions = {}, address?: string) => new Opened(9_001, options, address, clock);

  test.each([
    ["192.0.2.7", undefined, "ws://192.0.2.7:9001/mqtt"],
    ["broker.test", "/", "ws://broker.test:9001/"],
    ["2001:db8::7", "/a/b?c=d", "ws://[2001:db8::7]:9001/a/b?c=d"],
  ])("goes to %s by the path %s", (address, path, url) => {
    open({ path }, address);
    expect([held().url, held().wanted]).toEqual([url, "mqtt"]);
  });

  test.each([
    ["SecurityError", "insecure", "the browser forbids it: a page from https may not use ws://"],
    ["SyntaxError", "the URL is \u202einvalid", "the URL is ?invalid"],
  ])("tells later of a %s that the browser throws", (name, message, words) => {
    vi.stubGlobal(
      "WebSocket",
      class {
        constructor() {
          throw new DOMException(message, name);
        }
      },
    );
    const opened = open();
    expect(opened.ends).toEqual([]);
    expect(() => opened.socket.write(Uint8Array.of(1))).toThrow("the connection is not open");
    clock.advance(1);
    expect(opened.ends).toEqual([words]);
    const closed = open();
    closed.socket.close();
    clock.advance(1);
    expect(closed.ends).toEqual([]);
  });

  test("is closed where the server agrees to no subprotocol, which browsers let pass", () => {
    const opened = open();
    held().protocol = "";
    held().onopen?.();
    expect(opened.ends).toEqual(["the server does not agree to the subprotocol mqtt: is it a broker?"]);
    expect([opened.rooms, held().closed]).toEqual([[], [[]]]);
  });

  test("has as much room as the browser has sent of the window, and looks for it while there is none", () => {
    const { socket, rooms } = open({ window: 100 });
    held().onopen?.();
    expect(rooms).toEqual([100]);
    expect(socket.write(new Uint8Array(60))).toBe(40);
    clock.advance(1_000);
    expect(rooms).toEqual([100]);
    expect(() => socket.write(new Uint8Array(41))).toThrow("no room: 41 bytes to write, room for 40");
    expect(socket.write(new Uint8Array(40))).toBe(0);
    clock.advance(1_000);
    expect(rooms).toEqual([100]);
    held().bufferedAmount = 70;
    clock.advance(5);
    expect(rooms).toEqual([100, 30]);
    expect(clock.pending).toBe(0);
    expect(held().sent).toBe(2);
  });

  test("finds room when something arrives, though timers be held back", () => {
    const { socket, rooms } = open({ window: 100 });
    held().onopen?.();
    socket.write(new Uint8Array(100));
    held().bufferedAmount = 0;
    held().onmessage?.({ data: new ArrayBuffer(2) });
    expect(rooms).toEqual([100, 100]);
    expect(clock.pending).toBe(0);
  });

  test("looks no more after close(), and lets the browser send what was written", () => {
    const { socket, rooms, ends } = open({ window: 100 });
    held().onopen?.();
    socket.write(new Uint8Array(100));
    socket.close();
    expect(clock.pending).toBe(0);
    held().bufferedAmount = 0;
    clock.advance(1_000);
    held().onmessage?.({ data: "text" });
    expect([rooms, ends, held().closed]).toEqual([[100], [], [[]]]);
  });

  test("says nothing when it opens after close()", () => {
    const { socket, rooms } = open();
    socket.close();
    held().onopen?.();
    expect(rooms).toEqual([]);
  });
});
