import { expect } from "vitest";
import type { OpenSocket, Socket } from "../../src/platform.js";
import type { Contract, Harness } from "./contract.js";

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
interface Recorder {
  readonly socket: Socket;
  readonly events: (["writable" | "readable", number] | ["close", string | undefined])[];
  /** Bytes that a `write` takes at most, by the last word on it. */
  room: number;
  write(bytes: Uint8Array): void;
  count(kind: Kind): number;
}

type Kind = "writable" | "readable" | "close";

interface Handlers {
  onWritable?(recorder: Recorder): void;
  onReadable?(recorder: Recorder, count: number): void;
  onClose?(recorder: Recorder): void;
}

function open(harness: SocketHarness, handlers: Handlers = {}, port = harness.port): Recorder {
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

async function connect(harness: SocketHarness, handlers: Handlers = {}): Promise<[Recorder, Peer]> {
  const before = harness.peers.length;
  const recorder = open(harness, handlers);
  await harness.until(() => recorder.count("writable") > 0 && harness.peers.length > before);
  return [recorder, harness.peers[before] as Peer];
}

/** Waits until what was under way on other connections has happened: fresh connections have gone through their lives. */
async function fence(harness: SocketHarness): Promise<void> {
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
function bytes(length: number): Uint8Array {
  const result = new Uint8Array(length);
  for (let i = 0; i < length; i++) result[i] = (i * 31 + (i >> 8) * 7 + 1) & 0xff;
  return result;
}

/** Keeps writing `all` as far as there is room, and nothing but `onWritable` makes it go on. */
function writer(all: Uint8Array): NonNullable<Handlers["onWritable"]> {
  let written = 0;
  return (recorder) => {
    while (recorder.room > 0 && written < all.length) {
      const part = all.subarray(written, written + recorder.room);
      written += part.length;
      recorder.write(part);
    }
  };
}

function readAll({ socket }: Recorder, step = 1000): Uint8Array {
  const parts: Uint8Array[] = [];
  for (;;) {
    const into = new Uint8Array(step);
    const count = socket.read(into);
    if (count === 0) return Uint8Array.from(Buffer.concat(parts));
    parts.push(into.subarray(0, count));
  }
}

export const socketContract: Contract<SocketHarness> = [
  {
    says: "says that the connection is open by a first onWritable with room for at least 1 byte, and not before",
    async check(harness) {
      const recorder = open(harness);
      expect(recorder.events).toEqual([]);
      await harness.until(() => recorder.events.length > 0);
      const [event, room] = recorder.events[0] as ["writable", number];
      expect(event).toBe("writable");
      expect(room).toBeGreaterThanOrEqual(1);
    },
  },
  {
    says: "throws at a write before the connection is open, and takes nothing",
    async check(harness) {
      const before = harness.peers.length;
      const recorder = open(harness);
      expect(() => recorder.socket.write(bytes(1))).toThrow(Error);
      await harness.until(() => recorder.count("writable") > 0 && harness.peers.length > before);
      recorder.write(Uint8Array.of(99));
      const peer = harness.peers[before] as Peer;
      await harness.until(() => peer.count > 0);
      await fence(harness);
      expect([...peer.received()]).toEqual([99]);
    },
  },
  {
    says: "returns the room that a write has left",
    async check(harness) {
      const [recorder] = await connect(harness);
      const room = recorder.room;
      const first = Math.ceil(room / 3);
      expect(recorder.socket.write(bytes(first))).toBe(room - first);
      expect(recorder.socket.write(bytes(room - first))).toBe(0);
    },
  },
  {
    says: "delivers what was written, whole and in order",
    async check(harness) {
      const [recorder] = await connect(harness);
      const all = bytes(Math.min(200_000, 300 * recorder.room));
      recorder.socket.close();
      const [, peer] = await connect(harness, { onWritable: writer(all) });
      await harness.until(() => peer.count >= all.length, 120_000);
      expect(Buffer.from(peer.received()).equals(all)).toBe(true);
    },
  },
  {
    says: "copies bytes before write returns",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      const buffer = Uint8Array.of(1, 2, 3).subarray(0, Math.min(3, recorder.room));
      const sent = [...buffer];
      recorder.write(buffer);
      buffer.fill(77);
      await harness.until(() => peer.count >= sent.length);
      expect([...peer.received()]).toEqual(sent);
    },
  },
  {
    says: "throws at more bytes than there is room for, takes none of them and goes on",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      const room = recorder.room;
      expect(() => recorder.socket.write(bytes(room + 1))).toThrow(Error);
      expect(recorder.socket.write(Uint8Array.of(5))).toBe(room - 1);
      expect(() => recorder.socket.write(bytes(room))).toThrow(Error);
      await harness.until(() => peer.count > 0);
      await fence(harness);
      expect([...peer.received()]).toEqual([5]);
    },
  },
  {
    says: "calls onWritable after a write that left no room, and not from inside it",
    async check(harness) {
      let inside = false;
      const [recorder] = await connect(harness, {
        onWritable: () => expect(inside).toBe(false),
      });
      for (let round = 1; round <= 3; round++) {
        inside = true;
        expect(recorder.socket.write(bytes(recorder.room))).toBe(0);
        inside = false;
        const before = recorder.count("writable");
        await harness.until(() => recorder.count("writable") > before);
        expect(recorder.room).toBeGreaterThanOrEqual(1);
      }
    },
  },
  {
    says: "never announces room that is not there",
    async check(harness) {
      let rounds = 0;
      await connect(harness, {
        onWritable: (recorder) => {
          if (rounds++ < 5) recorder.write(bytes(recorder.room));
        },
      });
      await harness.until(() => rounds >= 5);
    },
  },
  {
    says: "announces bytes by how many can be read, and reads them",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      peer.push(bytes(10));
      await harness.until(() => recorder.count("readable") > 0);
      const count = recorder.events.find(([event]) => event === "readable")?.[1] as number;
      expect(count).toBeGreaterThanOrEqual(1);
      const into = new Uint8Array(count).fill(255);
      expect(recorder.socket.read(into)).toBe(count);
      expect([...into]).toEqual([...bytes(10).subarray(0, count)]);
    },
  },
  {
    says: "reads nothing where there is nothing, and leaves the buffer alone",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      const into = new Uint8Array(4).fill(9);
      expect(recorder.socket.read(into)).toBe(0);
      peer.push(bytes(2));
      await harness.until(() => recorder.count("readable") > 0);
      readAll(recorder);
      expect(recorder.socket.read(into)).toBe(0);
      expect([...into]).toEqual([9, 9, 9, 9]);
    },
  },
  {
    says: "moves bytes to the start of the buffer it is given, and no further than its end",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      peer.push(bytes(7));
      await harness.until(() => recorder.count("readable") > 0);
      const backing = new Uint8Array(9).fill(200);
      expect(recorder.socket.read(backing.subarray(3, 6))).toBe(3);
      expect([...backing]).toEqual([200, 200, 200, ...bytes(7).subarray(0, 3), 200, 200, 200]);
      expect([...readAll(recorder, 2)]).toEqual([...bytes(7).subarray(3)]);
    },
  },
  {
    says: "does not announce again what was left unread, but still gives it",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      peer.push(bytes(6));
      await harness.until(() => recorder.count("readable") > 0);
      recorder.socket.read(new Uint8Array(2));
      await fence(harness);
      expect(recorder.count("readable")).toBe(1);
      expect([...readAll(recorder)]).toEqual([...bytes(6).subarray(2)]);
    },
  },
  {
    says: "announces at most what can be read at once",
    async check(harness) {
      const sizes: [number, number][] = [];
      let received = 0;
      const [, peer] = await connect(harness, {
        onReadable: ({ socket }, count) => {
          const got = socket.read(new Uint8Array(count));
          sizes.push([count, got]);
          received += got;
        },
      });
      for (let i = 0; i < 5; i++) peer.push(bytes(3000));
      await harness.until(() => received === 15_000);
      for (const [count, got] of sizes) expect(got).toBe(count);
    },
  },
  {
    says: "gives all bytes in order to one who reads them late, in part and without being asked",
    async check(harness) {
      const all = bytes(50_000);
      const [recorder, peer] = await connect(harness);
      peer.push(all);
      await harness.until(() => recorder.count("readable") > 0);
      await fence(harness);
      const got: number[] = [];
      while (got.length < all.length) {
        const into = new Uint8Array(1009);
        const announced = recorder.count("readable");
        const count = recorder.socket.read(into);
        got.push(...into.subarray(0, count));
        if (count === 0 && got.length < all.length) await harness.until(() => recorder.count("readable") > announced);
      }
      expect(Buffer.from(got).equals(all)).toBe(true);
    },
  },
  {
    says: "announces what the peer sent last before it says that the peer closed",
    async check(harness) {
      const got: number[] = [];
      const [recorder, peer] = await connect(harness, {
        onReadable: (self) => got.push(...readAll(self)),
      });
      peer.push(bytes(2000));
      peer.close();
      await harness.until(() => recorder.count("close") > 0);
      expect(got).toEqual([...bytes(2000)]);
      expect(recorder.events.at(-1)?.[0]).toBe("close");
    },
  },
  {
    says: "says once that the connection has ended, and nothing after it",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      peer.close();
      await harness.until(() => recorder.count("close") > 0);
      await fence(harness);
      expect(recorder.count("close")).toBe(1);
      expect(recorder.events.at(-1)?.[0]).toBe("close");
    },
  },
  {
    says: "says once that the connection was lost",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      peer.reset();
      await harness.until(() => recorder.count("close") > 0);
      await fence(harness);
      expect(recorder.count("close")).toBe(1);
      expect(recorder.events.at(-1)?.[0]).toBe("close");
    },
  },
  {
    says: "gives a reason of a few words or none",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      peer.reset();
      await harness.until(() => recorder.count("close") > 0);
      const reason = recorder.events.at(-1)?.[1];
      if (reason !== undefined) expect(reason).toMatch(/^\S.{0,79}$/);
    },
  },
  {
    // Not with bytes left unread: there, an implementation may hold the end back until they are read.
    says: "reads nothing after the end, and throws at a write",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      peer.push(bytes(10));
      await harness.until(() => recorder.count("readable") > 0);
      readAll(recorder);
      peer.reset();
      await harness.until(() => recorder.count("close") > 0);
      expect(recorder.socket.read(new Uint8Array(4))).toBe(0);
      expect(() => recorder.socket.write(bytes(1))).toThrow(Error);
    },
  },
  {
    says: "reports a connection that cannot be made by onClose alone, and does not throw",
    async check(harness) {
      const recorder = open(harness, {}, harness.closedPort);
      await harness.until(() => recorder.events.length > 0);
      await fence(harness);
      expect(recorder.events.map(([event]) => event)).toEqual(["close"]);
    },
  },
  {
    says: "ends the connection for the peer at close()",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      recorder.socket.close();
      await harness.until(() => peer.ended);
    },
  },
  {
    says: "delivers what was written before close()",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      const all = bytes(recorder.room);
      recorder.write(all);
      recorder.socket.close();
      await harness.until(() => peer.ended);
      expect([...peer.received()]).toEqual([...all]);
    },
  },
  {
    says: "delivers what was written before close(), though received bytes are left unread",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      peer.push(bytes(500));
      await harness.until(() => recorder.count("readable") > 0);
      const all = bytes(recorder.room);
      recorder.write(all);
      recorder.socket.close();
      await harness.until(() => peer.ended);
      expect([...peer.received()]).toEqual([...all]);
    },
  },
  {
    says: "calls nothing after close(), whatever the peer does",
    async check(harness) {
      const [recorder, peer] = await connect(harness);
      recorder.write(bytes(recorder.room));
      peer.push(bytes(100));
      recorder.socket.close();
      const before = recorder.events.length;
      peer.push(bytes(100));
      await harness.until(() => peer.ended);
      peer.close();
      await fence(harness);
      expect(recorder.events.length).toBe(before);
    },
  },
  {
    says: "calls nothing after close() before the connection is open",
    async check(harness) {
      const recorder = open(harness);
      recorder.socket.close();
      const refused = open(harness, {}, harness.closedPort);
      refused.socket.close();
      await fence(harness);
      expect([recorder.events, refused.events]).toEqual([[], []]);
    },
  },
  {
    says: "calls nothing after close() from within a callback",
    async check(harness) {
      const [first] = await connect(harness, { onWritable: ({ socket }) => socket.close() });
      const [second, peer] = await connect(harness, { onReadable: ({ socket }) => socket.close() });
      peer.push(bytes(3000));
      peer.push(bytes(3000));
      peer.close();
      await harness.until(() => second.count("readable") > 0);
      await fence(harness);
      expect(first.events.map(([event]) => event)).toEqual(["writable"]);
      expect(second.events.map(([event]) => event)).toEqual(["writable", "readable"]);
    },
  },
  {
    says: "lets close() be called again, and after the end",
    async check(harness) {
      const [recorder, peer] = await connect(harness, { onClose: ({ socket }) => socket.close() });
      peer.close();
      await harness.until(() => recorder.count("close") > 0);
      recorder.socket.close();
      const [second] = await connect(harness);
      second.socket.close();
      second.socket.close();
      expect(() => second.socket.write(bytes(1))).toThrow(Error);
    },
  },
  {
    says: "keeps connections apart",
    async check(harness) {
      const pairs = [await connect(harness), await connect(harness), await connect(harness)];
      for (const [index, [recorder, peer]] of pairs.entries()) {
        recorder.write(Uint8Array.of(index));
        peer.push(Uint8Array.of(index + 10));
      }
      for (const [index, [recorder, peer]] of pairs.entries()) {
        await harness.until(() => peer.count > 0 && recorder.count("readable") > 0);
        expect([...peer.received()]).toEqual([index]);
        expect([...readAll(recorder)]).toEqual([index + 10]);
      }
    },
  },
];
