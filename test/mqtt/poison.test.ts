import { describe, expect, it } from "vitest";
import { type PacketOf, puback } from "../support/packets.js";
import { Rig, type RigOptions } from "../support/rig.js";
import type { Connection } from "../support/scripted-broker.js";
import { PoweredClient } from "./powered.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const text = ({ payload }: PacketOf<"publish">) => String(payload);

/** A connected client whose broker closes the connection instead of taking what is named. */
function refusing(isRefused: (payload: string, packet: PacketOf<"publish">) => boolean): PoweredClient {
  const bench = new PoweredClient(undefined);
  bench.advance(10_000);
  bench.broker.closesOn = (packet) => isRefused(text(packet), packet);
  return bench;
}

/** The payloads of the messages that were reported. */
function reported(bench: PoweredClient): string[] {
  return bench.errors.flatMap(({ message }) => {
    const token = Number(/^message (\d+) /.exec(message)?.[1]);
    return bench.accepted.filter((one) => one.token === token).map(({ payload }) => payload);
  });
}

/** What was reported and is not of the store: code and token. */
function reports(bench: PoweredClient): string[] {
  return bench.errors.map(({ code }) => code);
}

describe("a message at which the broker closes the connection", () => {
  it.each([0, 4, 9])(
    "is found among ten (place %i), parked and reported by its topic; the rest goes on in order",
    (at) => {
      const bench = refusing((payload) => payload === `${at}`);
      for (let n = 0; n < 10; n++) bench.publish(`${n}`, 1);
      bench.advance(10 * MINUTE - 1);
      expect(bench.client.connected).toBe(true);
      expect([...bench.arrivals.keys()]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((n) => n !== at).map(String));
      expect(bench.client.parked).toEqual([bench.accepted[at]?.token]);
      expect(bench.client.pending).toBe(1);
      expect(reports(bench)).toEqual(["message-parked"]);
      expect(bench.errors[0]).toMatchObject({ kind: "peer" });
      expect(bench.errors[0]?.message).toContain('"out"');
    },
  );

  it("is tried again later, and later still, and delivered when the broker has come to terms with it", () => {
    const bench = refusing((payload) => payload === "bad");
    bench.publish("bad", 1);
    bench.advance(30_000);
    for (const wait of [10, 20, 40]) {
      const before = bench.broker.connects.length;
      expect(bench.client.parked).toHaveLength(1);
      bench.advance((wait - 3) * MINUTE);
      expect(bench.broker.connects.length).toBe(before);
      // One close is enough this time.
      bench.advance(4 * MINUTE);
      expect(bench.broker.connects.length).toBe(before + 1);
    }
    bench.broker.closesOn = () => false;
    bench.advance(81 * MINUTE);
    expect([...bench.arrivals]).toEqual([["bad", 1]]);
    expect(bench.client.parked).toEqual([]);
    expect(bench.client.pending).toBe(0);
  });

  it("does not hold up what is published behind it, however long", () => {
    const bench = refusing((payload) => payload === "bad");
    bench.publish("bad", 1);
    for (let n = 0; n < 200; n++) {
      bench.publish(`${n}`, n % 2 ? 1 : 2);
      bench.advance(30_000);
    }
    bench.advance(5 * MINUTE);
    expect([...bench.arrivals.keys()].filter((payload) => payload !== "bad")).toEqual(
      Array.from({ length: 200 }, (_, n) => `${n}`),
    );
  });

  it("and another one right behind it do not hold up the rest", () => {
    const bench = refusing((payload) => payload.startsWith("bad"));
    for (const payload of ["1", "bad 1", "bad 2", "2", "bad 3", "3"]) bench.publish(payload, 1);
    bench.advance(9 * MINUTE);
    expect([...bench.arrivals.keys()]).toEqual(["1", "2", "3"]);
    expect(bench.client.parked).toHaveLength(3);
    expect(reports(bench)).toEqual(["message-parked", "message-parked", "message-parked"]);
  });

  it("is parked still after a loss of power", () => {
    const bench = refusing((payload) => payload === "bad");
    bench.publish("bad", 1);
    bench.publish("good", 1);
    bench.advance(5 * MINUTE);
    const [first] = bench.errors.splice(0);
    bench.restart();
    const before = bench.broker.connects.length;
    bench.advance(5 * MINUTE);
    expect(bench.client.parked).toHaveLength(1);
    // Who reads the log now is to know, too.
    const [what] = first?.message.split(" (") ?? [];
    expect(bench.errors.map(({ message }) => message)).toEqual([what]);
    expect(bench.broker.connects.length).toBe(before + 1);
  });
});

describe("a broker that closes the connection", () => {
  it("whatever is sent costs no message, and puts none aside for good: all arrive when it is well again", () => {
    const bench = refusing(() => true);
    for (let n = 0; n < 20; n++) bench.publish(`${n}`, 1);
    bench.advance(2 * HOUR);
    expect(bench.arrivals.size).toBe(0);
    bench.broker.closesOn = () => false;
    // What rests must wait for its next chance.
    bench.advance(90 * MINUTE);
    expect(new Map(bench.arrivals)).toEqual(new Map(Array.from({ length: 20 }, (_, n) => [`${n}`, 1])));
    const parked = new Set(reported(bench));
    const inOrder = [...bench.arrivals.keys()].filter((payload) => !parked.has(payload));
    expect(inOrder).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`).filter((payload) => !parked.has(payload)));
    expect(bench.client.parked).toEqual([]);
  });

  it("at PUBREL has taken the message over: it is not suspected", () => {
    const bench = refusing(() => false);
    let closes = 0;
    bench.broker.onPacket = ({ cmd }) => {
      if (cmd !== "pubrel" || closes === 12) return;
      closes++;
      bench.broker.kick("mote");
    };
    bench.publish("x", 2);
    bench.advance(30 * MINUTE);
    expect(closes).toBe(12);
    expect([...bench.arrivals]).toEqual([["x", 1]]);
    expect(reports(bench).filter((code) => code !== "takeover-suspected")).toEqual([]);
    expect(bench.client.pending).toBe(0);
  });

  it("long after it was sent does so for another reason", () => {
    const bench = refusing(() => false);
    bench.broker.acknowledges = () => false;
    bench.publish("x", 1);
    for (let n = 0; n < 8; n++) {
      bench.advance(15_000);
      bench.broker.kick("mote");
      bench.advance(70_000);
    }
    bench.broker.acknowledges = () => true;
    bench.advance(2 * MINUTE);
    expect(reports(bench)).toEqual([]);
    expect([...bench.arrivals.keys()]).toEqual(["x"]);
    expect(bench.client.parked).toEqual([]);
  });

  it("soon after it was granted, with nothing on its way, is taken for somebody else with our name", () => {
    const bench = refusing(() => false);
    let kicks = 0;
    for (let n = 0; n < 400 && kicks < 5; n++) {
      bench.advance(2000);
      if (!bench.client.connected) continue;
      kicks++;
      bench.broker.kick("mote");
    }
    expect(kicks).toBe(5);
    expect(reports(bench)).toEqual(["takeover-suspected"]);
    expect(bench.client.parked).toEqual([]);
  });

  it("because somebody else has our name parks no message, though some were on their way", () => {
    const bench = refusing(() => false);
    // Taken over as soon as the message has come, and now and then before it is answered.
    let takeovers = 0;
    bench.broker.onPacket = ({ cmd }) => {
      if (cmd === "publish" && takeovers < 10) {
        takeovers++;
        bench.broker.kick("mote");
      }
    };
    for (let n = 0; n < 5; n++) bench.publish(`${n}`, 1);
    bench.advance(2 * HOUR);
    expect(takeovers).toBe(10);
    expect([...bench.arrivals.keys()]).toEqual(["0", "1", "2", "3", "4"]);
    expect(bench.client.parked).toEqual([]);
  });
});

describe("a broker that closes the connection at QoS 2", () => {
  it("goes on getting the other messages, and the log says what was parked and why", () => {
    const bench = refusing((_, { qos }) => qos === 2);
    for (let n = 0; n < 12; n++) bench.publish(`${n}`, n % 3 === 0 ? 1 : 2);
    bench.advance(9 * MINUTE);
    expect([...bench.arrivals.keys()]).toEqual(["0", "3", "6", "9"]);
    expect(new Set(reports(bench))).toEqual(new Set(["qos-2-refused"]));
    expect(bench.client.parked).toHaveLength(8);
    bench.broker.closesOn = () => false;
    bench.advance(11 * MINUTE);
    expect([...bench.arrivals.keys()].slice(4)).toEqual(["1", "2", "4", "5", "7", "8", "10", "11"]);
  });

  it("goes on getting them for a day, while QoS 2 is published all the time", () => {
    const bench = refusing((_, { qos }) => qos === 2);
    let missed = 0;
    for (let n = 0; n < 24 * 60; n++) {
      // The drop policy is the application's: here the oldest that never left.
      while (bench.client.pending > 50) {
        let spare = 1;
        bench.client.review(() => (spare-- > 0 ? null : undefined));
      }
      bench.publish(`two ${n}`, 2);
      bench.publish(`one ${n}`, 1);
      bench.advance(MINUTE);
      // Once in a while power fails, too.
      if (n % 100 === 99) bench.restart();
    }
    bench.advance(5 * MINUTE);
    for (let n = 0; n < 24 * 60; n++) if (!bench.arrivals.has(`one ${n}`)) missed++;
    expect(missed).toBe(0);
  });
});

describe("while a message is suspected", () => {
  /** A connection without "bad", after the broker has closed those with it. */
  function suspected(
    behind: [topic: string, payload: string][] = [],
    options: RigOptions = {},
  ): { rig: Rig; connection: Connection } {
    const rig = new Rig(options);
    let connection = rig.connect();
    rig.publish("x", "bad", 1);
    for (const [topic, payload] of behind) rig.publish(topic, payload, 1);
    // Twice alone; where there are others, twice among them and once alone.
    for (let closes = behind.length > 0 ? 3 : 2; closes > 0; closes--) {
      connection.expect("publish", { payload: "bad" });
      connection.close();
      rig.settle();
      connection = rig.broker.welcome({ sessionPresent: true, within: 40_000 });
    }
    return { rig, connection };
  }

  /** The next connection, once the broker has closed this one. */
  function next(rig: Rig, connection: Connection): Connection {
    connection.close();
    rig.settle();
    return rig.broker.welcome({ sessionPresent: true, within: 40_000 });
  }

  it("what was sent before waits for the verdict, whatever its topic, for it is sent again in its order", () => {
    const { rig, connection } = suspected([["y", "sent, too"]]);
    connection.expectNothing(2999);
    // The connection is good: now it is tried.
    connection.expect("publish", { topic: "x", payload: "bad", dup: true }, 1);
    connection.expectNothing(500);
    const without = next(rig, connection);
    without.expect("publish", { topic: "y", payload: "sent, too", dup: true }, 0);
    expect(rig.news("error")).toEqual([["error", "message-parked"]]);
    expect(rig.client.parked).toHaveLength(1);
  });

  it("what was never sent waits when it is of its topic, and for nobody otherwise", () => {
    const { rig, connection } = suspected();
    rig.publish("y", "new", 1);
    const { messageId } = connection.expect("publish", { topic: "y", dup: false }, 0);
    rig.publish("x", "behind", 1);
    connection.send(puback(messageId as number));
    connection.expectNothing(2000);
    const { messageId: bad } = connection.expect("publish", { topic: "x", payload: "bad" }, 1000);
    connection.expectNothing(500);
    // It is taken, so it was not the reason: all goes on.
    connection.send(puback(bad as number));
    connection.expect("publish", { topic: "x", payload: "behind", dup: false }, 0);
    expect(rig.client.parked).toEqual([]);
    expect(rig.news("error")).toEqual([]);
  });

  it("a close without it acquits it: it is sent again at its place", () => {
    const { rig, connection } = suspected();
    connection.expectNothing(1000);
    const after = next(rig, connection);
    after.expect("publish", { topic: "x", payload: "bad" });
    expect(rig.client.parked).toEqual([]);
    expect(rig.news("error")).toEqual([]);
  });

  it("a close long after it was sent is not for it, though it is on trial", () => {
    const { rig, connection } = suspected();
    connection.expect("publish", { payload: "bad" }, 3000);
    rig.advance(10_001);
    next(rig, connection).expect("publish", { topic: "x", payload: "bad" });
    expect(rig.news("error")).toEqual([]);
  });

  it("a close that takes seconds to arrive is for it", () => {
    const { rig, connection } = suspected();
    connection.expect("publish", { payload: "bad" }, 3000);
    rig.advance(9000);
    next(rig, connection);
    expect(rig.news("error")).toEqual([["error", "message-parked"]]);
  });

  it("is tried again in time, though nothing else is waited for", () => {
    const { rig, connection } = suspected([], { keepAlive: 0 });
    connection.expect("publish", { payload: "bad" }, 3000);
    const without = next(rig, connection);
    expect(rig.news("error")).toEqual([["error", "message-parked"]]);
    rig.advance(590_000);
    expect(without.unread).toEqual([]);
    without.expect("publish", { payload: "bad", dup: true }, 10_000);
  });
});

describe("messages that rest", () => {
  it("are tried one after the other as long as they are taken, and cost two connections at most each time", () => {
    const bench = refusing((payload) => payload.startsWith("bad"));
    for (let n = 0; n < 5; n++) {
      bench.publish(`bad ${n}`, 1);
      bench.publish(`${n}`, 1);
    }
    bench.advance(9 * MINUTE);
    expect(bench.client.parked).toHaveLength(5);
    const before = bench.broker.connects.length;
    bench.advance(10 * MINUTE);
    expect(bench.broker.connects.length - before).toBe(2);
    // One is none any more: its turn comes, though the oldest is as bad as ever.
    bench.broker.closesOn = (packet) => text(packet).startsWith("bad") && text(packet) !== "bad 3";
    bench.advance(6 * HOUR);
    expect([...bench.arrivals.keys()]).toContain("bad 3");
    expect(bench.client.parked).toHaveLength(4);
    bench.broker.closesOn = () => false;
    bench.advance(6 * HOUR);
    expect(bench.client.parked).toEqual([]);
    expect(bench.client.pending).toBe(0);
  });
});
