/**
 * A connection in memory: at one end the {@link Socket} that the node's code sees, with a device's narrow window and
 * manners; at the other a plain duplex for whoever plays the broker. In between two pipes and the rules of the network.
 */
import type { Clock, Socket, SocketOptions } from "../../../src/platform.js";
import { Pipe, type PipeEnds } from "./pipe.js";
import type { PieceKind, RuleSet } from "./rules.js";

/** What a peer is told. */
export interface PeerCallbacks {
  /** Bytes have come from the node: one call for each `write`, unless a rule cut it. They may be kept. */
  onBytes(bytes: Uint8Array): void;
  /** The node closed the connection, or the network ended it. Comes once; not after the peer itself ended it. */
  onClose(reason: string): void;
}

/** The far end of a connection. Bytes are taken without bound. */
export interface Peer {
  /** Counts the connections of the station that opened it, from 1. */
  readonly connection: number;
  /** Sends bytes, copied before it returns. Ignored after the end. */
  push(bytes: Uint8Array): void;
  /** Ends the connection behind what was pushed. */
  close(): void;
  /** Ends the connection at once: what is not on the wire is lost, both ways. */
  reset(): void;
  /** Stops taking bytes: the node's window fills up. */
  pause(): void;
  resume(): void;
}

/** Takes a connection. */
export type Accept = (peer: Peer) => PeerCallbacks;

export interface LinkOptions {
  readonly clock: Clock;
  readonly rules: RuleSet;
  readonly connection: number;
  /** Bytes that the node's socket takes before the first of them has arrived: 1,536 on Linux, 8,192 on an ESP32. */
  readonly window: number;
  /** Bytes that can lie unread at the node before its peer must wait. */
  readonly receiveWindow: number;
  /** Bytes that can lie at a peer that has paused. */
  readonly peerWindow: number;
  /** Finds who listens, or undefined: then the connection is refused. */
  accept(): Accept | undefined;
  /** Nothing will happen here any more. */
  onDone(): void;
}

/** One connection, as the network sees it. */
export class Link {
  readonly socket: Socket;
  readonly #node: NodeEnd;
  readonly #peer: PeerEnd;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly #options: LinkOptions;
  readonly #pump = (): void => {
    this.#up.pump();
    this.#down.pump();
  };
  #done = false;

  constructor(options: LinkOptions, socketOptions: SocketOptions) {
    this.#options = options;
    const { clock, rules, connection } = options;
    const shared = { clock, rules, connection };
    this.#up = new Pipe({ ...shared, direction: "up", receiveWindow: options.peerWindow }, this.#ends("up"));
    this.#down = new Pipe({ ...shared, direction: "down", receiveWindow: options.receiveWindow }, this.#ends("down"));
    this.#node = new NodeEnd(socketOptions, options.window, this.#up, this.#down);
    this.#peer = new PeerEnd(connection, this.#up, this.#down);
    this.socket = this.#node;
    rules.watch(this.#pump);
    this.#up.send("open");
  }

  /** The network ends the connection for both sides: what is on the wire still arrives, in front of the end. */
  cut(how: "close" | "reset", reason?: string): void {
    this.#node.reason ??= reason;
    this.#up.finish(how);
    this.#down.finish(how);
  }

  /**
   * Either side is gone without a word, as when power fails: nothing passes any more and nobody is told.
   * @param arrives whether what the node has sent still arrives, as far as it is on the wire
   */
  vanish(arrives = false): void {
    if (arrives) this.#up.silence();
    else this.#up.stop();
    this.#down.stop();
    this.#finish();
  }

  #ends(direction: "up" | "down"): PipeEnds {
    return {
      arrived: (kind, bytes) => {
        if (direction === "down") this.#node.arrived(kind, bytes);
        else if (kind === "open") this.#accept();
        else this.#peer.arrived(kind, bytes);
        if (this.#node.ended && this.#peer.ended) this.#finish();
      },
      acknowledged: (bytes) => {
        if (direction === "up" && !this.#done) this.#node.acknowledged(bytes);
      },
      cut: (how) => this.cut(how),
    };
  }

  #accept(): void {
    const accept = this.#options.accept();
    if (accept === undefined) {
      this.#peer.reset();
      return;
    }
    this.#down.send("open");
    this.#peer.callbacks = accept(this.#peer);
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#options.rules.unwatch(this.#pump);
    this.#options.onDone();
  }
}

class NodeEnd implements Socket {
  readonly #options: SocketOptions;
  readonly #window: number;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly #received: Uint8Array[] = [];
  /** Bytes of the first received piece that were read. */
  #readOffset = 0;
  #readable = 0;
  #buffered = 0;
  #open = false;
  #wantsRoom = true;
  /** No more from the peer, or for it. */
  ended = false;
  /** Why it ended, where that is known better than by the sign that arrives. */
  reason: string | undefined;

  constructor(options: SocketOptions, window: number, up: Pipe, down: Pipe) {
    this.#options = options;
    this.#window = window;
    this.#up = up;
    this.#down = down;
  }

  read(into: Uint8Array): number {
    let count = 0;
    while (count < into.length) {
      const piece = this.#received[0];
      if (piece === undefined) break;
      const part = piece.subarray(this.#readOffset, this.#readOffset + into.length - count);
      into.set(part, count);
      count += part.length;
      this.#readOffset += part.length;
      if (this.#readOffset === piece.length) {
        this.#received.shift();
        this.#readOffset = 0;
      }
    }
    this.#readable -= count;
    if (count > 0) this.#down.consumed(count);
    return count;
  }

  write(bytes: Uint8Array): number {
    if (!this.#open) throw new Error(this.ended ? "socket is closed" : "socket is not connected yet");
    const room = this.#window - this.#buffered;
    if (bytes.length > room) {
      this.#wantsRoom = true;
      throw new Error(`write would block: ${bytes.length} bytes, room for ${room}`);
    }
    if (bytes.length > 0) {
      this.#buffered += bytes.length;
      this.#up.send("data", bytes.slice());
    }
    if (this.#buffered === this.#window) this.#wantsRoom = true;
    return this.#window - this.#buffered;
  }

  close(): void {
    if (this.ended) return;
    this.#end();
    this.#up.send("close");
  }

  arrived(kind: PieceKind, bytes: Uint8Array): void {
    if (this.ended) {
      // Nobody reads it, but the peer shall get as far as its own end.
      this.#down.consumed(bytes.length);
    } else if (kind === "data") {
      this.#received.push(bytes);
      this.#readable += bytes.length;
      this.#options.onReadable(this.#readable);
    } else if (kind === "open") {
      this.#open = true;
      this.#offerRoom();
    } else {
      const refused = !this.#open;
      this.#end();
      this.#up.discard();
      this.reason ??= kind === "close" ? "closed by peer" : refused ? "connection refused" : "connection reset";
      this.#options.onClose(this.reason);
    }
  }

  acknowledged(bytes: number): void {
    this.#buffered -= bytes;
    if (this.#open && this.#wantsRoom) this.#offerRoom();
  }

  #offerRoom(): void {
    this.#wantsRoom = false;
    this.#options.onWritable(this.#window - this.#buffered);
  }

  #end(): void {
    this.ended = true;
    this.#open = false;
    this.#received.length = 0;
    this.#readOffset = 0;
    const unread = this.#readable;
    this.#readable = 0;
    if (unread > 0) this.#down.consumed(unread);
  }
}

class PeerEnd implements Peer {
  readonly connection: number;
  callbacks: PeerCallbacks | undefined;
  ended = false;
  readonly #up: Pipe;
  readonly #down: Pipe;
  #paused: [PieceKind, Uint8Array][] | undefined;

  constructor(connection: number, up: Pipe, down: Pipe) {
    this.connection = connection;
    this.#up = up;
    this.#down = down;
  }

  push(bytes: Uint8Array): void {
    if (!this.ended && bytes.length > 0) this.#down.send("data", bytes.slice());
  }

  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.#down.send("close");
    this.resume();
  }

  reset(): void {
    if (this.ended) return;
    this.ended = true;
    this.#down.discard();
    this.#down.send("reset");
    this.#up.stop();
  }

  pause(): void {
    this.#paused ??= [];
  }

  resume(): void {
    const pieces = this.#paused;
    this.#paused = undefined;
    for (const [kind, bytes] of pieces ?? []) this.arrived(kind, bytes);
  }

  arrived(kind: PieceKind, bytes: Uint8Array): void {
    if (this.#paused !== undefined) {
      this.#paused.push([kind, bytes]);
    } else if (kind === "data") {
      if (!this.ended) this.callbacks?.onBytes(bytes);
      this.#up.consumed(bytes.length);
    } else if (!this.ended) {
      this.ended = true;
      this.#down.discard();
      this.callbacks?.onClose(kind === "close" ? "closed" : "reset");
    }
  }
}
