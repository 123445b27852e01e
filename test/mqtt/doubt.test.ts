/** What the simulation found: where neither side can know, the client must not pretend to. */
import { describe, expect, it } from "vitest";
import { MapStore } from "../support/map-store.js";
import { puback, publish } from "../support/packets.js";
import { Rig, thrownBy } from "../support/rig.js";

/** Lets a write be done and fail all the same, as the contract of the store allows. */
class LyingStore extends MapStore {
  lies: (key: string) => boolean = () => false;

  override write(key: string, value: Uint8Array): void {
    super.write(key, value);
    if (this.lies(key)) throw Object.assign(new Error("the flash failed"), { storage: "failed" as const });
  }
}

describe("a message that was refused because its write failed", () => {
  it("is not sent, neither on this connection nor after a restart, once another was accepted", () => {
    const store = new LyingStore();
    const before = new Rig({ store });
    before.connect().reset();
    before.settle();
    store.lies = (key) => key.startsWith("o");
    expect(thrownBy(() => before.client.publish("a", "refused", { QoS: 2 }))).toMatchObject({ code: "store-failed" });
    store.lies = () => false;
    before.client.publish("a", "accepted", { QoS: 2 });
    const rig = new Rig({ store: store.copy() });
    const connection = rig.connect({ sessionPresent: true });
    connection.expect("publish", { payload: "accepted" });
    connection.expectNothing(1000);
  });

  it("does not take the place of one that waits in the store", () => {
    const store = new LyingStore();
    const rig = new Rig({ store, window: 1 });
    let connection = rig.connect();
    connection.reset();
    rig.settle();
    rig.client.publish("a", "1", { QoS: 1 });
    rig.client.publish("a", "2", { QoS: 1 });
    store.lies = (key) => key.startsWith("o");
    store.refuse = (key, value) => (key.startsWith("o") && value === undefined ? "failed" : undefined);
    thrownBy(() => rig.client.publish("a", "refused", { QoS: 1 }));
    store.lies = () => false;
    store.refuse = undefined;
    rig.client.publish("a", "3", { QoS: 1 });
    connection = rig.broker.welcome({ sessionPresent: true, within: 9000 });
    for (const payload of ["1", "2", "3"]) {
      connection.send(puback(connection.expect("publish", { payload }).messageId as number));
    }
    rig.settle();
    expect(rig.client.pending).toBe(0);
  });
});

describe("an incoming QoS 2 message whose store failed", () => {
  it("is not handed over at a later start, when the broker has another session", () => {
    const store = new LyingStore();
    const before = new Rig({ store });
    let connection = before.connect();
    store.lies = (key) => key.startsWith("i");
    connection.send(publish("a", "not taken", 2, 7));
    connection.expectClosed();
    store.lies = () => false;
    connection = before.broker.welcome({ sessionPresent: false, within: 9000 });
    const rig = new Rig({ store: store.copy() });
    rig.connect({ sessionPresent: true });
    expect(rig.messages).toEqual([]);
  });
});

describe("a CONNECT that was not seen answered", () => {
  it.each(["another", "the same"])(
    "makes a message without DUP a new one, though its identifier is held from the session before: %s",
    (what) => {
      const next = what === "another" ? "new" : "old";
      const rig = new Rig();
      let connection = rig.connect();
      connection.send(publish("a", "old", 2, 5));
      connection.expect("pubrec");
      connection.reset();
      // The broker has lost its session and begins another, but what it says of that is lost.
      connection = rig.broker.accept(9000);
      connection.expect("connect");
      connection.reset();
      connection = rig.broker.welcome({ sessionPresent: true, within: 9000 });
      connection.send(publish("a", next, 2, 5));
      connection.expect("pubrec", { messageId: 5 });
      expect(rig.messages.map(({ text }) => text)).toEqual(["old", next]);
      connection.send(publish("a", next, 2, 5, { dup: true }));
      connection.expect("pubrec", { messageId: 5 });
      expect(rig.messages).toHaveLength(2);
    },
  );

  it("makes another message a new one, with DUP, too: the broker may have sent it before in the session it began", () => {
    const store = new MapStore();
    const before = new Rig({ store });
    let connection = before.connect();
    connection.send(publish("a", "old", 2, 7));
    connection.expect("pubrec");
    connection.reset();
    before.broker.accept(9000).expect("connect");
    const after = new Rig({ store: store.copy() });
    connection = after.connect({ sessionPresent: true });
    connection.send(publish("a", "new", 2, 7, { dup: true }));
    connection.expect("pubrec");
    expect(after.messages.map(({ text }) => text)).toEqual(["new"]);
    const again = new Rig({ store: store.copy() });
    again.connect({ sessionPresent: true }).send(publish("a", "old", 2, 7, { dup: true }));
    again.settle();
    expect(again.messages).toEqual([]);
  });

  it("does not make it a new one when the session was seen to go on", () => {
    const rig = new Rig();
    let connection = rig.connect();
    connection.send(publish("a", "old", 2, 5));
    connection.expect("pubrec");
    connection = rig.reconnect(connection);
    connection.send(publish("a", "old", 2, 5));
    connection.expect("pubrec", { messageId: 5 });
    expect(rig.messages).toHaveLength(1);
  });
});

describe("keepalive shorter than the deadline of answers", () => {
  it("goes on with PINGREQ while PINGRESP is waited for, so that the broker does not give up", () => {
    const rig = new Rig({ keepAlive: 8000, responseTimeout: 20_000 });
    const connection = rig.connect();
    for (let n = 0; n < 3; n++) connection.expect("pingreq", {}, 7500);
    connection.expectClosed(13_000);
    expect(rig.errors[0]?.message).toContain("no PINGRESP within 20000 ms");
  });
});
