import { describe, expect, it } from "vitest";
import { bandwidth, only, stall } from "../../host-sim/core/network/rules.js";
import { Blame } from "../../src/mqtt/blame.js";
import { Deadlines } from "../../src/mqtt/deadlines.js";
import { Sender } from "../../src/mqtt/sender.js";
import { Session } from "../../src/mqtt/session.js";
import { connack, PINGRESP, puback, pubcomp, publish, pubrec, suback } from "../support/packets.js";
import { Rig, thrownBy } from "../support/rig.js";
import type { Connection } from "../support/scripted-broker.js";

/** The client promises 60 s and pings a sixteenth earlier. */
const INTERVAL = 56_250;
const HALF_WAY_ROUND = 2 ** 31 + 10_000;

describe("keepalive", () => {
  it("sends PINGREQ when nothing was sent or received for the interval", () => {
    const rig = new Rig();
    const connection = rig.connect();
    for (let n = 0; n < 5; n++) {
      connection.expectNothing(INTERVAL - 1);
      connection.expect("pingreq", {}, 1);
      connection.send(PINGRESP);
    }
    expect(rig.news()).toEqual([]);
  });

  it("sends PINGREQ when messages go out and nothing comes in", () => {
    const rig = new Rig();
    const connection = rig.connect();
    let before = 0;
    for (; before < 70; before++) {
      rig.publish("a", "x", 0);
      rig.advance(1000);
      if (connection.packets.at(-1)?.cmd === "pingreq") break;
    }
    expect(before).toBe(56);
    rig.advance(19_000);
    expect(rig.client.connected).toBe(true);
    rig.advance(1_001);
    expect(rig.errors[0]?.message).toContain("no PINGRESP within 20000 ms");
  });

  it("sends PINGREQ when messages come in and nothing goes out", () => {
    const rig = new Rig();
    const connection = rig.connect();
    for (let n = 0; n < 56; n++) {
      connection.send(publish("a", "x"));
      connection.expectNothing(1000);
    }
    connection.expect("pingreq", {}, 251);
    connection.send(PINGRESP);
    connection.expectNothing(1000);
  });

  it("is silent while packets go both ways", () => {
    const rig = new Rig();
    const connection = rig.connect();
    for (let n = 0; n < 10; n++) {
      rig.publish("a", "x", 1);
      connection.send(puback(connection.expect("publish").messageId as number));
      connection.expectNothing(50_000);
    }
  });

  it("can be turned off", () => {
    const rig = new Rig({ keepAlive: 0 });
    rig.client.open();
    const connection = rig.broker.accept();
    connection.expect("connect", { keepalive: 0 });
    connection.send(connack());
    connection.expectNothing(86_400_000);
    expect(rig.client.connected).toBe(true);
  });

  it("goes on over the wrap-around of the clock and never drifts late", () => {
    const rig = new Rig({ keepAlive: 30_000 }, { clock: { start: 0x7fff_ffff - 70_000 } });
    const connection = rig.connect();
    const start = rig.broker.clock.elapsed;
    for (let n = 1; n <= 200; n++) {
      connection.expect("pingreq", {}, 30_000);
      expect(rig.broker.clock.elapsed - start).toBe(n * 28_125);
      connection.send(PINGRESP);
      rig.settle();
    }
    expect(rig.news()).toEqual([]);
  });

  it("goes on when a timer runs late", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.broker.clock.block(300_000);
    connection.expect("pingreq", {}, 1);
    connection.send(PINGRESP);
    rig.settle();
    expect(rig.client.connected).toBe(true);
  });

  it("finds a peer that takes no bytes", () => {
    const rig = new Rig({}, { window: 100 });
    const connection = rig.connect();
    rig.broker.station.rules.add(stall);
    rig.publish("a", new Uint8Array(100), 0);
    rig.advance(19_999);
    expect(rig.client.connected).toBe(true);
    rig.advance(1);
    expect(rig.errors[0]?.message).toBe("the peer took no bytes within 20000 ms");
    expect(connection.packets).toHaveLength(1);
  });

  it("finds a peer that takes no bytes when the window is full to the brim", () => {
    const rig = new Rig({}, { window: 100 });
    rig.connect();
    rig.broker.station.rules.add(stall);
    rig.publish("a", new Uint8Array(95), 0);
    rig.publish("a", "waits", 0);
    rig.advance(INTERVAL + 20_000);
    expect(rig.news()).toContainEqual(["disconnected", "response-timeout", expect.any(Number)]);
  });

  it("does not mistake a long message on a slow link for silence", () => {
    const rig = new Rig({}, { window: 1000, rules: [only("up", bandwidth(1000))] });
    rig.client.open();
    const connection = rig.broker.welcome();
    rig.publish("a", { byteLength: 200_000, read: (into) => into.fill(1) }, 0);
    connection.expect("publish", {}, 250_000);
    connection.expect("pingreq", {}, 2_000);
    connection.send(PINGRESP);
    rig.settle();
    expect(rig.errors).toEqual([]);
  });
});

describe("a deadline of 20 s", () => {
  type Case = readonly [what: string, missing: string, prepare: (rig: Rig) => Connection];
  const cases: Case[] = [
    [
      "CONNACK",
      "no CONNACK",
      (rig) => {
        rig.client.open();
        const connection = rig.broker.accept();
        connection.expect("connect");
        return connection;
      },
    ],
    [
      "PUBACK",
      "no PUBACK",
      (rig) => {
        const connection = rig.connect();
        rig.publish("a", "x", 1);
        connection.expect("publish");
        return connection;
      },
    ],
    [
      "PUBREC",
      "no PUBREC",
      (rig) => {
        const connection = rig.connect();
        rig.publish("a", "x", 2);
        connection.expect("publish");
        return connection;
      },
    ],
    [
      "PUBCOMP",
      "no PUBCOMP",
      (rig) => {
        const connection = rig.connect();
        rig.publish("a", "x", 2);
        const messageId = connection.expect("publish").messageId as number;
        rig.advance(15_000);
        connection.send(pubrec(messageId));
        connection.expect("pubrel");
        return connection;
      },
    ],
    [
      "SUBACK",
      "no SUBACK or UNSUBACK",
      (rig) => {
        const connection = rig.connect();
        rig.client.subscribe("a", {}, rig.handler);
        connection.expect("subscribe");
        return connection;
      },
    ],
    [
      "UNSUBACK",
      "no SUBACK or UNSUBACK",
      (rig) => {
        const connection = rig.connect();
        rig.client.subscribe("a", {}, rig.handler);
        connection.send(suback(connection.expect("subscribe").messageId as number, 0));
        rig.settle();
        rig.client.unsubscribe("a");
        connection.expect("unsubscribe");
        return connection;
      },
    ],
    [
      "PINGRESP",
      "no PINGRESP",
      (rig) => {
        const connection = rig.connect();
        connection.expect("pingreq", {}, 60_000);
        return connection;
      },
    ],
  ];

  it.each(cases)("for %s closes the connection, resends nothing on it, and resumes", (_, missing, prepare) => {
    const rig = new Rig();
    const connection = prepare(rig);
    const sent = connection.packets.length;
    connection.expectNothing(19_999);
    connection.expectClosed(1);
    expect(connection.packets).toHaveLength(sent);
    expect(rig.errors).toMatchObject([
      { kind: "transport", code: "response-timeout", message: `${missing} within 20000 ms` },
    ]);
    rig.broker.welcome({ sessionPresent: true, within: 2000 });
  });

  it("can be set", () => {
    const rig = new Rig({ responseTimeout: 500 });
    const connection = rig.connect();
    rig.publish("a", "x", 1);
    connection.expect("publish");
    connection.expectNothing(499);
    connection.expectClosed(1);
  });

  it("runs for each message from when it was sent, not from when another was", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.publish("a", "1", 1);
    const one = connection.expect("publish").messageId as number;
    rig.advance(15_000);
    rig.publish("a", "2", 1);
    connection.expect("publish");
    rig.advance(4_999);
    connection.send(puback(one));
    connection.expectNothing(15_000);
    connection.expectClosed(1);
  });

  it("does not run for what waits behind the window", () => {
    const rig = new Rig({ window: 1 });
    const connection = rig.connect();
    for (let n = 0; n < 10; n++) rig.client.publish("a", `${n}`, { QoS: 2 });
    for (let n = 0; n < 10; n++) {
      const messageId = connection.expect("publish", { payload: `${n}` }, 1).messageId as number;
      connection.expectNothing(15_000);
      connection.send(pubrec(messageId));
      connection.expect("pubrel");
      connection.expectNothing(15_000);
      connection.send(pubcomp(messageId));
      rig.settle();
    }
    expect(rig.news("published")).toHaveLength(10);
  });

  it("covers the way to the broker: name, socket", () => {
    const rig = new Rig();
    rig.broker.station.rules.add(stall);
    rig.client.open();
    rig.advance(19_999);
    expect(rig.news()).toEqual([]);
    rig.advance(1);
    expect(rig.news()).toEqual([["disconnected", "connect-timeout", expect.any(Number)]]);
  });

  it("does not run out while a long message comes slowly, for the answer may be behind it", () => {
    const rig = new Rig({}, { rules: [only("down", bandwidth(1000))] });
    rig.client.open();
    const connection = rig.broker.welcome();
    rig.advance(10);
    const token = rig.publish("a", "x", 1);
    const messageId = connection.expect("publish").messageId as number;
    connection.send(publish("long", Buffer.alloc(100_000), 0));
    connection.expect("pingreq", {}, 60_000);
    rig.advance(50_000);
    connection.send(puback(messageId), PINGRESP);
    rig.advance(1000);
    expect(rig.errors).toEqual([]);
    expect(rig.news("published")).toEqual([["published", token, "delivered"]]);
    // Back to normal behind it.
    rig.publish("a", "y", 1);
    rig.advance(20_000);
    expect(rig.errors).toMatchObject([{ message: "no PUBACK within 20000 ms" }]);
  });
});

describe("of several waits", () => {
  const RESPONSE = 20_000;
  /** A clock that wraps around while they last. */
  const START = 0x7fff_fff0;

  function bench(keepAlive = 0) {
    const session = new Session({
      store: undefined,
      durability: "never",
      identity: "",
      window: 8,
      maximumReceived: 8,
      first: 1,
    });
    const blame = new Blame(session.outbox, session.subscriptions, { parked() {}, filterParked() {} });
    const sender = new Sender(session, blame, { window: 8, transmitBuffer: 64 }, () => {});
    const deadlines = new Deadlines({ keepAlive, responseTimeout: RESPONSE }, session, sender);
    const at = (ms: number) => (START + ms) | 0;
    deadlines.open(at(0));
    const connected = () => {
      deadlines.connected();
      sender.sentAt = sender.progressAt = deadlines.receivedAt = at(0);
    };
    /** Milliseconds from the start at which the next thing is due, and what is missing when it comes to that. */
    const due = (ms: number): [number, string] => {
      const next = ms + deadlines.next(at(ms));
      deadlines.tick(at(next - 1));
      return [next, thrownBy(() => deadlines.tick(at(next))).message];
    };
    return { sender, deadlines, at, connected, due };
  }

  it("only that for CONNACK counts at first, and nothing is pinged", () => {
    const { sender, deadlines, at, due } = bench(10_000);
    expect(deadlines.next(at(0))).toBe(RESPONSE);
    deadlines.tick(at(15_000));
    expect(sender.pingDue).toBe(false);
    expect(due(15_000)).toEqual([RESPONSE, "no CONNACK within 20000 ms"]);
  });

  it("there is none when all is answered and no keepalive is wanted", () => {
    const { deadlines, at, connected } = bench();
    connected();
    expect(deadlines.next(at(5000))).toBe(-1);
  });

  it("the one that began first counts, whatever it is for", () => {
    const { sender, connected, at, due } = bench();
    connected();
    sender.pingAt = at(5000);
    sender.full = true;
    sender.progressAt = at(2000);
    expect(due(6000)).toEqual([22_000, "the peer took no bytes within 20000 ms"]);
    sender.pingAt = at(1000);
    expect(due(6000)).toEqual([21_000, "no PINGRESP within 20000 ms"]);
    // Of two that began at once the one that is named first.
    sender.progressAt = at(1000);
    expect(due(6000)).toEqual([21_000, "no PINGRESP within 20000 ms"]);
  });

  it("one that is over is due at once, though a ping is due only later", () => {
    const { sender, deadlines, connected, at } = bench(60_000);
    connected();
    sender.pingAt = at(0);
    expect(deadlines.next(at(RESPONSE))).toBe(0);
    expect(deadlines.next(at(RESPONSE + 1))).toBe(0);
  });

  it("none is over while a long message has come since it began, and then counts from that", () => {
    const { sender, deadlines, connected, at, due } = bench();
    connected();
    sender.pingAt = at(0);
    deadlines.longMessage(at(15_000));
    expect(due(16_000)).toEqual([35_000, "no PINGRESP within 20000 ms"]);
    const other = bench();
    other.connected();
    other.deadlines.longMessage(at(1000));
    other.sender.pingAt = at(5000);
    expect(other.due(6000)).toEqual([25_000, "no PINGRESP within 20000 ms"]);
  });

  it("a long message that was long ago is forgotten before the clock has gone round", () => {
    const idle = bench();
    idle.connected();
    idle.deadlines.longMessage(idle.at(0));
    expect(idle.deadlines.next(idle.at(0))).toBe(-1);
    idle.sender.pingAt = idle.at(HALF_WAY_ROUND);
    expect(idle.due(HALF_WAY_ROUND + 1)[0]).toBe(HALF_WAY_ROUND + RESPONSE);
    const busy = bench();
    busy.connected();
    busy.deadlines.longMessage(busy.at(0));
    busy.sender.pingAt = busy.at(15_000);
    expect(busy.due(RESPONSE)[0]).toBe(15_000 + RESPONSE);
    busy.sender.pingAt = busy.at(HALF_WAY_ROUND);
    expect(busy.due(HALF_WAY_ROUND + 1)[0]).toBe(HALF_WAY_ROUND + RESPONSE);
  });

  it("that for the way out of DISCONNECT is all that counts at the end", () => {
    const { sender, deadlines, connected, at, due } = bench(60_000);
    connected();
    sender.pingAt = at(0);
    deadlines.departing(at(9000));
    expect(due(9000)).toEqual([29_000, "DISCONNECT could not be sent within 20000 ms"]);
  });
});
