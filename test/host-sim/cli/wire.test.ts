import { generate } from "mqtt-packet";
import { expect, test, vi } from "vitest";
import type { Wire } from "../../../host-sim/cli/events.js";
import { watchedWire } from "../../../host-sim/cli/wire.js";

function bench() {
  const shown: Wire[] = [];
  let incoming: Uint8Array = new Uint8Array(0);
  const inner = {
    read: vi.fn((into: Uint8Array) => {
      into.set(incoming);
      return incoming.length;
    }),
    write: vi.fn((bytes: Uint8Array) => 100 - bytes.length),
    close: vi.fn(),
  };
  const callbacks = { onWritable: vi.fn(), onReadable: vi.fn(), onClose: vi.fn() };
  const open = watchedWire(
    () => inner,
    (event) => shown.push(event),
  );
  const socket = open({ host: "h", address: "a", port: 1, ...callbacks });
  return {
    shown,
    inner,
    open,
    socket,
    receive(bytes: Uint8Array) {
      incoming = bytes;
      return socket.read(new Uint8Array(500));
    },
  };
}

const publish = generate({ cmd: "publish", topic: "a", payload: "ü", qos: 1, messageId: 3, dup: true, retain: false });

test("packets are shown each way, whole, however they are cut", () => {
  const { shown, socket, receive } = bench();
  for (const byte of publish) expect(socket.write(Uint8Array.of(byte))).toBe(99);
  const acks = Buffer.concat([generate({ cmd: "puback", messageId: 3 }), generate({ cmd: "pingresp" })]);
  expect(receive(acks)).toBe(acks.length);
  expect(shown).toEqual([
    {
      event: "wire",
      direction: "sent",
      connection: 1,
      length: publish.length,
      packet: { cmd: "publish", topic: "a", payload: "ü", qos: 1, messageId: 3, dup: true, retain: false },
    },
    { event: "wire", direction: "received", connection: 1, length: 4, packet: { cmd: "puback", messageId: 3 } },
    { event: "wire", direction: "received", connection: 1, length: 2, packet: { cmd: "pingresp" } },
  ]);
});

test("a packet whose remaining length takes two bytes has its true length", () => {
  const { shown, socket } = bench();
  const long = generate({ cmd: "publish", topic: "a", payload: "x".repeat(200), qos: 0, dup: false, retain: false });
  socket.write(long);
  expect(shown).toMatchObject([{ length: long.length }]);
});

test("a password is not shown", () => {
  const { shown, socket } = bench();
  const password = Buffer.from("secret");
  const will = { topic: "w", payload: Buffer.from("bye"), qos: 0, retain: false } as const;
  socket.write(generate({ cmd: "connect", clientId: "c", username: "u", password, will, clean: true }));
  expect(shown[0]?.packet).toMatchObject({
    username: "u",
    password: "(6 bytes)",
    will: { topic: "w", payload: "bye" },
  });
  expect(JSON.stringify(shown)).not.toContain("secret");
});

test("bytes that the socket did not take are not shown", () => {
  const { shown, socket, inner } = bench();
  inner.write.mockImplementation(() => {
    throw new Error("no room");
  });
  expect(() => socket.write(publish)).toThrow("no room");
  expect(shown).toEqual([]);
});

test("bytes that are no packet are shown as a problem, once, and handed on all the same", () => {
  const { shown, receive } = bench();
  expect(receive(Uint8Array.of(0xf0, 0x00))).toBe(2);
  receive(publish);
  expect(shown).toMatchObject([{ event: "wire", direction: "received", problem: expect.any(String) }]);
  expect(shown).toHaveLength(1);
});

test("connections are counted, and closing closes", () => {
  const { shown, open, socket, inner } = bench();
  const callbacks = { onWritable: vi.fn(), onReadable: vi.fn(), onClose: vi.fn() };
  open({ host: "h", address: "a", port: 1, ...callbacks }).write(publish);
  expect(shown).toMatchObject([{ connection: 2 }]);
  socket.close();
  expect(inner.close).toHaveBeenCalledTimes(1);
});
