/**
 * WebSocket as a road for MQTT: an opener over whatever opener there is. RFC 6455; MQTT 3.1.1 section 6.
 *
 *     openSocket: websocketOpener({ openSocket: tcpOpener(), clock, random }, { path: "/mqtt" })
 */
import type { Clock, OpenSocket, Random, Socket, SocketOptions, Timer } from "../../platform.js";
import { closeWords, NORMAL, PROTOCOL_ERROR } from "./codes.js";
import {
  BINARY,
  CLOSE,
  type FrameHandler,
  FrameReader,
  type FrameSource,
  MAXIMUM_WRITTEN,
  PING,
  PONG,
  writeFrame,
} from "./frames.js";
import { Answer, bytesOf, makeKey, printable, requestOf } from "./handshake.js";

/** What the opener stands on. */
export interface WebSocketPlatform {
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  /** For keys and masks. */
  readonly random: Random;
}

export interface WebSocketOptions {
  /** Where on the server, with a query if it needs one. ASCII, begins with `/`. Default `/mqtt`. */
  readonly path?: string | undefined;
}

/** Bytes that a frame takes beside its payload at most: what there may be too little room for. */
const OVERHEAD = 8;

/** Milliseconds after `close()` until what was written must have found room. */
const LINGER = 5_000;

/** The socket beneath, and how much of it may be read without being announced again. */
class Beneath implements FrameSource {
  readonly socket: Socket;
  available = 0;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  read(into: Uint8Array): number {
    const count = this.socket.read(into);
    this.available = Math.max(0, this.available - count);
    return count;
  }
}

const CONNECTING = 0;
const OPEN = 1;
/** Nothing is handed on any more; what was written is still on its way out. */
const CLOSING = 2;
const CLOSED = 3;

/** @throws RangeError when the path cannot be one */
export function websocketOpener(platform: WebSocketPlatform, { path = "/mqtt" }: WebSocketOptions = {}): OpenSocket {
  checkPath(path);
  return (options) => new WebSocketConnection(platform, options, path);
}

function checkPath(path: string): void {
  let wrong = path.charAt(0) !== "/";
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f) wrong = true;
  }
  if (wrong) throw new RangeError(`path is "${printable(path, 60)}": must begin with / and be ASCII without spaces`);
}

class WebSocketConnection implements Socket, FrameHandler {
  private readonly options: SocketOptions;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly beneath: Beneath;
  private readonly frames: FrameReader;
  /** The server's answer to the handshake. */
  private readonly answer: Answer;
  private state = CONNECTING;
  /** Bytes that the socket beneath takes at once. */
  private room = 0;
  /** Bytes that the owner was told it may write: a PONG may have taken some of that room since. */
  private promised = 0;
  /** The socket beneath was open. */
  private reached = false;
  /** Bytes for which it had no room: a frame exceeds the room by its head at most. */
  private pending: Uint8Array | undefined;
  /** What the newest PING wants back that found no room. Section 5.5.3. */
  private pong: Uint8Array | undefined;
  /** Frames are made here. */
  private scratch = new Uint8Array(64);
  /** Bytes that the owner was told of and has not read. */
  private unread = 0;
  /** The owner hears nothing any more: it has closed, or was told of the end. */
  private silent = false;
  private linger: Timer | undefined;

  constructor({ openSocket, clock, random }: WebSocketPlatform, options: SocketOptions, path: string) {
    this.options = options;
    this.clock = clock;
    this.random = random;
    this.frames = new FrameReader(this, false);
    const key = makeKey(random);
    this.answer = new Answer(path, key);
    this.pending = bytesOf(requestOf(options, path, key));
    const { host, address, others, port } = options;
    this.beneath = new Beneath(
      openSocket({
        host,
        address,
        others,
        port,
        onWritable: this.onWritable.bind(this),
        onReadable: this.onReadable.bind(this),
        onClose: this.onClose.bind(this),
      }),
    );
  }

  // ---- what the owner calls

  read(into: Uint8Array): number {
    if (this.state !== OPEN) return 0;
    const count = this.frames.read(this.beneath, into);
    this.unread = Math.max(0, this.unread - count);
    this.checkFrames();
    return count;
  }

  /** One frame. */
  write(bytes: Uint8Array): number {
    if (this.state !== OPEN) throw new Error("the connection is not open");
    const { promised } = this;
    if (bytes.length > promised) throw new Error(`no room: ${bytes.length} bytes to write, room for ${promised}`);
    if (bytes.length > 0) this.send(BINARY, bytes);
    this.promised = this.payloadRoom();
    return this.promised;
  }

  close(): void {
    this.silent = true;
    if (this.state === OPEN) this.leave(NORMAL);
    else if (this.state === CONNECTING) this.end();
  }

  // ---- what the socket beneath calls

  private onWritable(room: number): void {
    this.room = room;
    this.reached = true;
    this.flush();
    if (this.state === OPEN) this.announceRoom();
    else if (this.state === CLOSING && this.pending === undefined) this.end();
  }

  private onReadable(count: number): void {
    this.beneath.available = count;
    if (this.state === CONNECTING) this.readAnswer();
    if (this.state === OPEN) this.announceBytes();
    // Unread bytes would hold back the end of the connection, and what was written with it.
    else if (this.state === CLOSING) while (this.beneath.read(this.scratch) > 0);
  }

  private onClose(reason: string | undefined): void {
    const early = this.state === CONNECTING && this.reached;
    this.state = CLOSED;
    this.stopLingering();
    this.report(early ? "closed in the opening handshake: is this the port for WebSocket?" : reason);
  }

  // ---- opening

  private readAnswer(): void {
    const { answer, beneath } = this;
    const byte = new Uint8Array(1);
    do if (beneath.read(byte) === 0) return;
    while (!answer.take(byte[0] as number));
    if (answer.problem !== undefined) {
      this.reportLater(answer.problem);
      this.end();
      return;
    }
    this.state = OPEN;
    this.announceRoom();
  }

  // ---- reading

  /** Goes on as long as the owner reads all that it is told of: who leaves bytes unread reads on without being told. */
  private announceBytes(): void {
    const { frames, beneath } = this;
    while (this.state === OPEN && frames.next(beneath)) {
      const count = Math.min(frames.left, beneath.available);
      // What came behind unread bytes, a PING perhaps, is no reason to announce those again.
      if (count <= this.unread) break;
      this.unread = count;
      this.options.onReadable(count);
      if (this.unread > 0) break;
    }
    this.checkFrames();
  }

  private checkFrames(): void {
    const { problem } = this.frames;
    if (problem === undefined || this.state !== OPEN) return;
    this.reportLater(problem);
    this.leave(PROTOCOL_ERROR);
  }

  onControl(opcode: number, payload: Uint8Array): void {
    if (this.state !== OPEN) return;
    if (opcode === CLOSE) {
      const code = payload.length < 2 ? undefined : ((payload[0] as number) << 8) | (payload[1] as number);
      const reason = printable(String.fromCharCode.apply(undefined, Array.from(payload.subarray(2))), 30);
      this.reportLater(reason === "" ? closeWords(code) : `${closeWords(code)}: ${reason}`);
      this.leave(code !== undefined && code >= 1000 && code < 5000 ? code : NORMAL);
    } else if (opcode === PING) {
      this.pong = payload;
      this.sendPong();
    }
  }

  // ---- writing

  /** Bytes that one `write` takes. What the frame's head adds to them may have to wait. */
  private payloadRoom(): number {
    return this.pending === undefined ? Math.min(this.room, MAXIMUM_WRITTEN) : 0;
  }

  private announceRoom(): void {
    this.promised = this.payloadRoom();
    if (this.promised > 0) this.options.onWritable(this.promised);
  }

  private send(opcode: number, payload: Uint8Array): void {
    if (this.scratch.length < payload.length + OVERHEAD) this.scratch = new Uint8Array(payload.length + OVERHEAD);
    const length = writeFrame(opcode, payload, Math.floor(this.random() * 0x1_0000_0000), this.scratch);
    const waiting = this.pending;
    if (waiting === undefined) this.pending = this.scratch.subarray(0, length);
    else {
      this.pending = new Uint8Array(waiting.length + length);
      this.pending.set(waiting);
      this.pending.set(this.scratch.subarray(0, length), waiting.length);
    }
    this.flush();
    // The next frame is made where this one stands.
    if (this.pending?.buffer === this.scratch.buffer) this.pending = this.pending.slice();
  }

  /** What is left over has found the room used up: then more of it is announced. */
  private flush(): void {
    let { pending } = this;
    while (pending !== undefined && this.room > 0) {
      const taken = Math.min(this.room, pending.length);
      try {
        // The room may be more than was known: what has gone out since was not announced.
        this.room = this.beneath.socket.write(taken === pending.length ? pending : pending.subarray(0, taken));
      } catch {
        // The connection has ended, and the socket beneath is about to say so: until then there is no room.
        this.room = 0;
        return;
      }
      pending = taken === pending.length ? undefined : pending.subarray(taken);
      this.pending = pending;
    }
    this.sendPong();
  }

  private sendPong(): void {
    const { pong } = this;
    if (pong === undefined || this.state !== OPEN || this.payloadRoom() === 0) return;
    this.pong = undefined;
    this.send(PONG, pong);
  }

  // ---- ending

  /** Closes behind what was written. Section 7.1.2; the server's own CLOSE is not waited for. */
  private leave(code: number): void {
    this.state = CLOSING;
    const payload = new Uint8Array(2);
    payload[0] = code >> 8;
    payload[1] = code;
    this.send(CLOSE, payload);
    if (this.pending === undefined) this.end();
    else this.linger = this.clock.setTimer(this.end.bind(this), LINGER);
  }

  private end(): void {
    this.state = CLOSED;
    this.stopLingering();
    this.beneath.socket.close();
  }

  private stopLingering(): void {
    if (this.linger !== undefined) this.clock.clearTimer(this.linger);
    this.linger = undefined;
  }

  /** Not from inside a method of ours that the owner has called. */
  private reportLater(reason: string): void {
    this.clock.setTimer(this.report.bind(this, reason), 0);
  }

  private report(reason: string | undefined): void {
    if (this.silent) return;
    this.silent = true;
    this.options.onClose(reason);
  }
}
