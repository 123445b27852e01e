import { describe, expect, it } from "vitest";
import { puback, publish, pubrec, suback } from "../support/packets.js";
import { Rig } from "../support/rig.js";

const CLOSED = ["disconnected", undefined, undefined];

describe("a callback", () => {
  /** Each with what makes the client call it; the connection is there. */
  const callbacks = {
    onConnected: () => {},
    onPublished: (rig: Rig) => {
      rig.publish("a", "x", 0);
    },
    onSubscribed: (rig: Rig) => {
      rig.client.subscribe("s", {}, rig.handler);
      const connection = rig.broker.connections[0];
      connection?.send(suback(connection.expect("subscribe").messageId as number, 0));
    },
    onReadable: (rig: Rig) => rig.broker.connections[0]?.send(publish("r", "x", 2, 5)),
    onDisconnected: (rig: Rig) => rig.broker.connections[0]?.reset(),
    onAborted: (rig: Rig) => {
      rig.broker.connections[0]?.sendBytes([0x30, 0xff, 0x7f, 0, 1, 0x61, ...new Uint8Array(3000)]);
      rig.settle();
      rig.broker.connections[0]?.reset();
    },
  };
  type Name = keyof typeof callbacks;
  const names = Object.keys(callbacks) as Name[];

  it.each(names)("%s that throws becomes an error, and nothing else changes", (name) => {
    const boom = new Error("boom");
    const rig = new Rig({
      [name]: () => {
        throw boom;
      },
      onError: () => {
        throw new Error("and again");
      },
    });
    rig.client.open();
    rig.broker.welcome();
    callbacks[name](rig);
    rig.settle();
    expect(rig.errors).toContainEqual(expect.objectContaining({ kind: "misuse", code: "callback-threw", cause: boom }));
    if (!rig.client.connected) rig.broker.welcome({ within: 2000 });
    rig.client.publish("still", "there");
    rig.settle();
    expect(rig.broker.connections.at(-1)?.packets.at(-1)).toMatchObject({ topic: "still" });
  });

  /** Rejections that nobody has caught by now. */
  async function unhandled(during: () => void): Promise<unknown[]> {
    const reasons: unknown[] = [];
    const note = (reason: unknown) => reasons.push(reason);
    process.on("unhandledRejection", note);
    during();
    // Node.js says so when all that is due has been done.
    await new Promise((done) => setImmediate(done));
    process.off("unhandledRejection", note);
    return reasons;
  }

  it.each(names)("%s that returns a promise is reported once as misuse, and what it is rejected with", async (name) => {
    const late = new Error("late");
    const rig = new Rig({
      [name]: () => Promise.reject(late),
      onError: () => Promise.reject(new Error("and again")),
    });
    const reasons = await unhandled(() => {
      rig.client.open();
      rig.broker.welcome();
      callbacks[name](rig);
      rig.settle();
    });
    expect(reasons).toEqual([]);
    const ours = rig.errors.filter(({ kind }) => kind === "misuse");
    expect(ours.filter(({ code }) => code === "async-handler")).toHaveLength(1);
    expect(ours).toContainEqual(expect.objectContaining({ code: "callback-threw", cause: late }));
  });

  it("that handles messages and returns promises is reported once, however many messages come", async () => {
    const rig = new Rig();
    const connection = rig.connect();
    let handled = 0;
    const reasons = await unhandled(() => {
      rig.client.subscribe("a", { QoS: 1 }, async ({ payload }) => {
        handled++;
        if (payload[0] === 0x32) throw new Error("the second one");
      });
      connection.send(suback(connection.expect("subscribe").messageId as number, 1));
      for (const id of [1, 2, 3]) connection.send(publish("a", `${id}`, 1, id));
      for (const messageId of [1, 2, 3]) connection.expect("puback", { messageId });
    });
    expect(handled).toBe(3);
    expect(reasons).toEqual([]);
    expect(rig.errors).toMatchObject([
      { kind: "misuse", code: "async-handler" },
      { kind: "misuse", code: "callback-threw", message: expect.stringContaining("the second one") },
    ]);
  });

  it.each(names)("%s may publish, subscribe and unsubscribe", (name) => {
    let done = false;
    const rig: Rig = new Rig({
      [name]: () => {
        if (done) return;
        done = true;
        rig.client.publish("p", "within", { QoS: 1 });
        rig.client.subscribe("within", {}, rig.handler);
        rig.client.unsubscribe("other");
      },
    });
    rig.client.open();
    rig.broker.welcome();
    callbacks[name](rig);
    rig.settle();
    if (!rig.client.connected) rig.broker.welcome({ within: 2000 });
    rig.settle();
    const sent = rig.broker.connections.at(-1)?.packets;
    expect(sent).toContainEqual(expect.objectContaining({ cmd: "publish", topic: "p" }));
    expect(sent).toContainEqual(expect.objectContaining({ cmd: "subscribe" }));
  });

  it.each(names)("%s may close the client, for good", (name) => {
    const rig: Rig = new Rig({ [name]: () => rig.client.close() });
    rig.client.open();
    rig.broker.welcome();
    callbacks[name](rig);
    rig.broker.expectNoConnection(100_000);
    expect(rig.told.filter(([what]) => what === "disconnected").at(-1)).toEqual(CLOSED);
  });

  it.each(names)("%s may say that the network is gone, and is told of it once", (name) => {
    const rig: Rig = new Rig({ [name]: () => rig.client.link(false) });
    rig.client.open();
    rig.broker.welcome();
    callbacks[name](rig);
    rig.broker.expectNoConnection(100_000);
    expect(rig.news("disconnected")).toHaveLength(1);
    rig.client.link(true);
    rig.broker.accept(0);
  });

  it("may answer a message in its handler, and close behind it", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe("command", { QoS: 1 }, () => {
      rig.client.publish("result", "done", { QoS: 1 });
      rig.client.close();
    });
    connection.send(suback(connection.expect("subscribe").messageId as number, 1), publish("command", "go", 1, 3));
    connection.expect("puback", { messageId: 3 });
    connection.expect("publish", { topic: "result" });
    connection.expect("disconnect");
    connection.expectClosed();
  });

  it("may publish the next message when one is delivered, for ever", () => {
    const rig: Rig = new Rig({ onPublished: () => void rig.client.publish("a", "next", { QoS: 1 }) });
    const connection = rig.connect();
    rig.publish("a", "first");
    for (let n = 0; n < 100; n++) connection.send(puback(connection.expect("publish").messageId as number));
    connection.expect("publish", { topic: "a" });
    rig.client.publish("b", "2", { QoS: 2 });
    connection.send(pubrec(connection.expect("publish", { topic: "b" }).messageId as number));
    connection.expect("pubrel");
  });
});
