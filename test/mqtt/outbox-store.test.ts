import { describe, expect, it } from "vitest";
import { SessionStore } from "../../src/mqtt/session-store.js";
import { viewPublish } from "../../src/mqtt/wire/encode.js";
import { MapStore } from "../support/map-store.js";
import { accept, damage, outboxOn, packetOf, send } from "./outboxes.js";

describe("what the store is asked", () => {
  const changesOf = (store: MapStore) => {
    const changes: string[] = [];
    store.refuse = (key, value) => void changes.push(`${value === undefined ? "-" : "+"}${key}`);
    return () => changes.splice(0).join(" ");
  };

  it("when a connection ends: what is not stored yet, once, and nothing that a source holds", () => {
    const store = new MapStore();
    const changes = changesOf(store);
    const outbox = outboxOn(store, "offline");
    outbox.online();
    accept(outbox, 1, 2);
    outbox.accept(3, packetOf(3), { byteLength: 1, read: () => {} });
    expect(changes()).toBe("");
    outbox.offline();
    expect(changes()).toBe("+o1 +o2");
    outbox.online();
    outbox.offline();
    expect(changes()).toBe("");
  });

  it("when a message is released: a note; where it is not stored, nothing until the connection ends, and then the note first", () => {
    const store = new MapStore();
    const changes = changesOf(store);
    const outbox = outboxOn(store, "offline");
    outbox.online();
    accept(outbox, 1);
    send(outbox);
    outbox.release(outbox.log.at(0));
    expect(changes()).toBe("");
    outbox.offline();
    expect(changes()).toBe("+p1 +o1");
    outbox.online();
    send(outbox);
    outbox.complete(0);
    expect(changes()).toBe("-o1 -p1");
    const always = outboxOn(store);
    accept(always, 2);
    send(always);
    changes();
    always.release(always.log.at(0));
    expect(changes()).toBe("+p2");
  });

  it("when a message could not be marked as put aside: to mark it with the next connection, for it may have been sent", () => {
    const store = new MapStore();
    const outbox = outboxOn(store);
    accept(outbox, 1, 2, 3);
    send(outbox);
    store.refuse = (key, value) => {
      if (value !== undefined) throw Object.assign(new Error(`no room for ${key}`), { storage: "full" });
    };
    outbox.park(1);
    outbox.park(0);
    outbox.offline();
    const changes = changesOf(store);
    outbox.online();
    expect(changes().split(" ").sort()).toEqual(["+p1", "+p2"]);
    outbox.offline();
    outbox.online();
    expect(changes()).toBe("");
  });

  it("when a message is put aside: to mark it, once, and again when it is to be sent though it never was", () => {
    const store = new MapStore();
    const outbox = outboxOn(store);
    accept(outbox, 1, 2);
    const changes = changesOf(store);
    const sealed = new SessionStore(store);
    const mark = (token: number) => sealed.read(`p${token}`, (value) => value[0]);
    outbox.park(0);
    expect(changes()).toBe("+p1");
    expect(mark(1)).toBe(0);
    outbox.unpark(outbox.parked[0] as never, 2);
    expect(changes()).toBe("+p1");
    expect(mark(1)).toBe(1);
    expect(outbox.log.at(0)).toMatchObject({ token: 1, strikes: 2, marked: true });
    expect(send(outbox)).toEqual([1, 2]);
    outbox.park(0);
    outbox.park(0);
    expect(changes()).toBe("+p2");
    expect(mark(2)).toBe(1);
    outbox.unpark(outbox.parked[0] as never, 0);
    expect(changes()).toBe("");
    outbox.complete(0);
    expect(changes()).toBe("-o1 -p1");
    // In memory only there is nothing to mark.
    const other = outboxOn(new MapStore(), "offline");
    other.online();
    accept(other, 5);
    other.park(0);
    expect(other.parked[0]).toMatchObject({ token: 5, marked: false });
  });

  it("in a review: nothing for what stays as it is, nor for what is not stored", () => {
    const store = new MapStore();
    const outbox = outboxOn(store);
    accept(outbox, 1, 2, 3, 4);
    const changes = changesOf(store);
    outbox.review(() => undefined);
    expect(changes()).toBe("");
    const other = outboxOn(store, "offline");
    other.online();
    accept(other, 5);
    other.review(() => "another");
    expect(changes()).toBe("");
    expect(new TextDecoder().decode(viewPublish(other.log.at(0).packet).payload)).toBe("another");
  });

  it("in a review of a value that is damaged: to set it aside; those behind it are reviewed", () => {
    const store = new MapStore();
    const outbox = outboxOn(store);
    accept(outbox, 1, 2, 3, 4);
    damage(store, "o3");
    const seen: number[] = [];
    outbox.review(({ token }) => void seen.push(token));
    expect(seen).toEqual([1, 2, 4]);
  });
});
