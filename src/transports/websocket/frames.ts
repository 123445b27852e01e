/** Frames, as they come and as they are written. RFC 6455 section 5. */

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** Bytes that a control frame may have. Section 5.5. */
export const MAXIMUM_CONTROL = 125;

/** Bytes of a payload that a head of 8 bytes can announce, the mask included. */
export const MAXIMUM_WRITTEN = 65_535;

/** Data frames without payload in a row that a peer may send; no sender has use for them. */
const MAXIMUM_EMPTY = 100;

/** Bytes of a head at most: two, eight for the length, four for the mask. */
const LONGEST_HEAD = 14;

export interface FrameSource {
  /** Moves bytes to the start of `into`. @returns how many, 0 where there are none by now */
  read(into: Uint8Array): number;
}

export interface FrameHandler {
  /** A control frame is whole. @param payload only until the call returns */
  onControl(opcode: number, payload: Uint8Array): void;
}

/**
 * A frame of payload up to 65,535 bytes, alone in its message.
 * @param into has 8 bytes more than the payload. @param mask four bytes as a number; undefined where a server writes
 * @returns bytes written
 */
export function writeFrame(opcode: number, payload: Uint8Array, mask: number | undefined, into: Uint8Array): number {
  const { length } = payload;
  into[0] = 0x80 | opcode;
  let at = 2;
  const masked = mask === undefined ? 0 : 0x80;
  if (length < 126) into[1] = masked | length;
  else {
    into[1] = masked | 126;
    into[2] = length >> 8;
    into[3] = length;
    at = 4;
  }
  if (mask === undefined) {
    into.set(payload, at);
    return at + length;
  }
  const key = at;
  for (let index = 0; index < 4; index++) into[at++] = mask >>> (24 - index * 8);
  for (let index = 0; index < length; index++)
    into[at++] = (payload[index] as number) ^ (into[key + (index & 3)] as number);
  return at;
}

/** Takes a stream of frames apart, of which it holds the head and a control frame's payload at most. */
export class FrameReader {
  /** What the peer has done wrong: nothing after it is read. */
  problem: string | undefined;
  /** The peer has sent CLOSE: nothing after it is read. Section 5.5.1. */
  closed = false;
  /** Bytes of the data frame's payload that are still to be read. */
  left = 0;
  private readonly handler: FrameHandler;
  /** Whether the peer must mask what it sends: a client must, a server must not. Section 5.1. */
  private readonly masked: boolean;
  private readonly head = new Uint8Array(LONGEST_HEAD);
  private filled = 0;
  private control: Uint8Array | undefined;
  private controlOpcode = 0;
  private controlled = 0;
  /** In a message whose last frame is still to come. */
  private fragmented = false;
  private empty = 0;
  /** Bytes of the payload that were unmasked. */
  private unmasked = 0;

  constructor(handler: FrameHandler, masked: boolean) {
    this.handler = handler;
    this.masked = masked;
  }

  /** Reads on to the next payload of a data frame. @returns whether there may be some of it */
  next(source: FrameSource): boolean {
    while (this.left === 0) {
      if (this.problem !== undefined || this.closed) return false;
      if (this.control !== undefined) {
        if (!this.readControl(source, this.control)) return false;
      } else if (!this.readHead(source)) return false;
    }
    return true;
  }

  /** Payload of data frames, whose borders mean nothing [MQTT-6.0.0-2]. @returns bytes moved to the start of `into` */
  read(source: FrameSource, into: Uint8Array): number {
    let at = 0;
    while (at < into.length && this.next(source)) {
      const end = Math.min(into.length, at + this.left);
      const count = source.read(at === 0 && end === into.length ? into : into.subarray(at, end));
      if (count === 0) break;
      if (this.masked) this.unmask(into, at, count);
      at += count;
      this.left -= count;
    }
    return at;
  }

  /** @returns whether a head is whole, and right */
  private readHead(source: FrameSource): boolean {
    const { head } = this;
    for (;;) {
      const needed = this.filled < 2 ? 2 : headLength(head[1] as number);
      if (this.filled === needed) break;
      const count = source.read(head.subarray(this.filled, needed));
      if (count === 0) return false;
      this.filled += count;
    }
    this.filled = 0;
    this.unmasked = 0;
    this.problem = this.begin(head[0] as number, head[1] as number);
    return this.problem === undefined;
  }

  /** @returns what is wrong */
  private begin(first: number, second: number): string | undefined {
    const opcode = first & 0x0f;
    const last = first >= 0x80;
    if ((first & 0x70) !== 0) return "a frame has reserved bits";
    if (second >= 0x80 !== this.masked)
      return this.masked ? "a frame is not masked" : "a frame from the server is masked";
    const short = second & 0x7f;
    if (opcode >= CLOSE) {
      if (opcode > PONG) return `a frame has the unknown opcode ${opcode}`;
      if (!last) return "a control frame is fragmented";
      if (short > MAXIMUM_CONTROL) return `a control frame has more than ${MAXIMUM_CONTROL} bytes`;
      this.control = new Uint8Array(short);
      this.controlOpcode = opcode;
      this.controlled = 0;
      return undefined;
    }
    if (opcode === TEXT) return "a text frame came; MQTT comes in binary frames";
    if (opcode > BINARY) return `a frame has the unknown opcode ${opcode}`;
    if ((opcode === CONTINUATION) !== this.fragmented)
      return this.fragmented ? "a message begins inside another one" : "a frame continues no message";
    this.fragmented = !last;
    const length = this.lengthOf(short);
    if (length < 0) return "a frame is longer than 4 GB";
    this.left = length;
    if (length > 0) this.empty = 0;
    else if (++this.empty > MAXIMUM_EMPTY) return `more than ${MAXIMUM_EMPTY} frames in a row are empty`;
    return undefined;
  }

  /** @returns -1 for a length of more than four bytes */
  private lengthOf(short: number): number {
    const { head } = this;
    if (short < 126) return short;
    if (short === 126) return ((head[2] as number) << 8) | (head[3] as number);
    if (head[2] || head[3] || head[4] || head[5]) return -1;
    return (
      (((head[6] as number) << 24) | ((head[7] as number) << 16) | ((head[8] as number) << 8) | (head[9] as number)) >>>
      0
    );
  }

  /** @returns whether it was whole */
  private readControl(source: FrameSource, control: Uint8Array): boolean {
    while (this.controlled < control.length) {
      const count = source.read(control.subarray(this.controlled));
      if (count === 0) return false;
      if (this.masked) this.unmask(control, this.controlled, count);
      this.controlled += count;
    }
    this.control = undefined;
    this.closed = this.controlOpcode === CLOSE;
    this.handler.onControl(this.controlOpcode, control);
    return true;
  }

  private unmask(bytes: Uint8Array, at: number, count: number): void {
    const key = headLength(this.head[1] as number) - 4;
    for (let index = at; index < at + count; index++)
      bytes[index] = (bytes[index] as number) ^ (this.head[key + (this.unmasked++ & 3)] as number);
  }
}

/** Bytes of a head, by its second byte. */
function headLength(second: number): number {
  const short = second & 0x7f;
  return (short === 127 ? 10 : short === 126 ? 4 : 2) + (second >= 0x80 ? 4 : 0);
}
