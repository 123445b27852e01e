/** A WebSocket of ours in virtual time, and the other end of its TCP connection in the test's hand. */
import type { Peer } from "../../../host-sim/core/network/link.js";
import { Network } from "../../../host-sim/core/network/network.js";
import { VirtualClock } from "../../../host-sim/core/world/clock.js";
import { RandomStream } from "../../../host-sim/core/world/random.js";
import type { Socket } from "../../../src/platform.js";
import { acceptOf } from "../../../src/transports/websocket/handshake.js";
import { type WebSocketOptions, websocketOpener } from "../../../src/transports/websocket/opener.js";

export interface Frame {
  readonly opcode: number;
  readonly isLast: boolean;
  readonly masked: boolean;
  readonly payload: Buffer;
  /** With its head. */
  readonly length: number;
}

export interface RigOptions extends WebSocketOptions {
  /** Bytes that the socket beneath takes at once. */
  readonly window?: number;
  readonly host?: string;
  /** What is done to the socket beneath. */
  change?(socket: Socket): Socket;
}

export class WebSocketRig {
  readonly clock = new VirtualClock();
  readonly socket: Socket;
  /** What the owner was told. */
  readonly rooms: number[] = [];
  readonly announced: number[] = [];
  readonly read: Buffer[] = [];
  readonly ends: (string | undefined)[] = [];
  /** Whether the owner reads what it is told of. */
  reads = true;
  /** Each `write` that the server's end has got. */
  readonly writes: Buffer[] = [];
  isOver = false;
  peer: Peer | undefined;

  constructor({ window = 8_192, change = (socket) => socket, ...options }: RigOptions = {}) {
    const network = new Network({ clock: this.clock });
    network.listen("192.0.2.1", 80, (peer) => {
      this.peer = peer;
      return {
        onBytes: (bytes) => void this.writes.push(Buffer.from(bytes)),
        onClose: () => {
          this.isOver = true;
        },
      };
    });
    const { openSocket } = network.station({ window, receiveWindow: 65_535, peerWindow: Math.max(400, window) });
    const random = new RandomStream("websocket").random;
    this.socket = websocketOpener(
      { openSocket: (beneath) => change(openSocket(beneath)), clock: this.clock, random },
      options,
    )({
      host: options.host ?? "broker.test",
      address: "192.0.2.1",
      port: 80,
      onWritable: (room) => void this.rooms.push(room),
      onReadable: (count) => {
        this.announced.push(count);
        if (!this.reads) return;
        const into = Buffer.alloc(count);
        this.read.push(into.subarray(0, this.socket.read(into)));
      },
      onClose: (reason) => void this.ends.push(reason),
    });
    this.settle();
  }

  settle(): void {
    this.clock.advance(1);
  }

  /** What the client has sent, as the server sees it. */
  get sent(): Buffer {
    return Buffer.concat(this.writes);
  }

  get request(): string {
    return this.sent.toString("latin1").split("\r\n\r\n")[0] as string;
  }

  get key(): string {
    return /^Sec-WebSocket-Key: (.*)$/m.exec(this.request)?.[1]?.trim() as string;
  }

  /** The server sends. */
  push(...parts: (Uint8Array | string | readonly number[])[]): void {
    for (const part of parts)
      this.peer?.push(typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part));
    this.settle();
  }

  /** A right answer to the handshake. @param changed headers by name; undefined leaves one out */
  answer(changed: { readonly [name: string]: string | undefined } = {}): string {
    const headers = {
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Accept": acceptOf(this.key),
      "Sec-WebSocket-Protocol": "mqtt",
      ...changed,
    };
    const lines = Object.entries(headers).filter(([, value]) => value !== undefined);
    return `HTTP/1.1 101 Switching Protocols\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  }

  /** Connects, and forgets the handshake. */
  connected(): this {
    this.push(this.answer());
    this.writes.length = 0;
    return this;
  }

  /** The server reads no more, and the client writes until there is no room. */
  fill(): void {
    this.peer?.pause();
    let rounds: number;
    do {
      rounds = this.rooms.length;
      for (let room = this.rooms.at(-1) as number; room > 0; ) room = this.socket.write(Buffer.alloc(room));
      this.settle();
    } while (this.rooms.length > rounds);
  }

  /** The frames that the client has sent since. */
  get frames(): Frame[] {
    return framesOf(this.sent);
  }
}

/** Reads frames in another way than ours: all of them must be whole. */
export function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    const [first = 0, second = 0] = bytes.subarray(at, at + 2);
    at += 2;
    let length = second & 0x7f;
    if (length === 126) length = bytes.readUInt16BE(at);
    if ((second & 0x7f) === 126) at += 2;
    const masked = second >= 0x80;
    const mask = masked ? bytes.subarray(at, at + 4) : Buffer.alloc(4);
    if (masked) at += 4;
    const payload = Buffer.from(bytes.subarray(at, at + length)).map(
      (byte, index) => byte ^ (mask[index % 4] as number),
    );
    at += length;
    if (at > bytes.length) throw new Error("the last frame is not whole");
    frames.push({
      opcode: first & 15,
      isLast: first >= 0x80,
      masked,
      payload: Buffer.from(payload),
      length: at - start,
    });
  }
  return frames;
}

/** A server's frame. */
export function frame(opcode: number, payload: Uint8Array | string = "", isLast = true): Buffer {
  const body = Buffer.from(payload as Uint8Array);
  const head = [(isLast ? 0x80 : 0) | opcode];
  if (body.length < 126) head.push(body.length);
  else if (body.length < 65_536) head.push(126, body.length >> 8, body.length & 255);
  else
    head.push(
      127,
      0,
      0,
      0,
      0,
      (body.length >>> 24) & 255,
      (body.length >> 16) & 255,
      (body.length >> 8) & 255,
      body.length & 255,
    );
  return Buffer.concat([Buffer.from(head), body]);
}
