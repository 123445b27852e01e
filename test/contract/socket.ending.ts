/** What platform.ts says of the end of a connection, from either side. */
import { expect } from "vitest";
import type { Contract } from "./clause.js";
import { bytes, connect, fence, open, readAll, type SocketHarness } from "./socket.recorder.js";

export const ending: Contract<SocketHarness> = [
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
