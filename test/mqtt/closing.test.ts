import { describe, expect, it } from "vitest";
import { stall } from "../../host-sim/core/rules.js";
import { puback, publish, pubrec, suback } from "../support/packets.js";
import { Rig } from "../support/rig.js";

const CLOSED = ["disconnected", undefined, undefined];

describe("close()", () => {
  it("sends DISCONNECT and says when it is done", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.close();
    expect(rig.news()).toEqual([]);
    connection.expect("disconnect");
    connection.expectClosed();
    expect(rig.news()).toEqual([CLOSED]);
    expect(rig.client.connected).toBe(false);
    rig.broker.expectNoConnection(600_000);
    expect(rig.broker.clock.pending).toBe(0);
  });

  it("sends first what was taken and can be sent", () => {
    const rig = new Rig({ window: 1 });
    const connection = rig.connect();
    rig.client.publish("a", "0");
    rig.client.publish("a", "1", { QoS: 1 });
    rig.client.publish("a", "2", { QoS: 1 });
    rig.client.close();
    connection.expect("publish", { payload: "1" });
    connection.expect("publish", { payload: "0" });
    connection.expect("disconnect");
    connection.expectClosed();
    expect(rig.client.pending).toBe(2);
  });

  it("may be called again, and by a client that was never opened", () => {
    const rig = new Rig();
    rig.client.close();
    rig.settle();
    expect(rig.news()).toEqual([]);
    const connection = rig.connect();
    rig.client.close();
    rig.client.close();
    connection.expect("disconnect");
    connection.expectClosed();
    rig.client.close();
    rig.advance(100_000);
    expect(rig.news()).toEqual([CLOSED]);
  });

  it("ends an attempt while the name is looked for", () => {
    const rig = new Rig();
    rig.client.open();
    rig.client.close();
    rig.broker.expectNoConnection(100_000);
    expect(rig.news()).toEqual([CLOSED]);
  });

  it("ends an attempt while the socket opens", () => {
    const rig = new Rig();
    rig.broker.station.rules.add(stall);
    rig.client.open();
    rig.advance(100);
    rig.client.close();
    rig.advance(0);
    expect(rig.news()).toEqual([CLOSED]);
    rig.broker.station.rules.clear();
    rig.advance(100_000);
    expect(rig.broker.connections.every(({ packets }) => packets.length === 0)).toBe(true);
    expect(rig.broker.clock.pending).toBe(0);
  });

  it("ends an attempt before CONNACK", () => {
    const rig = new Rig();
    rig.client.open();
    const connection = rig.broker.accept();
    connection.expect("connect");
    rig.client.close();
    connection.expectClosed();
    expect(rig.news()).toEqual([CLOSED]);
    expect(rig.broker.clock.pending).toBe(0);
  });

  it("ends the wait for the next attempt, and for the network", () => {
    for (const network of [true, false]) {
      const rig = new Rig();
      const connection = rig.connect();
      if (network) connection.reset();
      else rig.client.link(false);
      rig.settle();
      rig.news();
      rig.client.close();
      rig.broker.expectNoConnection(100_000);
      expect(rig.news()).toEqual([CLOSED]);
      rig.client.link(true);
      rig.broker.expectNoConnection(100_000);
    }
  });

  it("does not wait for ever for a peer that takes no bytes", () => {
    const rig = new Rig({ keepAlive: 0 }, { window: 100 });
    rig.connect();
    rig.broker.station.rules.add(stall);
    rig.publish("a", new Uint8Array(95), 0);
    rig.client.close();
    rig.advance(20_000);
    expect(rig.news("disconnected")).toEqual([CLOSED]);
    rig.broker.station.rules.clear();
    rig.broker.expectNoConnection(100_000);
  });

  it("can be followed by open()", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.publish("a", "x");
    connection.expect("publish");
    rig.client.close();
    connection.expect("disconnect");
    connection.expectClosed();
    rig.client.open();
    rig.broker.welcome({ sessionPresent: true }).expect("publish", { dup: true });
    expect(rig.news("connected", "disconnected")).toEqual([CLOSED, ["connected", true]]);
  });

  it("is taken back by open() in the same breath, whatever the state", () => {
    const rig = new Rig();
    const reopen = () => {
      rig.client.close();
      rig.client.open();
    };
    rig.client.open();
    reopen();
    rig.settle();
    reopen();
    const connection = rig.broker.accept();
    connection.expect("connect");
    reopen();
    connection.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
    rig.settle();
    reopen();
    connection.expectNothing(1000);
    expect(rig.news()).toEqual([["connected", false]]);
  });

  it("taken back while the socket opens does not count as a timeout", () => {
    const rig = new Rig();
    rig.broker.station.rules.add(stall);
    rig.client.open();
    rig.advance(100);
    rig.client.close();
    rig.client.open();
    rig.advance(19_899);
    expect(rig.news()).toEqual([]);
    rig.advance(1);
    expect(rig.news()).toEqual([["disconnected", "connect-timeout", expect.any(Number)]]);
  });

  it("taken back too late leads to a new connection", () => {
    const rig = new Rig({}, { window: 1 });
    const connection = rig.connect();
    const go = rig.broker.station.rules.add(stall);
    rig.client.close();
    rig.settle();
    rig.client.open();
    rig.settle();
    go();
    connection.expect("disconnect");
    connection.expectClosed();
    rig.broker.welcome({ sessionPresent: true, within: 2000 });
    expect(rig.news()).toEqual([
      ["disconnected", undefined, expect.any(Number)],
      ["connected", true],
    ]);
  });
});

describe("link()", () => {
  it("closes the connection when there is no network, and makes one at once when it is back", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.link(false);
    expect(rig.news()).toEqual([]);
    connection.expectClosed();
    expect(rig.news()).toEqual([["disconnected", "link-down", undefined]]);
    rig.broker.expectNoConnection(3_600_000);
    rig.client.link(true);
    rig.broker.accept(0).expect("connect");
  });

  it("need not be up for open()", () => {
    const rig = new Rig();
    rig.client.link(false);
    rig.client.open();
    rig.broker.expectNoConnection(100_000);
    rig.client.link(true);
    rig.broker.accept(0);
  });

  it("does not wait for the backoff when it comes back", () => {
    const rig = new Rig();
    rig.broker.stop();
    rig.client.open();
    rig.advance(300_000);
    rig.client.link(false);
    rig.broker.start();
    rig.advance(1);
    rig.client.link(true);
    rig.broker.accept(0);
  });

  it("that only blinks does not make an attempt fail", () => {
    const rig = new Rig();
    rig.broker.station.rules.add(stall);
    rig.client.open();
    rig.advance(100);
    rig.client.link(false);
    rig.client.link(true);
    rig.advance(1000);
    expect(rig.news("disconnected").filter(([, code]) => code === "connect-timeout")).toEqual([]);
  });
});

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
