/** The opening handshake: what the client asks, and what must come back. RFC 6455 section 4. */
import type { Random, SocketOptions } from "../../platform.js";
import { base64, sha1 } from "./sha1.js";

/** MQTT over WebSocket is this subprotocol [MQTT-6.0.0-3], [MQTT-6.0.0-4]. */
export const SUBPROTOCOL = "mqtt";

/** Bytes of an answer at most. */
export const MAXIMUM_ANSWER = 8_192;

/** Characters that are kept of a line: more than any has that is looked at. */
const KEPT = 160;

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** A key of 16 random bytes: the server shows by it that it has read this request. */
export function makeKey(random: Random): string {
  const bytes = new Uint8Array(16);
  for (let at = 0; at < 16; at++) bytes[at] = random() * 256;
  return base64(bytes);
}

/** What the server makes of a key. */
export function acceptOf(key: string): string {
  return base64(sha1(key + GUID));
}

/** The client's request. @param path begins with `/` and may have a query */
export function requestOf({ host, port }: Pick<SocketOptions, "host" | "port">, path: string, key: string): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return (
    `GET ${path} HTTP/1.1\r\nHost: ${port === 80 ? name : `${name}:${port}`}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`
  );
}

/** @param text of ASCII */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Text of a stranger's, for a report: a few characters, all of them printable. */
export function printable(text: string, length: number): string {
  let shown = "";
  for (let at = 0; at < text.length && at < length; at++) {
    const code = text.charCodeAt(at);
    shown += code >= 0x20 && code < 0x7f ? text.charAt(at) : "?";
  }
  return shown.trim();
}

/** Reads the server's answer byte by byte, for what comes behind it is none of it. */
export class Answer {
  /** Why there is no connection to be had; a few words. */
  problem: string | undefined;
  private readonly path: string;
  private readonly accept: string;
  private line = "";
  private total = 0;
  private lines = 0;
  private upgrades = false;
  private connects = false;
  private accepts = false;
  private protocol: string | undefined;

  constructor(path: string, key: string) {
    this.path = path;
    this.accept = acceptOf(key);
  }

  /** Any of it has come. */
  get begun(): boolean {
    return this.total > 0;
  }

  /** @returns whether that was its last byte; a problem ends it too */
  take(byte: number): boolean {
    if (++this.total > MAXIMUM_ANSWER)
      return this.wrong(`the answer's headers do not end within ${MAXIMUM_ANSWER} bytes`);
    if (byte !== 0x0a) {
      if (byte !== 0x0d && this.line.length < KEPT) this.line += String.fromCharCode(byte);
      // Another protocol need not have lines.
      if (this.lines === 0 && this.total === 5 && this.line !== "HTTP/")
        return this.wrong("what answers does not speak HTTP: is this the port for WebSocket?");
      return false;
    }
    const { line } = this;
    this.line = "";
    if (this.lines++ === 0) return this.status(line);
    if (line !== "") return this.header(line);
    return this.end();
  }

  private wrong(problem: string): true {
    this.problem = problem;
    return true;
  }

  private status(line: string): boolean {
    const at = line.indexOf(" ");
    const status = at < 0 ? "" : line.slice(at + 1);
    if (status.startsWith("101")) return false;
    const hint =
      status.startsWith("404") || status.startsWith("2") ? `: is the path ${printable(this.path, 20)} right?` : "";
    return this.wrong(`HTTP ${printable(status, 30)} in place of WebSocket${hint}`);
  }

  private header(line: string): boolean {
    const at = line.indexOf(":");
    const name = line.slice(0, Math.max(at, 0)).trim().toLowerCase();
    const value = line.slice(at + 1).trim();
    if (name === "upgrade") this.upgrades = hasToken(value, "websocket");
    else if (name === "connection") this.connects = this.connects || hasToken(value, "upgrade");
    else if (name === "sec-websocket-accept") this.accepts = value === this.accept;
    else if (name === "sec-websocket-protocol") this.protocol = value;
    else if (name === "sec-websocket-extensions" && value !== "")
      return this.wrong(`the server uses an extension nobody asked for: ${printable(value, 24)}`);
    return false;
  }

  private end(): true {
    const { protocol } = this;
    if (!this.upgrades || !this.connects) return this.wrong("the server's answer does not upgrade to WebSocket");
    if (!this.accepts) return this.wrong("Sec-WebSocket-Accept is not the answer to this request");
    if (protocol === undefined) return this.wrong(`the server does not offer the subprotocol ${SUBPROTOCOL}`);
    if (protocol !== SUBPROTOCOL)
      return this.wrong(`the server chose the subprotocol "${printable(protocol, 20)}", not ${SUBPROTOCOL}`);
    return true;
  }
}

function hasToken(list: string, token: string): boolean {
  return list
    .toLowerCase()
    .split(",")
    .some((word) => word.trim() === token);
}
