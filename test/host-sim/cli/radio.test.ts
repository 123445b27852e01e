/** The way of the node's bytes through the air. */
import { expect, test, vi } from "vitest";
import { Radio } from "../../../host-sim/cli/radio.js";
import type { SocketOptions } from "../../../src/platform.js";

function bench() {
  const opened: SocketOptions[] = [];
  let unread = 0;
  const inner = {
    read: vi.fn((into: Uint8Array) => {
      const count = Math.min(unread, into.length);
      unread -= count;
      return count;
    }),
    write: vi.fn((bytes: Uint8Array) => 100 - bytes.length),
    close: vi.fn(),
  };
  const radio = new Radio((options) => {
    opened.push(options);
    return inner;
  });
  const callbacks = { onWritable: vi.fn(), onReadable: vi.fn(), onClose: vi.fn() };
  const open = () => radio.open({ host: "h", address: "a", port: 1, ...callbacks });
  const arrive = (count: number) => {
    unread = count;
    opened[0]?.onReadable(count);
  };
  return { radio, open, opened, inner, callbacks, arrive, left: () => unread };
}

test("bytes pass both ways, and closing closes", () => {
  const { open, opened, inner, callbacks, arrive } = bench();
  const socket = open();
  opened[0]?.onWritable(100);
  expect(callbacks.onWritable).toHaveBeenCalledWith(100);
  expect(socket.write(Uint8Array.of(1, 2))).toBe(98);
  arrive(3);
  expect(callbacks.onReadable).toHaveBeenCalledWith(3);
  expect(socket.read(new Uint8Array(9))).toBe(3);
  socket.close();
  expect(inner.close).toHaveBeenCalledTimes(1);
});

test("once cut, nothing is heard on either side: not bytes, not that the node has closed, not that the broker has", () => {
  const { radio, open, opened, inner, callbacks, arrive, left } = bench();
  const socket = open();
  opened[0]?.onWritable(100);
  radio.reachable = false;
  expect(socket.write(Uint8Array.of(1))).toBe(99);
  expect(() => socket.write(new Uint8Array(100))).toThrow("no room: 100 bytes to write, room for 99");
  arrive(5_000);
  opened[0]?.onWritable(50);
  opened[0]?.onClose("closed by the peer");
  socket.close();
  expect(socket.read(new Uint8Array(9))).toBe(0);
  expect(inner.write).not.toHaveBeenCalled();
  expect(inner.close).not.toHaveBeenCalled();
  // What the broker sends is taken from the network, or it would never see that it must close.
  expect(left()).toBe(0);
  expect(callbacks.onReadable).not.toHaveBeenCalled();
  expect(callbacks.onWritable).toHaveBeenCalledTimes(1);
  expect(callbacks.onClose).not.toHaveBeenCalled();
});

test("what is opened while it is cut never opens, and what was open then stays silent when it is mended", () => {
  const { radio, open, opened, callbacks, arrive } = bench();
  open();
  radio.reachable = false;
  const unheard = open();
  expect(opened).toHaveLength(1);
  expect(() => unheard.write(Uint8Array.of(1))).toThrow("the connection is not open");
  radio.reachable = true;
  arrive(3);
  expect(callbacks.onReadable).not.toHaveBeenCalled();
  open();
  expect(opened).toHaveLength(2);
});

test("at the end what was left open is closed", () => {
  const { radio, open, inner } = bench();
  open().close();
  open();
  radio.reachable = false;
  radio.close();
  radio.close();
  expect(inner.close).toHaveBeenCalledTimes(2);
});
