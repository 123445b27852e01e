/** The book of subscriptions by itself: what is due, what is under way, what is stored. */
import { describe, expect, it } from "vitest";
import { Subscriptions } from "../../src/mqtt/subscriptions.js";
import { thrownBy } from "../support/rig.js";

describe("the difference between what is wanted and what the broker holds", () => {
  const events = { subscribed: () => {}, unsubscribed: () => {} };
  const handler = () => {};
  const WRAP = 0x7fff_ffff;

  it("is asked for a packet at a time, and the oldest that is not answered counts, whatever the clock says", () => {
    const subscriptions = new Subscriptions();
    expect(subscriptions.waitingSince(0)).toBeUndefined();
    subscriptions.add("a", 0, handler);
    subscriptions.request(1, WRAP - 5);
    subscriptions.add("b", 0, handler);
    subscriptions.request(2, (WRAP + 5) | 0);
    subscriptions.add("c", 0, handler);
    subscriptions.request(3, WRAP);
    const now = (WRAP + 10) | 0;
    expect(subscriptions.due).toBe(false);
    expect(subscriptions.waitingSince(now)).toBe(WRAP - 5);
    subscriptions.suback(1, Uint8Array.of(0), events);
    expect(subscriptions.waitingSince(now)).toBe(WRAP);
    subscriptions.suback(3, Uint8Array.of(0), events);
    expect(subscriptions.waitingSince(now)).toBe((WRAP + 5) | 0);
    expect([1, 2, 3].map((id) => subscriptions.usesId(id))).toEqual([false, true, false]);
  });

  it("is asked for again when the request could not go", () => {
    const subscriptions = new Subscriptions();
    subscriptions.add("a", 1, handler);
    const packet = subscriptions.request(1, 0);
    expect(subscriptions.known()).toEqual([["a", 3]]);
    subscriptions.withdraw(2);
    expect(subscriptions.due).toBe(false);
    subscriptions.withdraw(1);
    expect(subscriptions.due).toBe(true);
    expect(subscriptions.request(1, 0)).toEqual(packet);
  });

  it("is stored as what the broker holds, and restored as that", () => {
    const subscriptions = new Subscriptions();
    subscriptions.add("a", 2, handler);
    subscriptions.add("b", 1, handler);
    subscriptions.request(1, 0);
    subscriptions.suback(1, Uint8Array.of(1, 0x80), events);
    subscriptions.add("c", 0, handler);
    // Granted with less than was asked for: there is no use in asking again.
    expect(subscriptions.known()).toEqual([["a", 2]]);
    const restored = new Subscriptions();
    restored.restore(subscriptions.known());
    expect(restored.known()).toEqual([["a", 2]]);
    restored.doubt();
    expect(restored.known()).toEqual([["a", 3]]);
    const nothing = new Subscriptions();
    nothing.add("a", 0, handler);
    nothing.doubt();
    expect(nothing.known()).toEqual([]);
  });

  it("is answered by the packet that belongs to the request only", () => {
    const subscriptions = new Subscriptions();
    subscriptions.add("a", 0, handler);
    subscriptions.request(1, 0);
    expect(thrownBy(() => subscriptions.unsuback(1, events)).code).toBe("MQTT-3.10.4-4");
    subscriptions.suback(1, Uint8Array.of(0), events);
    subscriptions.remove("a");
    subscriptions.request(2, 0);
    expect(thrownBy(() => subscriptions.suback(2, Uint8Array.of(0), events)).code).toBe("MQTT-3.8.4-2");
    subscriptions.unsuback(2, events);
    expect(subscriptions.known()).toEqual([]);
  });

  it("takes no memory for what was ended, however many filters came and went", () => {
    const subscriptions = new Subscriptions();
    const held = () => (Reflect.get(subscriptions, "list") as unknown[]).length;
    for (let n = 1; n <= 100; n++) {
      subscriptions.add(`${n}`, 0, handler);
      subscriptions.request(n, 0);
      subscriptions.suback(n, Uint8Array.of(n % 2 ? 0 : 0x80), events);
      subscriptions.remove(`${n}`);
      if (n % 2) {
        subscriptions.request(200 + n, 0);
        subscriptions.unsuback(200 + n, events);
      }
      expect(held()).toBe(0);
    }
  });

  it("is none for what nobody wants and nobody holds", () => {
    const subscriptions = new Subscriptions();
    subscriptions.add("a", 0, handler);
    subscriptions.remove("a");
    subscriptions.remove("held from before, perhaps");
    expect(subscriptions.due).toBe(true);
    // The broker has no session from before.
    subscriptions.begin(false);
    expect(subscriptions.due).toBe(false);
    expect(subscriptions.known()).toEqual([]);
  });
});
