import { describe, expect, it } from "vitest";
import { Flash, SYNC } from "../../host-sim/core/storage/flash.js";
import { puback, publish, pubrec } from "../support/packets.js";
import { Rig, type RigOptions, thrownBy } from "../support/rig.js";

/** A client on a store that defers, whose syncs are written down among what the client tells. */
function deferring(options: RigOptions = {}) {
  const flash = new Flash({
    defers: true,
    onCommit: ({ key }, outcome) => {
      if (key === SYNC && outcome === "done") rig.told.push(["sync"]);
    },
  });
  const rig: Rig = new Rig({ store: flash, ...options });
  return { flash, rig };
}

const names = (rig: Rig) => rig.news().map(([name]) => name);

describe("a client on a store that defers", () => {
  it("waits for one sync a publish", () => {
    const { rig } = deferring();
    rig.connect();
    rig.publish("a", "the first reserves tokens, too");
    rig.news();
    for (const QoS of [1, 2] as const) rig.client.publish("a", "b", { QoS });
    expect(names(rig)).toEqual(["sync", "sync"]);
  });

  it("has a message outlast a loss of power when publish returns", () => {
    const { flash, rig } = deferring();
    rig.connect();
    const token = rig.client.publish("a", "b", { QoS: 1 });
    flash.losePower(() => 0);
    expect(flash.keys()).toContain(`o${token.toString(36)}`);
  });

  it("waits for one sync for all that one read from the socket causes, and tells outcomes after it", () => {
    const { rig } = deferring();
    const connection = rig.connect();
    const ids = [1, 1, 1, 2, 2].map((QoS) => {
      rig.publish("a", "b", QoS as 1 | 2);
      return connection.expect("publish").messageId as number;
    });
    rig.news();
    connection.send(...ids.map((id, index) => (index < 3 ? puback(id) : pubrec(id))));
    rig.settle();
    expect(connection.unread.map(({ cmd }) => cmd)).toEqual(["pubrel", "pubrel"]);
    expect(names(rig)).toEqual(["sync", "published", "published", "published"]);
  });

  it("hands over all QoS 2 messages of a read after one sync, and answers them after a second", () => {
    const { rig } = deferring();
    const connection = rig.connect();
    rig.publish("a", "reserves tokens");
    connection.expect("publish");
    rig.news();
    connection.send(...[1, 2, 3, 4].map((id) => publish("b", `message ${id}`, 2, id)));
    rig.settle();
    expect(connection.unread.map(({ cmd }) => cmd)).toEqual(Array(4).fill("pubrec"));
    expect(names(rig)).toEqual(["sync", "readable", "readable", "readable", "readable", "sync"]);
    expect(rig.messages.map(({ text }) => text)).toEqual([1, 2, 3, 4].map((id) => `message ${id}`));
  });

  it("keeps the order of what came, whatever its QoS", () => {
    const { rig } = deferring();
    const connection = rig.connect();
    const order = [2, 2, 1, 0, 2, 1, 2] as const;
    connection.send(...order.map((QoS, index) => publish("b", `${index}`, QoS, QoS === 0 ? undefined : index + 1)));
    rig.settle();
    expect(rig.messages.map(({ text }) => text)).toEqual(order.map((_, index) => `${index}`));
    const answers = connection.unread.map(({ cmd, messageId }) => `${cmd} ${messageId}`);
    expect(answers).toEqual(["pubrec 1", "pubrec 2", "puback 3", "pubrec 5", "puback 6", "pubrec 7"]);
  });

  it("answers a message that comes twice in one read twice, and hands it over once", () => {
    const { rig } = deferring();
    const connection = rig.connect();
    connection.send(publish("b", "x", 2, 7), publish("b", "x", 2, 7), publish("b", "y", 2, 8));
    rig.settle();
    expect(rig.messages.map(({ text }) => text)).toEqual(["x", "y"]);
    expect(connection.unread.map(({ messageId }) => messageId)).toEqual([7, 7, 8]);
  });

  it("takes in more QoS 2 messages of one read than may wait for their answers", () => {
    const { rig } = deferring({ maximumReceived: 100 });
    const connection = rig.connect();
    connection.send(...Array.from({ length: 80 }, (_, index) => publish("b", `${index}`, 2, index + 1)));
    rig.settle();
    expect(rig.messages.map(({ text }) => text)).toEqual(Array.from({ length: 80 }, (_, index) => `${index}`));
    expect(connection.unread).toHaveLength(80);
  });

  it("refuses a message whose sync fails, and does not send it after a loss of power either", () => {
    const { flash, rig } = deferring();
    rig.connect();
    rig.publish("a", "reserves tokens");
    let operation = 0;
    flash.failAt(
      () => ++operation === 2,
      () => false,
    );
    expect(thrownBy(() => rig.client.publish("a", "refused", { QoS: 1 }))).toMatchObject({ code: "store-failed" });
    rig.client.publish("a", "accepted", { QoS: 1 });
    flash.losePower(() => 0);
    expect(flash.keys().filter((key) => key.startsWith("o"))).toHaveLength(2);
    expect(rig.client.pending).toBe(2);
  });

  it("hands over what it could not sync when the next connection is made, once", () => {
    const { flash, rig } = deferring();
    let connection = rig.connect();
    rig.publish("a", "reserves tokens");
    connection.expect("publish");
    rig.news();
    // The two are written; the sync after that fails, and the one that is tried when the connection has ended.
    let operation = 0;
    flash.failAt(
      () => ++operation > 2 && operation < 5,
      () => false,
    );
    connection.send(publish("b", "x", 2, 7), publish("b", "y", 2, 8));
    rig.settle();
    expect(rig.messages).toEqual([]);
    expect(rig.news("disconnected")).toMatchObject([["disconnected", "store-failed", expect.any(Number)]]);
    connection = rig.broker.welcome({ sessionPresent: true, within: 70_000 });
    connection.send(publish("b", "x", 2, 7, { dup: true }), publish("b", "y", 2, 8, { dup: true }));
    rig.settle();
    expect(rig.messages.map(({ text }) => text)).toEqual(["x", "y"]);
    expect(connection.unread.filter(({ cmd }) => cmd === "pubrec")).toHaveLength(2);
  });

  it("tells an outcome once the store takes it, when it has failed at first", () => {
    const { flash, rig } = deferring();
    const connection = rig.connect();
    const token = rig.publish("a", "b");
    const id = connection.expect("publish").messageId as number;
    rig.news();
    let operation = 0;
    flash.failAt(
      () => ++operation > 1 && operation < 5,
      () => false,
    );
    connection.send(puback(id));
    rig.settle();
    expect(rig.news("published")).toEqual([]);
    rig.broker.welcome({ sessionPresent: true, within: 70_000 });
    expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
  });
});
