import { describe, expect, it } from "vitest";
import { SessionStore } from "../../src/mqtt/session-store.js";
import { viewPublish } from "../../src/mqtt/wire/encode.js";
import { MapStore } from "../support/map-store.js";
import { accept, damage, found, inMemory, outboxOn, packetOf, published, send } from "./outboxes.js";

describe("messages beyond the window", () => {
  it("wait in the store, and count for the length and the bytes", () => {
    const outbox = outboxOn(new MapStore());
    accept(outbox, 1, 2, 3, 4);
    expect(inMemory(outbox)).toEqual([1, 2]);
    expect(outbox.length).toBe(4);
    expect(outbox.byteLength).toBe(4 * packetOf(1).length);
    expect([1, 2, 3, 4, 5].filter((id) => outbox.usesId(id))).toEqual([1, 2, 3, 4]);
    expect(send(outbox)).toEqual([1, 2, 3, 4]);
    expect(outbox.byteLength).toBe(4 * packetOf(1).length);
  });

  it("leave memory when a connection ends, but for what was sent and what is not stored", () => {
    const outbox = outboxOn(new MapStore(), "offline");
    outbox.online();
    accept(outbox, 1, 2, 3, 4, 5);
    expect(inMemory(outbox)).toEqual([1, 2, 3, 4, 5]);
    for (let n = 0; n < 3; n++) (outbox.next() as { attempted: boolean }).attempted = true;
    outbox.offline();
    expect(inMemory(outbox)).toEqual([1, 2, 3]);
    expect(outbox.length).toBe(5);
    outbox.online();
    expect(send(outbox)).toEqual([1, 2, 3, 4, 5]);
    const without = outboxOn(undefined, "offline");
    accept(without, 1, 2, 3, 4);
    without.offline();
    expect(inMemory(without)).toEqual([1, 2, 3, 4]);
  });

  it("stay in memory when they may have reached a session that the broker has lost: their outcome is to say so", () => {
    const outbox = outboxOn(new MapStore());
    accept(outbox, 1, 2);
    outbox.park(1);
    accept(outbox, 3);
    outbox.unpark(outbox.parked[0] as never, 0);
    expect(send(outbox)).toEqual([1, 2, 3]);
    outbox.offline();
    expect(published(outbox)).toEqual([]);
    expect(outbox.riskyUntil).toBe(3);
    outbox.offline();
    expect(inMemory(outbox)).toEqual([1, 2, 3]);
    expect(outbox.riskyUntil).toBe(3);
  });

  it("are sent behind those from a source that were accepted before them, though no store holds these", () => {
    const outbox = outboxOn(new MapStore(), "always", 1);
    const source = { byteLength: 5, read: () => {} };
    accept(outbox, 1, 2);
    outbox.accept(3, packetOf(3), source);
    accept(outbox, 4);
    expect(outbox.length).toBe(4);
    expect(outbox.usesId(3)).toBe(true);
    expect(outbox.byteLength).toBe(4 * packetOf(1).length);
    expect(send(outbox)).toEqual([1, 2, 3, 4]);
    expect(outbox.length).toBe(4);
  });

  it("that were found damaged cost nothing, and those behind them go on", () => {
    const store = new MapStore();
    const outbox = outboxOn(store, "always", 1);
    accept(outbox, 1, 2, 3);
    damage(store, "o2");
    expect(send(outbox)).toEqual([1, 3]);
    expect(outbox.length).toBe(2);
    expect(outbox.byteLength).toBe(2 * packetOf(1).length);
  });
});

describe("messages found in the store", () => {
  function filled(): MapStore {
    const store = new MapStore();
    accept(outboxOn(store), 1, 2, 3, 4);
    return store;
  }

  it("are in their order, those within a window of the head as if sent, those behind it not", () => {
    const { outbox, last } = found(filled());
    expect(last).toBe(4);
    expect(outbox.length).toBe(4);
    expect(outbox.byteLength).toBe(4 * packetOf(1).length);
    expect(inMemory(outbox)).toEqual([1, 2]);
    const attempted: boolean[] = [];
    for (let entry = outbox.next(); entry !== undefined; entry = outbox.next()) attempted.push(entry.attempted);
    expect(attempted).toEqual([true, true, false, false]);
  });

  it("are none, and the last is 0, in an empty store; damaged ones are not counted", () => {
    expect(found(new MapStore())).toMatchObject({ last: 0, outbox: { length: 0 } });
    const store = filled();
    for (const key of ["o2", "o4"]) damage(store, key);
    const { outbox, last } = found(store);
    expect(last).toBe(3);
    expect(outbox.length).toBe(2);
    expect(outbox.byteLength).toBe(2 * packetOf(1).length);
  });

  it("are a risk up to the token that was noted", () => {
    expect(found(filled(), 1).outbox.riskyUntil).toBe(1);
    expect(found(filled(), 0).outbox.riskyUntil).toBe(0);
    expect(found(filled(), Number.POSITIVE_INFINITY).outbox.riskyUntil).toBe(2);
  });

  it("rest when they are marked as parked, and say whether they were sent", () => {
    const store = filled();
    const sealed = new SessionStore(store);
    sealed.write("p3", Uint8Array.of(1));
    sealed.write("p4", Uint8Array.of(0));
    sealed.write("p5", Uint8Array.of(0));
    const { outbox } = found(store, 0, [3, 4, 5]);
    expect(outbox.parked.map(({ token, attempted, marked }) => [token, attempted, marked])).toEqual([
      [3, true, true],
      [4, false, true],
    ]);
    expect(inMemory(outbox)).toEqual([1, 2]);
    expect(outbox.byteLength).toBe(4 * packetOf(1).length);
    // A mark whose message is gone goes too.
    expect(store.keys().filter((key) => key.startsWith("p"))).toEqual(["p3", "p4"]);
  });

  it("do not rest once they are released, though they rested before", () => {
    const store = new MapStore();
    const before = outboxOn(store);
    accept(before, 1);
    before.park(0);
    before.unpark(before.parked[0] as never, 0);
    before.release(before.log.at(0));
    const { outbox } = found(store, 0, [1]);
    expect(outbox.parked).toEqual([]);
    expect(outbox.log.at(0)).toMatchObject({ token: 1, released: true, marked: true });
    outbox.complete(0);
    expect(store.keys().filter((key) => key !== "r")).toEqual([]);
  });

  it("are sent again, and are a risk with QoS 2, where their note is damaged: it may have said that PUBREC had come", () => {
    const store = filled();
    new SessionStore(store).write("p2", Uint8Array.of(2));
    (store.values.get("p2") as Uint8Array)[0] = 7;
    const { outbox } = found(store, 0, [2]);
    expect(outbox.parked).toEqual([]);
    expect([0, 1].map((index) => outbox.log.at(index))).toMatchObject([
      { token: 1, released: false, risky: false },
      { token: 2, released: false, risky: true, attempted: true },
    ]);
    expect(store.keys()).toContain("xp2");
  });
});

describe("a released message", () => {
  it("is stored as it was, with a note beside it", () => {
    const store = new MapStore();
    const outbox = outboxOn(store);
    accept(outbox, 1);
    send(outbox);
    expect(outbox.isReleasing).toBe(false);
    outbox.release(outbox.log.at(0));
    expect(outbox.isReleasing).toBe(true);
    const sealed = new SessionStore(store);
    expect(sealed.read("o1", (packet) => packet[0])).toBe(0x34);
    expect(sealed.read("p1", (note) => note[0])).toBe(2);
  });

  it("is not released when the store does not take the note", () => {
    const store = new MapStore();
    const outbox = outboxOn(store);
    accept(outbox, 1);
    send(outbox);
    store.refuse = (key) => (key === "p1" ? "failed" : undefined);
    expect(() => outbox.release(outbox.log.at(0))).toThrow("refused");
    expect(outbox.log.at(0).released).toBe(false);
  });

  it("is to be sent as it was, and its note goes, when the broker has lost its session", () => {
    const store = new MapStore();
    const outbox = outboxOn(store);
    accept(outbox, 1, 2);
    send(outbox);
    outbox.release(outbox.log.at(0));
    outbox.offline();
    expect(published(outbox)).toEqual([]);
    expect(outbox.isReleasing).toBe(false);
    expect(outbox.log.at(0)).toMatchObject({ token: 1, attempted: false, risky: true, marked: false });
    expect(store.keys()).toEqual(["r", "o1", "o2"]);
  });

  it("of which format 2 of the store has PUBREL only is lost with the broker's session, and goes", () => {
    const store = new MapStore();
    new SessionStore(store).write("o1", Uint8Array.of(0x62, 2, 0, 1));
    const { outbox } = found(store);
    expect(outbox.log.at(0).released).toBe(true);
    expect(published(outbox)).toEqual([[1, "lost"]]);
    expect(store.keys()).toEqual([]);
  });
});

describe("a review", () => {
  it("sees what was never sent, in memory, at rest and in the store, and no more", () => {
    const outbox = outboxOn(new MapStore());
    accept(outbox, 1, 2, 3, 4, 5);
    (outbox.next() as { attempted: boolean }).attempted = true;
    outbox.park(1);
    const seen: number[] = [];
    outbox.review(({ token, payload }) => {
      expect(new TextDecoder().decode(payload)).toBe(`${token}`);
      seen.push(token);
      return undefined;
    });
    expect(seen).toEqual([2, 3, 4, 5]);
    expect(outbox.length).toBe(5);
  });

  it("drops and replaces, in memory, at rest and in the store, and the bytes follow", () => {
    const store = new MapStore();
    const outbox = outboxOn(store);
    accept(outbox, 1, 2, 3, 4, 5, 6);
    outbox.park(1);
    outbox.review(({ token }) => (token % 2 === 1 ? null : "a longer payload"));
    expect(outbox.length).toBe(3);
    expect(outbox.byteLength).toBe(3 * packetOf(2, 2, "a longer payload").length);
    expect(outbox.parked.map(({ token }) => token)).toEqual([2]);
    outbox.unpark(outbox.parked[0] as never, 0);
    expect(send(outbox)).toEqual([2, 4, 6]);
    for (const one of [outbox, found(store).outbox]) {
      send(one);
      const payloads = inMemory(one).map((_, index) => viewPublish(one.log.at(index).packet).payload);
      expect(payloads).toEqual(Array(3).fill(new TextEncoder().encode("a longer payload")));
    }
  });
});

describe("the order", () => {
  it("holds behind a message from a source that waits, though the store has nothing left", () => {
    const outbox = outboxOn(new MapStore(), "always", 1);
    accept(outbox, 1, 2);
    outbox.accept(3, packetOf(3), { byteLength: 1, read: () => {} });
    for (const token of [1, 2]) {
      expect(outbox.next()?.token).toBe(token);
      outbox.complete(0);
    }
    accept(outbox, 4);
    expect(send(outbox)).toEqual([3, 4]);
  });

  it("and the bytes hold at each step, and when all that is left is damaged", () => {
    const store = new MapStore();
    const outbox = outboxOn(store, "always", 1);
    accept(outbox, 1, 2, 3);
    for (const token of [1, 2, 3]) {
      expect(outbox.next()?.token).toBe(token);
      expect(outbox.byteLength).toBe(3 * packetOf(1).length);
    }
    accept(outbox, 4, 5);
    damage(store, "o4");
    damage(store, "o5");
    expect(outbox.next()).toBeUndefined();
    expect(outbox.length).toBe(3);
  });

  it("of a window of messages costs nothing when a connection ends", () => {
    const outbox = outboxOn(new MapStore());
    accept(outbox, 1, 2);
    outbox.offline();
    expect(inMemory(outbox)).toEqual([1, 2]);
  });
});

describe("a risk", () => {
  it("is what was sent with QoS 2 and not released, when the session is in doubt", () => {
    const outbox = outboxOn(undefined, "never", 8);
    accept(outbox, 1, 2, 3, 4);
    for (let n = 0; n < 3; n++) (outbox.next() as { attempted: boolean }).attempted = true;
    outbox.release(outbox.log.at(2));
    outbox.doubt();
    expect([0, 1, 2, 3].map((index) => outbox.log.at(index).risky)).toEqual([true, true, false, false]);
    expect(outbox.riskyUntil).toBe(2);
    // The last one counts, wherever it is.
    outbox.park(0);
    expect(outbox.riskyUntil).toBe(2);
  });

  it("that was noted is one for a message that is released by now, too", () => {
    const store = new MapStore();
    const before = outboxOn(store);
    accept(before, 1, 2);
    for (const index of [0, 1]) before.release(before.log.at(index));
    const { outbox } = found(store, 1, [1, 2]);
    expect(outbox.riskyUntil).toBe(1);
    expect([0, 1].map((index) => outbox.log.at(index))).toMatchObject([
      { released: true, risky: true },
      { released: true, risky: false },
    ]);
  });
});
