/**
 * The browser's own WebSocket as a socket for MQTT. MQTT 3.1.1 section 6.
 *
 * It takes in whatever the server sends, and says nothing when what was written has gone out: so what is unread has a bound,
 * and while there is no room the clock looks for some.
 */
import type { Clock, OpenSocket, Socket, SocketOptions, Timer } from "../../platform.js";
import { closeWords } from "../../transports/websocket/codes.js";

/** MQTT over WebSocket is this subprotocol [MQTT-6.0.0-3], [MQTT-6.0.0-4]. */
const SUBPROTOCOL = "mqtt";

/** Milliseconds between two looks for room. */
const LOOK = 5;

/** The server said no code, or nothing at all. RFC 6455 section 7.4.1. */
const NO_CODE = 1005;
const LOST = 1006;

export interface BrowserSocketOptions {
  /** Where on the server, with a query if it needs one. ASCII, begins with `/`. Default `/mqtt`. */
  readonly path?: string | undefined;
  /** Bytes that were written and have not left the browser, at most. Default 65,536. */
  readonly window?: number | undefined;
  /** Bytes that have arrived and are unread, at most; more end the connection. Default 16,777,216. */
  readonly maximumUnread?: number | undefined;
}

/** @throws RangeError that names the option and what it must be */
export function browserSocketOpener(clock: Clock, options: BrowserSocketOptions = {}): OpenSocket {
  const { path = "/mqtt", window = 65_536, maximumUnread = 16_777_216 } = options;
  if (!/^\/[!"$-~]*$/.test(path))
    throw new RangeError(`path is ${JSON.stringify(path)}: must begin with / and be ASCII without spaces and #`);
  check("window", window);
  check("maximumUnread", maximumUnread);
  return (socketOptions) => new BrowserSocket(clock, socketOptions, { path, window, maximumUnread });
}

function check(name: string, bytes: number): void {
  if (!(Number.isInteger(bytes) && bytes >= 1)) throw new RangeError(`${name} is ${bytes}: must be 1 or more bytes`);
}

interface Settled {
  readonly path: string;
  readonly window: number;
  readonly maximumUnread: number;
}

class BrowserSocket implements Socket {
  readonly #clock: Clock;
  readonly #options: SocketOptions;
  readonly #window: number;
  readonly #maximumUnread: number;
  readonly #socket: WebSocket | undefined;
  #isOpen = false;
  /** The owner hears nothing any more: it has closed, or was told of the end. */
  #isOver = false;
  /** Bytes that `write` takes, as the owner knows. */
  #room = 0;
  /** A look for room is to come. */
  #look: Timer | undefined;
  /** What has arrived and is unread. */
  #messages: Uint8Array[] = [];
  #unread = 0;

  constructor(clock: Clock, options: SocketOptions, { path, window, maximumUnread }: Settled) {
    this.#clock = clock;
    this.#options = options;
    this.#window = window;
    this.#maximumUnread = maximumUnread;
    try {
      this.#socket = new WebSocket(urlOf(options, path), SUBPROTOCOL);
    } catch (error) {
      // An address that can be none, or one that a secure page may not reach: a failure like another, told as those are.
      clock.setTimer(() => this.#end(inWords(error)), 0);
      return;
    }
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.#opened();
    this.#socket.onmessage = ({ data }) => this.#received(data);
    this.#socket.onclose = ({ code, reason }) => this.#end(this.#whyClosed(code, reason));
    // Says nothing, and `close` follows.
    this.#socket.onerror = () => {};
  }

  read(into: Uint8Array): number {
    let count = 0;
    for (let [message] = this.#messages; message !== undefined && count < into.length; [message] = this.#messages) {
      const part = message.subarray(0, into.length - count);
      into.set(part, count);
      count += part.length;
      if (part.length === message.length) this.#messages.shift();
      else this.#messages[0] = message.subarray(part.length);
    }
    this.#unread -= count;
    return count;
  }

  /** One frame. The browser copies the bytes. */
  write(bytes: Uint8Array): number {
    if (!this.#isOpen || this.#isOver) throw new Error("the connection is not open");
    if (bytes.length > this.#room) throw new Error(`no room: ${bytes.length} bytes to write, room for ${this.#room}`);
    if (bytes.length > 0) this.#socket?.send(bytes as Uint8Array<ArrayBuffer>);
    this.#room = this.#free;
    if (this.#room === 0) this.#lookLater();
    return this.#room;
  }

  close(): void {
    if (this.#isOver) return;
    this.#leave();
  }

  // ---- what the browser calls

  #opened(): void {
    if (this.#isOver) return;
    if (this.#socket?.protocol !== SUBPROTOCOL) {
      this.#end("the server does not agree to the subprotocol mqtt: is it a broker?");
      return;
    }
    this.#isOpen = true;
    this.#announceRoom();
  }

  #received(data: string | ArrayBuffer): void {
    if (this.#isOver) return;
    // [MQTT-6.0.0-1]
    if (typeof data === "string") {
      this.#end("the server sent text; MQTT goes in binary messages");
      return;
    }
    if (data.byteLength === 0) return;
    if (this.#unread + data.byteLength > this.#maximumUnread) {
      this.#end(`the server sent more than ${this.#maximumUnread} bytes before they could be read`);
      return;
    }
    this.#messages.push(new Uint8Array(data));
    this.#unread += data.byteLength;
    this.#options.onReadable(this.#unread);
    if (this.#look !== undefined) this.#findRoom();
  }

  #whyClosed(code: number, reason: string): string {
    if (!this.#isOpen) return "no WebSocket for MQTT answers there (a browser tells no more)";
    if (code === LOST) return "the connection was lost";
    const words = closeWords(code === NO_CODE ? undefined : code);
    return reason === "" ? words : `${words}: ${printable(reason, 30)}`;
  }

  // ---- room

  get #free(): number {
    return Math.max(0, this.#window - (this.#socket?.bufferedAmount ?? 0));
  }

  #announceRoom(): void {
    this.#room = this.#free;
    this.#options.onWritable(this.#room);
  }

  #lookLater(): void {
    this.#look ??= this.#clock.setTimer(() => this.#findRoom(), LOOK);
  }

  #findRoom(): void {
    this.#stopLooking();
    if (this.#isOver) return;
    if (this.#free > 0) this.#announceRoom();
    else this.#lookLater();
  }

  #stopLooking(): void {
    if (this.#look !== undefined) this.#clock.clearTimer(this.#look);
    this.#look = undefined;
  }

  // ---- ending

  /** The browser still sends what was written. */
  #leave(): void {
    this.#isOver = true;
    this.#messages = [];
    this.#unread = 0;
    this.#stopLooking();
    this.#socket?.close();
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#leave();
    this.#options.onClose(reason);
  }
}

function urlOf({ address, port }: SocketOptions, path: string): string {
  return `ws://${address.includes(":") ? `[${address}]` : address}:${port}${path}`;
}

function inWords(error: unknown): string {
  return (error as Error).name === "SecurityError"
    ? "the browser forbids it: a page from https may not use ws://"
    : printable((error as Error).message, 75);
}

/** Text of a stranger's, for a report: a few characters, all of which can be seen. */
function printable(text: string, length: number): string {
  return text.slice(0, length).replace(/[^ -~]/g, "?");
}
