import { expect, test, vi } from "vitest";
import { whenWatched } from "../../../host-sim/cli/watched-start.js";
import type { SocketOptions } from "../../../src/platform.js";

function bench() {
  let settle: () => void = () => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const observer = { hurry: vi.fn(() => settled) };
  const opened: SocketOptions[] = [];
  const inner = { read: vi.fn(() => 0), write: vi.fn(() => 9), close: vi.fn() };
  const openSocket = whenWatched((options) => {
    opened.push(options);
    return inner;
  }, observer);
  const callbacks = { onWritable: vi.fn(), onReadable: vi.fn(), onClose: vi.fn() };
  const open = () => openSocket({ host: "h", address: "a", port: 1, ...callbacks });
  return { settle, observer, opened, inner, open, callbacks };
}

const turn = () => new Promise(setImmediate);

test("a connection is announced when the observer watches, and the observer is told to hurry", async () => {
  const { settle, observer, opened, open, callbacks } = bench();
  open();
  opened[0]?.onWritable(100);
  await turn();
  expect(observer.hurry).toHaveBeenCalledTimes(1);
  expect(callbacks.onWritable).not.toHaveBeenCalled();
  settle();
  await turn();
  expect(callbacks.onWritable.mock.calls).toEqual([[100]]);
});

test("once it watches, sockets are as they are", async () => {
  const { settle, observer, opened, open, inner, callbacks } = bench();
  open();
  opened[0]?.onWritable(100);
  settle();
  await turn();
  expect(open()).toBe(inner);
  opened[1]?.onWritable(100);
  expect(callbacks.onWritable).toHaveBeenCalledTimes(2);
  expect(observer.hurry).toHaveBeenCalledTimes(1);
});

test.each([
  ["closed meanwhile", (_one: ReturnType<typeof bench>, socket: { close(): void }) => socket.close()],
  ["lost meanwhile", (one: ReturnType<typeof bench>) => one.opened[0]?.onClose("gone")],
])("a connection that was %s is not announced", async (_what, end) => {
  const one = bench();
  const socket = one.open();
  one.opened[0]?.onWritable(100);
  end(one, socket);
  one.settle();
  await turn();
  expect(one.callbacks.onWritable).not.toHaveBeenCalled();
});

test("all else passes while it waits", () => {
  const { opened, open, inner, callbacks } = bench();
  const socket = open();
  opened[0]?.onReadable(3);
  opened[0]?.onClose("why");
  expect(callbacks.onReadable).toHaveBeenCalledWith(3);
  expect(callbacks.onClose).toHaveBeenCalledWith("why");
  expect(socket.read(new Uint8Array(1))).toBe(0);
  expect(socket.write(new Uint8Array(1))).toBe(9);
  socket.close();
  expect(inner.close).toHaveBeenCalledTimes(1);
});
