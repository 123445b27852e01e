/**
 * The server's side of WebSocket in virtual time: puts it in front of whoever takes connections. RFC 6455. Over real sockets the
 * package `ws` serves; this one may also cut what it sends as no other server does, by chance.
 */
import type { Random } from "../../../src/platform.js";
import {
  BINARY,
  CLOSE,
  CONTINUATION,
  type FrameHandler,
  FrameReader,
  type FrameSource,
  MAXIMUM_WRITTEN,
  PING,
  writeFrame,
} from "../../../src/transports/websocket/frames.js";
import { acceptOf, bytesOf, SUBPROTOCOL } from "../../../src/transports/websocket/handshake.js";
import type { Accept, Peer, PeerCallbacks } from "./link.js";

/** Bytes of a request at most. */
const MAXIMUM_REQUEST = 4_096;

/** A frame's head without a mask, as long as the payload is not longer than {@link MAXIMUM_WRITTEN}. */
const OVERHEAD = 8;

/** Bytes of a message's part at least, where it is cut. */
const SHORTEST = 16;

/** @param chance cuts messages into frames and fragments, with PINGs and empty frames between; without it each push is a frame */
export function overWebSocket(accept: Accept, chance?: Random): Accept {
  return (peer) => new ServerEnd(peer, accept, chance).callbacks;
}

class ServerEnd implements FrameHandler, FrameSource {
  readonly #peer: Peer;
  readonly #accept: Accept;
  readonly #chance: Random | undefined;
  readonly #frames = new FrameReader(this, true);
  /** What has come and is not read yet. */
  #bytes: Uint8Array = new Uint8Array(0);
  /** The request so far, undefined when it is whole. */
  #request: string | undefined = "";
  #application: PeerCallbacks | undefined;
  #ended = false;
  readonly callbacks: PeerCallbacks = {
    onBytes: (bytes) => this.#onBytes(bytes),
    onClose: (reason) => {
      this.#ended = true;
      this.#application?.onClose(reason);
    },
  };

  constructor(peer: Peer, accept: Accept, chance: Random | undefined) {
    this.#peer = peer;
    this.#accept = accept;
    this.#chance = chance;
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.length, this.#bytes.length);
    into.set(this.#bytes.subarray(0, count));
    this.#bytes = this.#bytes.subarray(count);
    return count;
  }

  onControl(): void {
    // PONG: as it should. CLOSE: the end of the connection comes right behind it.
  }

  #onBytes(bytes: Uint8Array): void {
    this.#bytes = joined(this.#bytes, bytes);
    if (this.#request !== undefined) this.#readRequest();
    while (this.#request === undefined && !this.#ended && this.#frames.next(this)) {
      const payload = new Uint8Array(Math.min(this.#frames.left, this.#bytes.length));
      if (payload.length === 0) break;
      this.#frames.read(this, payload);
      this.#application?.onBytes(payload);
    }
    // A client of ours that sends anything wrong is a fault of ours: nothing of it must pass.
    if (this.#frames.problem !== undefined) throw new Error(`a client's frame: ${this.#frames.problem}`);
  }

  #readRequest(): void {
    const byte = new Uint8Array(1);
    while (this.#request !== undefined && this.read(byte) === 1) {
      this.#request += String.fromCharCode(byte[0] as number);
      if (this.#request.length > MAXIMUM_REQUEST) this.#refuse();
      else if (this.#request.endsWith("\r\n\r\n")) this.#answer(this.#request);
    }
  }

  #answer(request: string): void {
    const key = /^Sec-WebSocket-Key: ([A-Za-z0-9+/]{22}==)\r$/im.exec(request)?.[1];
    const asksFor = (header: string) => request.toLowerCase().includes(`\r\n${header}\r\n`);
    if (
      key === undefined ||
      !request.startsWith("GET /") ||
      !asksFor("upgrade: websocket") ||
      !asksFor("connection: upgrade") ||
      !asksFor("sec-websocket-version: 13") ||
      !asksFor(`sec-websocket-protocol: ${SUBPROTOCOL}`)
    ) {
      this.#refuse();
      return;
    }
    this.#request = undefined;
    this.#peer.push(
      bytesOf(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" +
          `Sec-WebSocket-Accept: ${acceptOf(key)}\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
      ),
    );
    this.#application = this.#accept({
      connection: this.#peer.connection,
      push: (bytes) => this.#send(bytes),
      close: () => this.#close(),
      reset: () => this.#peer.reset(),
      pause: () => this.#peer.pause(),
      resume: () => this.#peer.resume(),
    });
  }

  /** Some servers say CLOSE, and some just go. */
  #close(): void {
    const chance = this.#chance;
    if (chance !== undefined && chance() < 0.5) this.#peer.push(frame(CLOSE, Uint8Array.of(0x03, 0xe9)));
    this.#peer.close();
  }

  #refuse(): void {
    this.#ended = true;
    this.#peer.push(bytesOf("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
    this.#peer.close();
  }

  #send(bytes: Uint8Array): void {
    const chance = this.#chance;
    let at = 0;
    let fragmented = false;
    const parts: Uint8Array[] = [];
    do {
      const cut = chance === undefined ? MAXIMUM_WRITTEN : SHORTEST + Math.floor(chance() ** 3 * 2_000);
      const part = bytes.subarray(at, at + Math.min(cut, MAXIMUM_WRITTEN));
      at += part.length;
      const goesOn = chance !== undefined && chance() < 0.2;
      parts.push(frame(fragmented ? CONTINUATION : BINARY, part, !goesOn));
      fragmented = goesOn;
      if (chance !== undefined && chance() < 0.05) parts.push(frame(PING, bytesOf("alive?")));
    } while (at < bytes.length);
    if (fragmented) parts.push(frame(CONTINUATION, new Uint8Array(0)));
    for (const part of parts) this.#peer.push(part);
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function frame(opcode: number, payload: Uint8Array, isLast = true): Uint8Array {
  const bytes = new Uint8Array(payload.length + OVERHEAD);
  const length = writeFrame(opcode, payload, undefined, bytes);
  if (!isLast) bytes[0] = opcode;
  return bytes.subarray(0, length);
}
