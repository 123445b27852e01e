/**
 * The node's bytes on their way through the air. While the way is cut nobody hears anything, nor that it was cut: a connection
 * that the node gives up then stays open at the broker, until that misses a PINGREQ or the node is back.
 */
import type { OpenSocket, Socket, SocketOptions } from "../../src/platform.js";

export class Radio {
  readonly open: OpenSocket;
  readonly #openSocket: OpenSocket;
  readonly #sockets = new Set<AirSocket>();
  #reachable = true;

  constructor(openSocket: OpenSocket) {
    this.#openSocket = openSocket;
    this.open = (options) => this.#open(options);
  }

  /** Whether bytes pass. What was open when they did not never comes back. */
  get reachable(): boolean {
    return this.#reachable;
  }

  set reachable(reachable: boolean) {
    this.#reachable = reachable;
    if (!reachable) for (const socket of this.#sockets) socket.strand();
  }

  /** Ends what was left open. */
  close(): void {
    for (const socket of this.#sockets) socket.end();
    this.#sockets.clear();
  }

  #open(options: SocketOptions): Socket {
    // Its SYN is answered by nobody.
    if (!this.#reachable) return { read: () => 0, write: unopened, close: () => undefined };
    const socket: AirSocket = new AirSocket(this.#openSocket, options, () => this.#sockets.delete(socket));
    this.#sockets.add(socket);
    return socket;
  }
}

function unopened(): never {
  throw new Error("the connection is not open");
}

class AirSocket implements Socket {
  readonly #socket: Socket;
  readonly #onEnd: () => void;
  #stranded = false;
  #room = 0;

  constructor(openSocket: OpenSocket, options: SocketOptions, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#socket = openSocket({
      ...options,
      onWritable: (room) => {
        if (this.#stranded) return;
        this.#room = room;
        options.onWritable(room);
      },
      onReadable: (count) => {
        if (this.#stranded) this.#drain();
        else options.onReadable(count);
      },
      onClose: (reason) => {
        onEnd();
        if (!this.#stranded) options.onClose(reason);
      },
    });
  }

  read(into: Uint8Array): number {
    return this.#stranded ? 0 : this.#socket.read(into);
  }

  write(bytes: Uint8Array): number {
    if (!this.#stranded) {
      this.#room = this.#socket.write(bytes);
      return this.#room;
    }
    // The stack takes it and sends it again and again.
    if (bytes.length > this.#room) throw new Error(`no room: ${bytes.length} bytes to write, room for ${this.#room}`);
    this.#room -= bytes.length;
    return this.#room;
  }

  close(): void {
    if (this.#stranded) return;
    this.#onEnd();
    this.#socket.close();
  }

  strand(): void {
    this.#stranded = true;
    this.#drain();
  }

  end(): void {
    this.#socket.close();
  }

  /** The broker must come to see that it has to close. */
  #drain(): void {
    const into = new Uint8Array(4_096);
    while (this.#socket.read(into) > 0);
  }
}
