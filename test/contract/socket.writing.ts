/** What platform.ts says of opening a socket and of writing. */
import { expect } from "vitest";
import type { Contract } from "./clause.js";
import { bytes, connect, fence, isSame, open, type Peer, type SocketHarness, writer } from "./socket.recorder.js";

export const writing: Contract<SocketHarness> = [
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
      // By more or less than `first` where a write takes room of its own, or some was won meanwhile.
      const left = recorder.socket.write(bytes(first));
      expect(() => recorder.socket.write(bytes(left + 1))).toThrow(Error);
      if (left > 0) recorder.socket.write(bytes(left));
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
      expect(isSame(peer.received(), all)).toBe(true);
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
      recorder.write(Uint8Array.of(5));
      expect(() => recorder.socket.write(bytes(recorder.room + 1))).toThrow(Error);
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
        while (recorder.room > 0) recorder.write(bytes(recorder.room));
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
          if (rounds++ < 5) while (recorder.room > 0) recorder.write(bytes(recorder.room));
        },
      });
      await harness.until(() => rounds >= 5);
    },
  },
];
