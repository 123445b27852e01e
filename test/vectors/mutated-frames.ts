/**
 * Streams of WebSocket frames of which some bytes were changed by chance, and what our reader and our opener make of them. On
 * Node.js and on XS: the same from the same chance.
 */
import type { Clock, Random, Socket, SocketOptions } from "../../src/platform.js";
import {
  BINARY,
  CLOSE,
  CONTINUATION,
  FrameReader,
  PING,
  PONG,
  writeFrame,
} from "../../src/transports/websocket/frames.js";
import { acceptOf, bytesOf } from "../../src/transports/websocket/handshake.js";
import { websocketOpener } from "../../src/transports/websocket/opener.js";

/** What may be said of a peer's frames. */
const PROBLEMS: readonly string[] = Object.freeze([
  "a frame has reserved bits",
  "a frame is not masked",
  "a frame from the server is masked",
  "a control frame is fragmented",
  "a control frame has more than 125 bytes",
  "a text frame came; MQTT comes in binary frames",
  "a message begins inside another one",
  "a frame continues no message",
  "a frame is longer than 4 GB",
  "more than 100 frames in a row are empty",
]);
const OPCODE = "a frame has the unknown opcode ";
/** Frames in one stream at most, and bytes in a payload less than. */
const [FRAMES, PAYLOAD] = [40, 300];
const OTHERS: readonly number[] = Object.freeze([CONTINUATION, CLOSE, PING, PONG]);

export interface Found {
  /** Streams, and those of them in which something was wrong. */
  readonly streams: number;
  readonly problems: number;
  /** Each that was said, in the order in which they came up. */
  readonly kinds: readonly string[];
  /** Bytes of payload that came out, of which a sum shows that they were the same. */
  readonly bytes: number;
  readonly sum: number;
  /** Bytes of the largest control frame. */
  readonly largest: number;
}

/** @throws Error when anything but an error of the protocol is said */
function kindOf(problem: string): string {
  if (problem.startsWith(OPCODE)) return OPCODE.trim();
  if (!PROBLEMS.includes(problem)) throw new Error(`unexpected: ${problem}`);
  return problem;
}

/** Frames one after the other, with up to three bytes changed. */
class Mutator {
  frames = 0;
  private readonly random: Random;
  private readonly buffer = new Uint8Array(FRAMES * (PAYLOAD + 8));

  constructor(random: Random) {
    this.random = random;
  }

  below(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  /** @returns a view that is good until the next one */
  next(masked: boolean): Uint8Array {
    let length = 0;
    for (let count = 1 + this.below(FRAMES); count > 0; count--, this.frames++) {
      const opcode = this.random() < 0.8 ? BINARY : (OTHERS[this.below(OTHERS.length)] as number);
      const payload = new Uint8Array(this.random() < 0.1 ? this.below(PAYLOAD) : this.below(8));
      length += writeFrame(opcode, payload, masked ? this.below(2 ** 32) : undefined, this.buffer.subarray(length));
    }
    const bytes = this.buffer.subarray(0, length);
    for (let changes = this.below(4); changes > 0; changes--) bytes[this.below(length)] = this.below(256);
    return bytes;
  }
}

/** Gives bytes in pieces that chance cuts. */
class Pieces {
  private readonly bytes: Uint8Array;
  private at = 0;
  arrived = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get atEnd(): boolean {
    return this.arrived === this.bytes.length;
  }

  get unread(): number {
    return this.arrived - this.at;
  }

  arrive(count: number): void {
    this.arrived = Math.min(this.bytes.length, this.arrived + count);
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.length, this.unread);
    for (let index = 0; index < count; index++) into[index] = this.bytes[this.at++] as number;
    return count;
  }
}

class Tally implements Found {
  streams = 0;
  problems = 0;
  readonly kinds: string[] = [];
  bytes = 0;
  sum = 0;
  largest = 0;

  problem(words: string): void {
    this.problems++;
    const kind = kindOf(words);
    if (!this.kinds.includes(kind)) this.kinds.push(kind);
  }

  take(into: Uint8Array, count: number): void {
    this.bytes += count;
    for (let index = 0; index < count; index++) this.sum = (this.sum * 31 + (into[index] as number)) | 0;
  }
}

/** Either side's reader. @param onStream is called now and then. @throws Error at anything but an error of the protocol */
export function readMutated(random: Random, frames: number, onStream: (frames: number) => void = () => {}): Found {
  const found = new Tally();
  const mutator = new Mutator(random);
  const into = new Uint8Array(64);
  while (mutator.frames < frames) {
    const masked = random() < 0.5;
    const source = new Pieces(mutator.next(masked));
    const reader = new FrameReader(
      {
        onControl(_, { length }) {
          found.largest = Math.max(found.largest, length);
        },
      },
      masked,
    );
    while (!source.atEnd) {
      source.arrive(1 + mutator.below(400));
      for (let count = reader.read(source, into); count > 0; count = reader.read(source, into)) found.take(into, count);
    }
    found.streams++;
    if (reader.problem !== undefined) found.problem(reader.problem);
    onStream(mutator.frames);
  }
  return found;
}

/** Timers that are run when it is asked to. */
class Turns implements Clock {
  private readonly due: (() => void)[] = [];

  now(): number {
    return 0;
  }

  epoch(): undefined {}

  setTimer(callback: () => void): () => void {
    this.due.push(callback);
    return callback;
  }

  clearTimer(timer: unknown): void {
    const at = this.due.indexOf(timer as () => void);
    if (at >= 0) this.due.splice(at, 1);
  }

  run(): void {
    for (let next = this.due.shift(); next !== undefined; next = this.due.shift()) next();
  }
}

/**
 * A connection of the opener for each stream, over a socket whose room is small and comes by chance, and whose owner reads now and
 * writes now and then. @throws Error at what is thrown, at a second end, and at a reason that is none of the protocol's
 */
export function openMutated(random: Random, frames: number, onStream: (frames: number) => void = () => {}): Found {
  const found = new Tally();
  const mutator = new Mutator(random);
  while (mutator.frames < frames) {
    converse(mutator, random, found);
    found.streams++;
    onStream(mutator.frames);
  }
  return found;
}

/** The socket beneath: takes what there is room for, and says nothing by itself. */
class Beneath implements Socket {
  source = new Pieces(new Uint8Array(0));
  isClosed = false;
  private request = "";
  private room = 0;
  private readonly options: SocketOptions;

  constructor(options: SocketOptions) {
    this.options = options;
  }

  read(bytes: Uint8Array): number {
    return this.source.read(bytes);
  }

  write(bytes: Uint8Array): number {
    if (this.isClosed) throw new Error("written to a closed socket");
    if (bytes.length > this.room) throw new Error(`${bytes.length} bytes were written, with room for ${this.room}`);
    if (this.request.length < 400) this.request += String.fromCharCode(...bytes);
    this.room -= bytes.length;
    return this.room;
  }

  close(): void {
    this.isClosed = true;
  }

  gain(room: number): void {
    if (this.isClosed) return;
    this.room += room;
    this.options.onWritable(this.room);
  }

  arrive(count: number): void {
    const before = this.source.unread;
    this.source.arrive(count);
    if (!this.isClosed && this.source.unread > before) this.options.onReadable(this.source.unread);
  }

  /** The server's answer to the handshake. */
  answer(): void {
    const at = this.request.indexOf("Sec-WebSocket-Key: ") + 19;
    const accept = acceptOf(this.request.slice(at, this.request.indexOf("\r", at)));
    this.source = new Pieces(
      bytesOf(
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Protocol: mqtt\r\n" +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      ),
    );
    this.arrive(10_000);
  }
}

function converse(mutator: Mutator, random: Random, found: Tally): void {
  const clock = new Turns();
  const into = new Uint8Array(64);
  const ends: (string | undefined)[] = [];
  const opened: Beneath[] = [];
  const openSocket = (options: SocketOptions) => {
    opened.push(new Beneath(options));
    return opened[0] as Beneath;
  };
  let writable = 0;
  const socket = websocketOpener({ openSocket, clock, random })({
    host: "h",
    address: "192.0.2.1",
    port: 80,
    onWritable(room) {
      writable = room;
    },
    onReadable(count) {
      // Now and then it leaves them unread.
      if (random() < 0.9) found.take(into, socket.read(into.subarray(0, Math.min(into.length, count))));
    },
    onClose: (reason) => void ends.push(reason),
  });
  const [beneath] = opened as [Beneath];
  beneath.gain(2_000);
  beneath.answer();
  if (writable === 0) throw new Error(`not open: ${ends[0]}`);
  beneath.source = new Pieces(mutator.next(false));
  while (!beneath.source.atEnd && !beneath.isClosed) {
    beneath.arrive(1 + mutator.below(400));
    clock.run();
    if (random() < 0.3) beneath.gain(mutator.below(300) + 1);
    if (ends.length === 0 && writable > 0 && random() < 0.3)
      writable = socket.write(into.subarray(0, Math.min(64, writable)));
    for (let count = socket.read(into); count > 0; count = socket.read(into)) found.take(into, count);
    clock.run();
  }
  socket.close();
  socket.close();
  clock.run();
  beneath.gain(100_000);
  if (!beneath.isClosed || ends.length > 1) throw new Error(`closed: ${beneath.isClosed}, ends: ${ends.join("; ")}`);
  const [end] = ends;
  // What a CLOSE says is the server's own.
  if (end !== undefined && (PROBLEMS.includes(end) || end.startsWith(OPCODE))) found.problem(end);
}
