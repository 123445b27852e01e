/** Byte streams over the SDK's TCP (ECMA-419 clause 12), made to keep what {@link Socket} promises. */
import TCP from "embedded:io/socket/tcp";
import type { Report } from "../../mote/errors.js";
import type { Clock, OpenSocket, Socket, SocketOptions } from "../../platform.js";

/** What the class really returns; its typings say void. */
interface RealTCP {
  read(into: Uint8Array): number;
  write(bytes: Uint8Array): number | undefined;
  close(): void;
}

/** Bytes that are read at once of what nobody wants any more. */
const REST = 64;

export function tcpOpener(clock: Clock, report: Report): OpenSocket {
  return (options) => new DeviceSocket(options, clock, report);
}

class DeviceSocket implements Socket {
  readonly #options: SocketOptions;
  readonly #clock: Clock;
  readonly #report: Report;
  #tcp: RealTCP | undefined;
  /** Bytes that have arrived and are not read: the SDK throws when asked for more. */
  #unread = 0;
  #ending = false;
  /** No more callbacks. The SDK's simulator may send some after close(), and a device tells an error twice. */
  #closed = false;

  constructor(options: SocketOptions, clock: Clock, report: Report) {
    this.#options = options;
    this.#clock = clock;
    this.#report = report;
    try {
      this.#tcp = new TCP({
        address: options.address,
        port: options.port,
        nodelay: true,
        onWritable: (room) => this.#writable(room),
        onReadable: (count) => this.#readable(count),
        onError: () => this.#end("refused, reset or closed by the peer"),
      }) as unknown as RealTCP;
    } catch (error) {
      // There is no network, or no socket is left.
      this.#endLater(`cannot open a socket: ${(error as Error).message}`);
    }
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.byteLength, this.#unread);
    if (count === 0 || this.#tcp === undefined) return 0;
    this.#tcp.read(count === into.byteLength ? into : into.subarray(0, count));
    this.#unread -= count;
    return count;
  }

  write(bytes: Uint8Array): number {
    const room = this.#ending ? undefined : this.#tcp?.write(bytes);
    if (room !== undefined) return room;
    // The SDK says so by returning nothing, and in the simulator calls no onError for it.
    if (!this.#closed) this.#endLater("closed by the peer");
    throw new Error("the connection is not open");
  }

  close(): void {
    this.#closed = true;
    this.#drain();
    const tcp = this.#tcp;
    this.#tcp = undefined;
    try {
      tcp?.close();
    } catch (error) {
      this.#report(error, "socket");
    }
  }

  /** With bytes left unread, lwIP ends the connection by a reset, in which what was written may be lost. */
  #drain(): void {
    if (this.#unread === 0) return;
    try {
      const rest = new Uint8Array(REST);
      while (this.read(rest) > 0);
    } catch {
      // It has ended otherwise: there is nothing left to save.
      this.#unread = 0;
    }
  }

  #writable(room: number): void {
    if (this.#closed || this.#ending || room < 1) return;
    try {
      this.#options.onWritable(room);
    } catch (error) {
      this.#fail(error);
    }
  }

  #readable(count: number): void {
    if (this.#closed || this.#ending) return;
    this.#unread = count;
    try {
      this.#options.onReadable(count);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What was called has not done its part: the stream cannot go on from here. */
  #fail(error: unknown): void {
    this.#report(error, "socket");
    this.#endLater("closed after an error in the program");
  }

  #endLater(reason: string): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#clock.setTimer(() => this.#end(reason), 0);
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#unread = 0;
    this.close();
    try {
      this.#options.onClose(reason);
    } catch (error) {
      this.#report(error, "socket");
    }
  }
}
