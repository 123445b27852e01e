/** Serves the page, and what it speaks to beside: MQTT over WebSocket, and the simulator's control. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { readBrokerUrl, writeBrokerUrl } from "../../src/platforms/broker-url.js";
import { EVERYBODY, HOST, listenFrom } from "./listen.js";
import { mayTalk } from "./origin.js";
import { type PageFiles, pageFiles } from "./page.js";
import { isToken } from "./token.js";

export interface PageServerOptions {
  /** The first port that is tried. Default 9001: mosquitto's documentation has it for WebSocket. */
  readonly port?: number;
  /** Origins that may talk to it, beside those of this computer. */
  readonly origins?: readonly string[];
  /** Demanded of who controls the simulator. */
  readonly token: string;
  /** This computer's addresses on its networks, from which it is to be reached too. Default: from this computer only. */
  readonly addresses?: readonly string[];
  /** Takes those who speak MQTT. @param hasToken they have given the token */
  mqtt(socket: WebSocket, hasToken: boolean): void;
  /** MQTT is for those too who have the token only. */
  readonly mqttNeedsToken: boolean;
  /** Takes those who control the simulator. */
  control(socket: WebSocket): void;
}

export interface PageServer {
  /** `http://127.0.0.1:9001/`, or for each of the addresses such a one. */
  readonly urls: readonly [string, ...string[]];
  /** Where MQTT over WebSocket is spoken. */
  readonly webSocket: { readonly host: string; readonly port: number; readonly path: string };
  close(): Promise<void>;
}

const MQTT_PATH = "/mqtt";
const CONTROL_PATH = "/control";
/** Bytes of a frame at most: `ws` holds each whole. */
const LARGEST_FRAME = { mqtt: 1_048_576, control: 4_096 };
/** A page takes three, and what else is open is somebody's mistake. */
const MOST_CONNECTIONS = 64;
/** Milliseconds from one look for pages that have vanished to the next: one that answers no ping meanwhile is closed. */
const PULSE = 30_000;

/** @throws Error when a hundred ports from the first on are taken */
export async function servePage(options: PageServerOptions): Promise<PageServer> {
  const { port = 9001, addresses = [], token } = options;
  const origins = [...(options.origins ?? [])];
  const mqtt = new WebSocketServer({
    noServer: true,
    maxPayload: LARGEST_FRAME.mqtt,
    handleProtocols: (offered) => (offered.has("mqtt") ? "mqtt" : false),
  });
  const control = new WebSocketServer({ noServer: true, maxPayload: LARGEST_FRAME.control });
  const connections = new Set<Socket>();
  let files: Promise<PageFiles> | undefined;
  const built = () => {
    // What could not be made may be made the next time, when its source was mended.
    files ??= pageFiles().catch((error) => {
      files = undefined;
      throw error;
    });
    return files;
  };
  const http = createServer((request, response) => void answer(request, response, origins, built));
  http.maxConnections = MOST_CONNECTIONS;
  http.on("connection", (connection) => {
    connections.add(connection.setNoDelay(true));
    connection.on("close", () => connections.delete(connection));
  });
  http.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {});
    const [path, query] = placeOf(request);
    const server = path === MQTT_PATH ? mqtt : path === CONTROL_PATH ? control : undefined;
    const isTokenNeeded = server === control || options.mqttNeedsToken;
    const hasToken = isToken(new URLSearchParams(query).get("token"), token);
    if (server === undefined) refuse(socket, "404 Not Found");
    else if (!mayTalk(request.headers, origins)) refuse(socket, "401 Unauthorized");
    else if (isTokenNeeded && !hasToken) refuse(socket, "401 Unauthorized");
    else {
      server.handleUpgrade(request, socket, head, (opened) => {
        // A frame that is too long or broken is told here, and the connection is closed.
        server.emit(
          "connection",
          opened.on("error", () => {}),
          hasToken,
        );
      });
    }
  });
  mqtt.on("connection", (socket: WebSocket, hasToken: unknown) => {
    // One that asked for another subprotocol has got none, and no MQTT either [MQTT-6.0.0-3].
    if (socket.protocol !== "mqtt") socket.close(1002, "the subprotocol must be mqtt");
    else options.mqtt(socket, hasToken === true);
  });
  control.on("connection", (socket) => options.control(socket));
  const pulse = keepAlive(control);
  const from = addresses.length === 0 ? HOST : EVERYBODY;
  const listening = await listenFrom(http, port, "the page", "end what listens there", undefined, from);
  const [first = HOST, ...others] = addresses;
  const urlAt = (address: string) => `http://${address}:${listening}/`;
  // A page that was loaded from one of the addresses asks for it, and nothing else does: a name may lead anywhere.
  origins.push(...addresses.map((address) => new URL(urlAt(address)).origin));
  return {
    urls: [urlAt(first), ...others.map(urlAt)],
    webSocket: { host: first, port: listening, path: MQTT_PATH },
    async close() {
      clearInterval(pulse);
      const closed = new Promise((done) => http.close(done));
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

function keepAlive(server: WebSocketServer): NodeJS.Timeout {
  const silent = new WeakSet<WebSocket>();
  server.on("connection", (socket) => socket.on("pong", () => silent.delete(socket)));
  return setInterval(() => {
    for (const socket of server.clients) {
      if (silent.has(socket)) socket.terminate();
      else {
        silent.add(socket);
        socket.ping();
      }
    }
  }, PULSE).unref();
}

/** As it came: what is not one of the paths is nothing, whatever it would lead to. */
function placeOf({ url = "" }: IncomingMessage): [path: string, query: string] {
  const mark = url.indexOf("?");
  return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
  built: () => Promise<PageFiles>,
): Promise<void> {
  const say = (status: number, text: string) =>
    response.writeHead(status, { ...GUARDS, "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
  if (!mayTalk(request.headers, origins))
    return void say(403, "This is for pages of this computer; see --allow-origin");
  if (request.method !== "GET" && request.method !== "HEAD") return void say(405, "There is only GET here");
  const [path, query] = placeOf(request);
  if (path === MQTT_PATH) return void say(426, `MQTT over WebSocket is spoken here, at ${MQTT_PATH}`);
  try {
    const file = (await built()).get(path);
    if (file === undefined) return void say(404, "There is nothing here");
    const policy = path === "/" ? { "Content-Security-Policy": policyFor(request.headers.host, query) } : {};
    response
      .writeHead(200, { ...GUARDS, ...policy, "Content-Type": file.type, "Content-Length": file.body.length })
      .end(request.method === "HEAD" ? undefined : file.body);
  } catch (error) {
    say(500, `The page cannot be built: ${(error as Error).message}`);
  }
}

const GUARDS = Object.freeze({
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
});

/**
 * What the page may do: run the one script, and speak to this server and to the broker that its URL names. Nothing turns text
 * into HTML or code in it. A worker wakes it while it is hidden.
 */
function policyFor(host: string | undefined, query: string): string {
  const named = new URLSearchParams(query).get("broker");
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ws://${host}${named === null ? "" : ` ${originOfBroker(named)}`}`.trimEnd(),
    "worker-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types default",
  ].join("; ");
}

/** @returns nothing where the URL is none of a broker: the page says so */
function originOfBroker(url: string): string {
  try {
    const { host, port } = readBrokerUrl(url);
    return writeBrokerUrl({ host, port, path: "" });
  } catch {
    return "";
  }
}
