import { describe, expect, it } from "vitest";
import { stall } from "../../host-sim/core/network/rules.js";
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

  it("ends an attempt before CONNACK, with DISCONNECT, so that the broker does not publish the will", () => {
    const rig = new Rig({ will: { topic: "status", message: "gone" } });
    const before = rig.connect();
    before.reset();
    const connection = rig.broker.accept(9000);
    expect(connection.expect("connect").will).toBeDefined();
    rig.news();
    rig.client.close();
    connection.expect("disconnect");
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
    expect(rig.news()).toEqual([]);
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

  it("that is said to be up once more hurries nothing", () => {
    const rig = new Rig({ random: () => 0.999 });
    const connection = rig.connect();
    connection.reset();
    rig.settle();
    rig.client.link(true);
    rig.broker.expectNoConnection(998);
    rig.broker.accept(2);
  });

  it("that comes back has the attempts begin with the shortest delay again", () => {
    const rig = new Rig({ random: () => 0.999 });
    rig.broker.stop();
    rig.client.open();
    rig.advance(120_000);
    rig.client.link(false);
    rig.advance(1);
    rig.news();
    rig.client.link(true);
    rig.advance(1);
    expect(rig.news()).toEqual([["disconnected", "connection-failed", 999]]);
  });

  it("that goes right after a message was sent is not the message's doing", () => {
    const rig = new Rig();
    let connection = rig.connect();
    rig.publish("a", "x", 1);
    for (let times = 0; times < 6; times++) {
      connection.expect("publish", { payload: "x" });
      rig.client.link(false);
      rig.settle();
      rig.client.link(true);
      connection = rig.broker.welcome({ sessionPresent: true });
    }
    connection.expect("publish", { payload: "x" }, 0);
    expect(rig.client.parked).toEqual([]);
  });
});
