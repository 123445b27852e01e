/** What platform.ts says of reading. */
import { expect } from "vitest";
import type { Contract } from "./clause.js";
import { bytes, connect, fence, isSame, readAll, type SocketHarness } from "./socket.recorder.js";

export const reading: Contract<SocketHarness> = [
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
      expect(isSame(got, all)).toBe(true);
    },
  },
];
