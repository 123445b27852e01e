/** A socket of which everything is written down, and what the socket's contract needs of the far end. */
import type { OpenSocket, Socket } from "../../src/platform.js";
import type { Harness } from "./clause.js";

/** The far end of one connection. */
export interface Peer {
  /** All that has come. */
  received(): Uint8Array;
  /** How many bytes that is. */
  readonly count: number;
  /** The connection has ended, as the peer sees it. */
  readonly ended: boolean;
  push(bytes: Uint8Array): void;
  close(): void;
  reset(): void;
}

export interface SocketHarness extends Harness {
  readonly openSocket: OpenSocket;
  readonly address: string;
  readonly port: number;
  /** Where nobody listens. */
  readonly closedPort: number;
  /** All connections accepted, oldest first. */
  readonly peers: readonly Peer[];
}

/** A socket and all that it has reported, in order. */
export interface Recorder {
  readonly socket: Socket;
  readonly events: (["writable" | "readable", number] | ["close", string | undefined])[];
  /** Bytes that a `write` takes at most, by the last word on it. */
  room: number;
  write(bytes: Uint8Array): void;
  count(kind: Kind): number;
}

type Kind = "writable" | "readable" | "close";

export interface Handlers {
  onWritable?(recorder: Recorder): void;
  onReadable?(recorder: Recorder, count: number): void;
  onClose?(recorder: Recorder): void;
}

export function open(harness: SocketHarness, handlers: Handlers = {}, port = harness.port): Recorder {
  let constructed = false;
  const counts = { writable: 0, readable: 0, close: 0 };
  const recorder: Recorder = {
    // biome-ignore lint/style/noNonNullAssertion: given below, before anything can be called
    socket: undefined!,
    events: [],
    room: 0,
    write: (bytes) => {
      recorder.room = recorder.socket.write(bytes);
    },
    count: (kind) => counts[kind],
  };
  const called = (kind: Kind) => {
    if (!constructed) throw new Error("called back from inside openSocket");
    counts[kind]++;
  };
  const socket = harness.openSocket({
    host: "peer.test",
    address: harness.address,
    port,
    onWritable: (room) => {
      called("writable");
      recorder.events.push(["writable", room]);
      recorder.room = room;
      handlers.onWritable?.(recorder);
    },
    onReadable: (count) => {
      called("readable");
      recorder.events.push(["readable", count]);
      handlers.onReadable?.(recorder, count);
    },
    onClose: (reason) => {
      called("close");
      recorder.events.push(["close", reason]);
      handlers.onClose?.(recorder);
    },
  });
  constructed = true;
  Object.assign(recorder, { socket });
  return recorder;
}

export async function connect(harness: SocketHarness, handlers: Handlers = {}): Promise<[Recorder, Peer]> {
  const before = harness.peers.length;
  const recorder = open(harness, handlers);
  await harness.until(() => recorder.count("writable") > 0 && harness.peers.length > before);
  return [recorder, harness.peers[before] as Peer];
}

/** Waits until what was under way on other connections has happened: fresh connections have gone through their lives. */
export async function fence(harness: SocketHarness): Promise<void> {
  for (let i = 0; i < 2; i++) {
    const before = harness.peers.length;
    const recorder = open(harness);
    await harness.until(() => recorder.count("writable") > 0);
    recorder.write(bytes(1));
    // Others may be accepted meanwhile: those that a check has closed at once.
    const own = () => harness.peers.slice(before).find(({ count }) => count === 1);
    await harness.until(() => own() !== undefined);
    own()?.push(bytes(1));
    await harness.until(() => recorder.count("readable") > 0);
    recorder.socket.close();
    await harness.until(() => own()?.ended === true);
  }
}

/** Bytes of which a mistake in order or number shows. */
export function bytes(length: number): Uint8Array {
  const result = new Uint8Array(length);
  for (let i = 0; i < length; i++) result[i] = (i * 31 + (i >> 8) * 7 + 1) & 0xff;
  return result;
}

/** Keeps writing `all` as far as there is room, and nothing but `onWritable` makes it go on. */
export function writer(all: Uint8Array): NonNullable<Handlers["onWritable"]> {
  let written = 0;
  return (recorder) => {
    while (recorder.room > 0 && written < all.length) {
      const part = all.subarray(written, written + recorder.room);
      written += part.length;
      recorder.write(part);
    }
  };
}

export function readAll({ socket }: Recorder, step = 1000): Uint8Array {
  const parts: Uint8Array[] = [];
  for (;;) {
    const into = new Uint8Array(step);
    const count = socket.read(into);
    if (count === 0) return joined(parts);
    parts.push(into.subarray(0, count));
  }
}

/** Not by Buffer, which XS has not: the contract runs there too. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Compared here, for as many bytes as an assertion would take long to show. */
export function isSame(got: ArrayLike<number>, sent: Uint8Array): boolean {
  return got.length === sent.length && sent.every((byte, at) => byte === got[at]);
}
