import { describe, expect, it } from "vitest";
import type { Durability } from "../../src/mqtt/api.js";
import { Inbox } from "../../src/mqtt/inbox.js";
import { SessionStore } from "../../src/mqtt/session-store.js";
import { MapStore } from "../support/map-store.js";
import { thrownBy } from "../support/rig.js";

const PRINT = 0xbeef;
/** A token and a topic whose numbers take more than one byte. */
const TOKEN = 0x123456789abc;
const LONG_TOPIC = `a/${"b".repeat(300)}`;

function inboxOn(store: MapStore | undefined, durability: Durability = "always"): Inbox {
  return new Inbox(store && new SessionStore(store), durability, 20);
}

/** What is found after a loss of power at this moment. */
function reborn(store: MapStore): Inbox {
  const inbox = inboxOn(store);
  const sealed = new SessionStore(store);
  for (const key of store.keys())
    sealed.read(key, (value) => inbox.load(Number.parseInt(key.slice(1), 36), value.slice()));
  expect(sealed.damage).toEqual([]);
  return inbox;
}

function message(payload: string, { topic = "a", retain = false, token = TOKEN } = {}) {
  return { token, topic, payload: new TextEncoder().encode(payload), retain };
}

const stored = (store: MapStore) => store.keys().sort();

describe("a QoS 2 message that was stored and not processed", () => {
  it.each([
    { topic: "a", payload: "21.5", retain: false },
    { topic: LONG_TOPIC, payload: "21.5", retain: true },
    { topic: "é", payload: "", retain: false },
  ])("is found again, whole: $payload, retain $retain", ({ topic, payload, retain }) => {
    const store = new MapStore();
    inboxOn(store).hold(7, PRINT, message(payload, { topic, retain }));
    const inbox = reborn(store);
    expect(inbox.held).toEqual([{ id: 7, ...message(payload, { topic, retain }) }]);
    expect(inbox.received.printOf(7)).toBe(PRINT);
    expect(inbox.isEmpty).toBe(false);
  });

  it("is found to be handed over when the store takes values of just its length, and not stored when of less", () => {
    const value = 9 + 3 + 1 + 4 + 2;
    const [enough, little] = [new MapStore(value), new MapStore(value - 1)];
    for (const store of [enough, little]) inboxOn(store).hold(7, PRINT, message("21.5"));
    expect(reborn(enough).held).toHaveLength(1);
    expect(stored(little)).toEqual([]);
  });

  it("is stored under no durability but `always`", () => {
    for (const durability of ["offline", "never"] as const) {
      const store = new MapStore();
      const inbox = inboxOn(store, durability);
      inbox.hold(7, PRINT, message("21.5"));
      inbox.processed(7, TOKEN);
      inbox.begin(8, TOKEN, PRINT);
      expect(stored(store)).toEqual([]);
    }
  });

  it("leaves a note of its token, in a store that is full but for that", () => {
    const store = new MapStore();
    store.refuse = (_key, value) => (value !== undefined && value.byteLength > 11 ? "full" : undefined);
    inboxOn(store).hold(7, PRINT, message("21.5"));
    const inbox = reborn(store);
    expect(inbox.held).toEqual([]);
    expect(inbox.begun(7, true, PRINT)).toBe(TOKEN);
  });

  it("is not taken by a store that fails, whatever room there is", () => {
    const store = new MapStore();
    store.refuse = (_key, value) => (value !== undefined && value.byteLength > 11 ? "failed" : undefined);
    const inbox = inboxOn(store);
    expect(thrownBy(() => inbox.hold(7, PRINT, message("21.5")))).toMatchObject({ code: "store-failed" });
    expect(inbox.received.has(7)).toBe(false);
    expect(stored(store)).toEqual([]);
  });

  it("stays in the store when only the note that it was processed is refused", () => {
    const store = new MapStore();
    const inbox = inboxOn(store);
    inbox.hold(7, PRINT, message("1"));
    store.refuse = () => "failed";
    expect(thrownBy(() => inbox.processed(7, TOKEN))).toMatchObject({ code: "store-failed" });
    store.refuse = undefined;
    inbox.hold(8, PRINT, message("2"));
    expect(stored(store)).toEqual(["i7", "i8"]);
    expect(inbox.received.has(7)).toBe(true);
  });
});

describe("a value under an incoming message's key", () => {
  it.each([
    ["no header", new Uint8Array(8)],
    ["no topic", Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 0, 0, 0)],
    ["less of a topic than it says", Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0x61)],
  ])("that has %s is refused", (_what, value) => {
    const inbox = inboxOn(undefined);
    expect(() => inbox.load(7, value)).toThrow(/incoming message|too short/);
    expect(inbox.isEmpty).toBe(true);
    expect(inbox.held).toEqual([]);
  });
});

describe("a QoS 2 message that was processed", () => {
  it("is found again as one that is not to be handed over", () => {
    const store = new MapStore();
    const before = inboxOn(store);
    before.hold(7, PRINT, message("21.5"));
    before.processed(7, TOKEN);
    const inbox = reborn(store);
    expect(inbox.held).toEqual([]);
    expect(inbox.isRepeated(7, true, PRINT)).toBe(true);
    expect(inbox.received.printOf(7)).toBe(PRINT);
  });

  it("is forgotten with PUBREL, and one that is not known costs the store nothing", () => {
    const store = new MapStore();
    const inbox = inboxOn(store);
    inbox.hold(7, PRINT, message("21.5"));
    inbox.forget(7);
    expect(stored(store)).toEqual([]);
    expect(inbox.isEmpty).toBe(true);
    store.refuse = () => "failed";
    expect(() => inbox.forget(7)).not.toThrow();
  });
});

describe("a QoS 2 message that comes in pieces", () => {
  it("keeps its token over a loss of power between them", () => {
    const store = new MapStore();
    inboxOn(store).begin(7, TOKEN, PRINT);
    const inbox = reborn(store);
    expect(inbox.isEmpty).toBe(false);
    expect(inbox.held).toEqual([]);
    expect(inbox.isRepeated(7, true, PRINT)).toBe(false);
    expect(inbox.begun(7, true, PRINT)).toBe(TOKEN);
    expect(inbox.begun(8, true, PRINT)).toBeUndefined();
  });

  it("is told from others that do, and is processed for itself alone", () => {
    const store = new MapStore();
    const inbox = inboxOn(store);
    inbox.begin(7, 1, 0x0101);
    inbox.begin(8, 2, 0x0202);
    expect(inbox.begun(8, true, 0x0202)).toBe(2);
    inbox.processed(8, 2);
    expect(inbox.begun(7, true, 0x0101)).toBe(1);
    expect(inbox.begun(8, true, 0x0202)).toBeUndefined();
    expect(inbox.received.printOf(8)).toBe(0x0202);
    expect(reborn(store).received.printOf(8)).toBe(0x0202);
    inbox.processed(9, 3);
    expect(inbox.received.printOf(9)).toBe(0);
    expect(inbox.begun(7, true, 0x0101)).toBe(1);
  });

  it.each([
    { duplicate: true, print: PRINT, token: TOKEN },
    { duplicate: false, print: PRINT, token: undefined },
    { duplicate: true, print: 1, token: undefined },
  ])("is, in doubt of the session, the same with DUP and the same print only: $duplicate, $print", (again) => {
    const inbox = inboxOn(undefined);
    inbox.begin(7, TOKEN, PRINT);
    inbox.doubt();
    expect(inbox.doubtful).toBe(true);
    expect(inbox.begun(7, again.duplicate, again.print)).toBe(again.token);
    // One that was not the same is gone; one that was is there still.
    expect(inbox.isEmpty).toBe(again.token === undefined);
  });

  it("is the same without DUP where the session is in no doubt", () => {
    const inbox = inboxOn(undefined);
    inbox.begin(7, TOKEN, PRINT);
    expect(inbox.begun(7, false, 1)).toBe(TOKEN);
  });

  it("goes with the broker's session, from the store too", () => {
    const store = new MapStore();
    const inbox = inboxOn(store);
    inbox.begin(7, TOKEN, PRINT);
    inbox.hold(8, PRINT, message("21.5"));
    inbox.doubt();
    inbox.clear();
    expect(stored(store)).toEqual([]);
    expect(inbox.isEmpty).toBe(true);
    expect(inbox.doubtful).toBe(false);
  });
});

describe("doubt of the session", () => {
  it("is none where nothing is held of it", () => {
    const inbox = inboxOn(undefined);
    inbox.doubt();
    expect(inbox.doubtful).toBe(false);
  });

  it("lasts until the last message held of it is released", () => {
    const inbox = inboxOn(undefined);
    inbox.hold(7, PRINT, message("1"));
    inbox.hold(8, PRINT, message("2"));
    inbox.doubt();
    inbox.forget(7);
    expect(inbox.doubtful).toBe(true);
    inbox.forget(8);
    expect(inbox.doubtful).toBe(false);
  });

  it("lasts while one that comes in pieces is held of it", () => {
    const inbox = inboxOn(undefined);
    inbox.hold(7, PRINT, message("1"));
    inbox.begin(8, TOKEN, PRINT);
    inbox.doubt();
    inbox.forget(7);
    expect(inbox.doubtful).toBe(true);
  });
});
