import { once } from "node:events";
import { type AddressInfo, createServer, type Socket as NodeSocket, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Socket } from "../../../src/platform.js";
import { tcpOpener } from "../../../src/platforms/nodejs/tcp.js";

let server: Server;
let port: number;
const peers: NodeSocket[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  server = createServer((peer) => peers.push(peer)).listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  for (const peer of peers.splice(0)) peer.destroy();
  server.close();
});

function opened(window?: number, to = port) {
  const seen = { onWritable: vi.fn<(room: number) => void>(), onReadable: vi.fn<(count: number) => void>() };
  const onClose = vi.fn<(reason?: string) => void>();
  const socket = tcpOpener(window === undefined ? {} : { window })({
    host: "localhost",
    address: "127.0.0.1",
    port: to,
    ...seen,
    onClose,
  });
  sockets.push(socket);
  return { socket, ...seen, onClose };
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 2 });

async function connected(window?: number) {
  const one = opened(window);
  await until(() => expect(one.onWritable).toHaveBeenCalledTimes(1));
  await until(() => expect(peers).toHaveLength(1));
  const peer = peers[0] as NodeSocket;
  const received: Buffer[] = [];
  peer.on("data", (bytes) => received.push(bytes));
  return { ...one, peer, received: () => Buffer.concat(received) };
}

describe("writing", () => {
  test("takes what fits the window whole, and throws and takes none of what does not", async () => {
    const { socket, onWritable, received } = await connected(10);
    expect(onWritable).toHaveBeenCalledWith(10);
    expect(socket.write(Buffer.from("abcdefg"))).toBe(3);
    expect(() => socket.write(Buffer.from("hijk"))).toThrow("no room: 4 bytes to write, room for 3");
    expect(socket.write(Buffer.from("hij"))).toBe(0);
    await until(() => expect(received().toString()).toBe("abcdefghij"));
  });

  test("announces room again, once a turn, and never from inside write", async () => {
    const { socket, onWritable } = await connected(4);
    onWritable.mockClear();
    socket.write(Buffer.from("ab"));
    socket.write(Buffer.from("cd"));
    expect(onWritable).not.toHaveBeenCalled();
    await until(() => expect(onWritable.mock.calls).toEqual([[4]]));
  });

  test("copies, so that the caller may use the bytes again at once", async () => {
    const { socket, received } = await connected();
    const bytes = new Uint8Array([1, 2, 3]);
    socket.write(bytes);
    bytes.fill(9);
    await until(() => expect([...received()]).toEqual([1, 2, 3]));
  });

  test("keeps its window when the peer does not read, and goes on when it does", async () => {
    const { socket, onWritable, peer } = await connected(8_192);
    peer.pause();
    let sent = 0;
    const fill = (room: number) => {
      for (let left = room; left > 0; ) {
        const size = Math.min(left, 1_000);
        left = socket.write(Buffer.alloc(size));
        sent += size;
      }
    };
    onWritable.mockImplementation(fill);
    fill(8_192);
    // Stalled when a while has passed without room; the kernel's buffers have taken some megabytes by then.
    let before = -1;
    await vi.waitFor(
      () => {
        const stalled = before === sent;
        before = sent;
        expect(stalled).toBe(true);
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(() => socket.write(Buffer.alloc(1))).toThrow(/no room/);
    onWritable.mockReset();
    peer.resume();
    await until(() => expect(onWritable).toHaveBeenLastCalledWith(8_192));
    await until(() => expect(peer.bytesRead).toBe(sent));
  });

  test("before the connection is open, throws", () => {
    const { socket } = opened();
    expect(() => socket.write(Buffer.from("a"))).toThrow("the connection is not open");
  });

  test("refuses a window that is none", () => {
    expect(() => tcpOpener({ window: 0 })).toThrow("window is 0: must be 1 or more bytes");
  });
});

describe("reading", () => {
  test("announces bytes once, however many of them are left unread", async () => {
    const { socket, onReadable, peer } = await connected();
    peer.write("abc");
    await until(() => expect(onReadable.mock.calls).toEqual([[3]]));
    const into = new Uint8Array(2);
    expect(socket.read(into)).toBe(2);
    expect(Buffer.from(into).toString()).toBe("ab");
    expect(socket.read(into)).toBe(1);
    expect(socket.read(into)).toBe(0);
    peer.write("de");
    await until(() => expect(onReadable.mock.calls).toEqual([[3], [2]]));
  });

  test("holds no more than its buffer of what is not read: the peer has to wait", async () => {
    const { socket, onReadable, peer } = await connected();
    const all = Buffer.alloc(12_000_000, "x");
    peer.end(all);
    await until(() => expect(onReadable).toHaveBeenCalledTimes(1));
    let read = 0;
    const into = new Uint8Array(5_000);
    const drain = () => {
      for (let count = socket.read(into); count > 0; count = socket.read(into)) read += count;
    };
    // Nothing was read in all these turns of the loop, and so no more was announced.
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(onReadable).toHaveBeenCalledTimes(1);
    expect(peer.writableLength).toBeGreaterThan(0);
    onReadable.mockImplementation(drain);
    drain();
    await until(() => expect(read).toBe(all.length));
  });
});

describe("the end", () => {
  test("comes once, after all bytes were announced", async () => {
    const { socket, onReadable, onClose, peer } = await connected();
    const order: string[] = [];
    onReadable.mockImplementation((count) => {
      socket.read(new Uint8Array(count));
      order.push(`${count} bytes`);
    });
    onClose.mockImplementation((reason) => order.push(`closed: ${reason}`));
    const closed = once(peer, "close");
    peer.end("last words");
    await closed;
    await until(() => expect(order).toEqual(["10 bytes", "closed: closed by the peer"]));
  });

  test("says when the peer reset the connection", async () => {
    const { onClose, peer } = await connected();
    peer.resetAndDestroy();
    await until(() => expect(onClose.mock.calls).toEqual([["reset by the peer"]]));
  });

  test("says when nobody listens", async () => {
    server.close();
    const { onClose, onWritable } = opened();
    await until(() => expect(onClose.mock.calls).toEqual([["connection refused"]]));
    expect(onWritable).not.toHaveBeenCalled();
  });

  test("of a connection to a port that is none is told, not thrown", async () => {
    const { onClose } = opened(undefined, 70_000);
    expect(onClose).not.toHaveBeenCalled();
    await until(() => expect(onClose.mock.calls).toEqual([[expect.stringContaining("70000")]]));
  });

  test("by close() delivers what was written, even with bytes unread, and calls nobody", async () => {
    const { socket, onClose, onReadable, peer, received } = await connected();
    peer.write(Buffer.alloc(200_000));
    await until(() => expect(onReadable).toHaveBeenCalledTimes(1));
    socket.write(Buffer.from("bye"));
    socket.close();
    socket.close();
    await Promise.all([once(peer, "end"), until(() => expect(received().toString()).toBe("bye"))]);
    expect(() => socket.write(Buffer.from("more"))).toThrow("not open");
    expect(socket.read(new Uint8Array(9))).toBe(0);
    expect(onClose).not.toHaveBeenCalled();
    expect(onReadable).toHaveBeenCalledTimes(1);
  });

  test("by close() before the connection is open calls nobody", async () => {
    const { socket, onClose, onWritable } = opened();
    socket.close();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(onClose).not.toHaveBeenCalled();
    expect(onWritable).not.toHaveBeenCalled();
  });
});

describe("of several addresses", () => {
  /** Something that says "hello", on one address of this machine only. */
  async function listening(address: string): Promise<{ port: number; close(): void }> {
    const one = createServer((peer) => {
      peers.push(peer);
      peer.write("hello");
    }).listen(0, address);
    await once(one, "listening");
    return { port: (one.address() as AddressInfo).port, close: () => one.close() };
  }

  function opening(port: number, address: string, ...others: string[]) {
    const seen = { onWritable: vi.fn<(room: number) => void>(), onReadable: vi.fn<(count: number) => void>() };
    const onClose = vi.fn<(reason?: string) => void>();
    const socket = tcpOpener()({ host: "both.test", address, others, port, ...seen, onClose });
    sockets.push(socket);
    return { socket, ...seen, onClose };
  }

  test("the next is tried where the first refuses: a broker on ::1 only is found", async () => {
    const { port, close } = await listening("::1");
    const { socket, onReadable, onWritable, onClose } = opening(port, "127.0.0.1", "::1");
    await until(() => expect(onReadable).toHaveBeenCalledWith(5));
    expect(onWritable).toHaveBeenCalledTimes(1);
    const bytes = new Uint8Array(8);
    expect(Buffer.from(bytes.subarray(0, socket.read(bytes))).toString()).toBe("hello");
    expect(onClose).not.toHaveBeenCalled();
    close();
  });

  test("the first that answers is taken", async () => {
    const { port, close } = await listening("127.0.0.1");
    const { onReadable } = opening(port, "127.0.0.1", "::1");
    await until(() => expect(onReadable).toHaveBeenCalledWith(5));
    close();
  });

  test("when none answers, that is told once, in words", async () => {
    const { port, close } = await listening("127.0.0.1");
    close();
    const { onClose } = opening(port, "127.0.0.1", "::1");
    await until(() => expect(onClose).toHaveBeenCalledTimes(1));
    expect(onClose).toHaveBeenCalledWith("connection refused");
  });
});
