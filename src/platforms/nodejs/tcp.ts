/** Byte streams over TCP, with the manners of a device's socket: a small window, and memory bounded both ways. */
import { connect, isIP, type LookupFunction, type NetConnectOpts, type Socket as NodeSocket } from "node:net";
import type { OpenSocket, Socket, SocketOptions } from "../../platform.js";

export interface TcpOptions {
  /** Bytes taken by `write` and not yet by the kernel, at most. Default 8,192, as on an ESP32. */
  readonly window?: number;
  /**
   * Makes the stream. Default `net.connect`; what secures it goes here, and its stream must emit `connect` when bytes may
   * be written.
   */
  readonly connect?: (options: NetConnectOpts) => NodeSocket;
}

/** Bytes received and not yet read, at most; then the peer has to wait. */
const RECEIVE_BUFFER = 16_384;

/** Milliseconds for one of several addresses to answer, until the next is tried; the last has the time that is left. */
const SHARE = 5_000;

/** How long the peer may take to read what was written before `close()`. */
const LINGER = 5_000;

/** As {@link OpenSocket}, with the default window. */
export const openTcpSocket: OpenSocket = tcpOpener();

export function tcpOpener({ window = 8_192, connect: connector = connect }: TcpOptions = {}): OpenSocket {
  if (!(Number.isInteger(window) && window >= 1)) throw new RangeError(`window is ${window}: must be 1 or more bytes`);
  return (options) => new TcpSocket(options, window, connector);
}

class TcpSocket implements Socket {
  readonly #options: SocketOptions;
  readonly #window: number;
  readonly #stream: NodeSocket | undefined;
  #open = false;
  /** No more callbacks. */
  #closed = false;
  /** Bytes of the window that `write` has used up since room was last announced. */
  #taken = 0;
  #announcing = false;
  /** The one receive buffer; what stands in it from `#start` to `#end` is unread. */
  #received: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #paused = false;
  #failure: string | undefined;
  /** Where bytes are copied to that are written; handed over with the bytes when the kernel does not take them at once. */
  #copy: Buffer | undefined;
  readonly #isPlain: boolean;

  constructor(options: SocketOptions, window: number, connector: NonNullable<TcpOptions["connect"]>) {
    this.#options = options;
    this.#window = window;
    this.#isPlain = connector === connect;
    try {
      this.#stream = connector({
        ...whereTo(options),
        port: options.port,
        noDelay: true,
        onread: { buffer: Buffer.alloc(RECEIVE_BUFFER), callback: this.#onRead },
      });
    } catch (error) {
      // A port or an address that can be none: a failure like another, told as the others are.
      setImmediate(this.#finish, (error as Error).message);
      return;
    }
    this.#stream.on("connect", () => {
      this.#open = true;
      if (!this.#closed) this.#options.onWritable(this.#window);
    });
    this.#stream.on("end", () => this.#finish("closed by the peer"));
    this.#stream.on("error", (error) => {
      this.#failure = inWords(error);
    });
    this.#stream.on("close", () => this.#finish(this.#failure));
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.length, this.#end - this.#start);
    if (count === 0) return 0;
    into.set(this.#received.subarray(this.#start, this.#start + count));
    this.#start += count;
    if (this.#paused && this.#start === this.#end) {
      this.#paused = false;
      this.#stream?.resume();
    }
    return count;
  }

  write(bytes: Uint8Array): number {
    if (!this.#open || this.#closed) throw new Error("the connection is not open");
    const room = this.#window - this.#taken;
    if (bytes.length > room) throw new Error(`no room: ${bytes.length} bytes to write, room for ${room}`);
    this.#taken += bytes.length;
    // While half of the window is left, there is nothing to announce.
    this.#pass(bytes, this.#taken * 2 < this.#window ? undefined : this.#onFlushed);
    return room - bytes.length;
  }

  #pass(bytes: Uint8Array, flushed: (() => void) | undefined): void {
    const stream = this.#stream as NodeSocket;
    if (!this.#isPlain) {
      stream.write(Buffer.from(bytes), flushed);
      return;
    }
    this.#copy ??= Buffer.allocUnsafeSlow(this.#window);
    this.#copy.set(bytes);
    stream.write(this.#copy.subarray(0, bytes.length), flushed);
    // With nothing left waiting the kernel has its own copy by now, and ours serves the next write.
    if (stream.writableLength > 0) this.#copy = undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const stream = this.#stream;
    if (stream === undefined) return;
    if (!this.#open) {
      stream.destroy();
      return;
    }
    // Not destroyed at once: with received bytes unread that would reset the connection, and undo what was written.
    this.#start = this.#end;
    stream.resume();
    stream.end();
    const linger = setTimeout(() => stream.destroy(), LINGER);
    stream.on("close", () => clearTimeout(linger));
  }

  readonly #onRead = (count: number, buffer: Uint8Array): boolean => {
    if (this.#closed) return true;
    this.#received = buffer;
    this.#start = 0;
    this.#end = count;
    this.#options.onReadable(count);
    this.#paused = this.#start < this.#end && !this.#closed;
    return !this.#paused;
  };

  /** The kernel has taken a write. There may be many in one turn: they are announced together, after it. */
  readonly #onFlushed = () => {
    if (this.#announcing || this.#closed) return;
    this.#announcing = true;
    setImmediate(this.#announceRoom);
  };

  readonly #announceRoom = () => {
    this.#announcing = false;
    if (this.#closed) return;
    this.#taken = this.#stream?.writableLength ?? 0;
    if (this.#taken < this.#window) this.#options.onWritable(this.#window - this.#taken);
  };

  readonly #finish = (reason?: string) => {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream?.destroy();
    this.#options.onClose(reason);
  };
}

/** Of several addresses the system library tries one after the other, as RFC 8305 does, one at a time. */
function whereTo({ host, address, others = [] }: SocketOptions) {
  if (others.length === 0) return { host: address };
  const all = [address, ...others].map((one) => ({ address: one, family: isIP(one) }));
  const lookup: LookupFunction = (_host, _options, found) => found(null, all);
  return { host, lookup, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: SHARE };
}

/** What the system calls by a code, for a person. */
const WORDS: Readonly<Record<string, string>> = Object.freeze({
  ECONNREFUSED: "connection refused",
  ECONNRESET: "reset by the peer",
  ECONNABORTED: "aborted",
  EPIPE: "closed by the peer",
  ETIMEDOUT: "timed out",
  EHOSTUNREACH: "host unreachable",
  EHOSTDOWN: "host down",
  ENETUNREACH: "network unreachable",
  ENETDOWN: "network down",
  EADDRNOTAVAIL: "address not available",
  EACCES: "not permitted",
  EPERM: "not permitted",
  ENOTFOUND: "host not found",
  EMFILE: "too many open files",
});

function inWords(error: NodeJS.ErrnoException): string {
  return (error.code !== undefined ? WORDS[error.code] : undefined) ?? error.message;
}
