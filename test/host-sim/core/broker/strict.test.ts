import { describe, expect, it } from "vitest";
import { Broker } from "../../../../host-sim/core/broker/broker.js";
import type { BrokerWatch } from "../../../../host-sim/core/broker/watch.js";
import { VirtualClock } from "../../../../host-sim/core/world/clock.js";
import { RandomStream } from "../../../../host-sim/core/world/random.js";
import { generate, type Packet, PacketReader } from "../../../support/packets.js";

/** A broker and a client of it that sends what it likes. */
class Rig {
  readonly clock = new VirtualClock();
  readonly rejections: string[] = [];
  readonly wills: boolean[] = [];
  readonly arrivals: [string, boolean][] = [];
  readonly broker: Broker;

  constructor() {
    const watch: BrokerWatch = {
      connected() {},
      disconnected() {},
      packet() {},
      arrived: (_id, { topic }, _duplicate, fresh) => void this.arrivals.push([topic, fresh]),
      inFlight() {},
      disordered: (_id, packetId) => void this.rejections.push(`order ${packetId}`),
      routed() {},
      acknowledged() {},
      sessionLost() {},
      dropped() {},
      refused: (id) => void this.rejections.push(`forbidden to ${id}`),
      rejected: (_id, rule) => void this.rejections.push(rule),
      willed: (_id, clean) => void this.wills.push(clean),
      silent: (_id, ms) => void this.rejections.push(`silent for ${ms}`),
    };
    this.broker = new Broker({
      clock: this.clock,
      random: new RandomStream("strict"),
      manners: {
        delay: [0, 0],
        window: 10,
        queue: 3,
        identifiers: "counted",
        maximumQoS: 2,
        refusing: false,
        mute: 0,
        passesOn: "publish",
        reading: [0, 0],
      },
      watch,
    });
  }

  connect(options: Partial<Packet> = {}): Link {
    const link = new Link(this);
    link.send({ cmd: "connect", clientId: "c", clean: false, keepalive: 60, ...options } as Packet);
    return link;
  }
}

class Link {
  readonly received: Packet[] = [];
  closed = false;
  readonly #reader = new PacketReader();
  readonly #callbacks;

  constructor(rig: Rig) {
    this.#callbacks = rig.broker.accept({
      connection: 1,
      push: (bytes) => void this.received.push(...this.#reader.push(bytes)),
      close: () => {
        this.closed = true;
      },
      reset: () => {
        this.closed = true;
      },
      pause() {},
      resume() {},
    });
  }

  send(...packets: Packet[]): void {
    for (const packet of packets) this.bytes(generate(packet));
  }

  bytes(bytes: Uint8Array | readonly number[]): void {
    this.#callbacks.onBytes(Uint8Array.from(bytes));
  }

  end(): void {
    this.#callbacks.onClose("closed");
  }

  /** What has come since the last call. */
  news(): unknown[] {
    return this.received.splice(0).map(({ cmd, messageId }) => (messageId === undefined ? cmd : [cmd, messageId]));
  }
}

function publish(messageId: number, payload: string, dup = false, qos: 0 | 1 | 2 = 1): Packet {
  return { cmd: "publish", topic: "t", payload, qos, dup, retain: false, messageId } as Packet;
}

describe("the broker model closes the connection at", () => {
  it.each([
    ["a packet that only a broker sends", [0x20, 2, 0, 0], "MQTT-2.2.1"],
    ["reserved flags", [0x82 ^ 1, 5, 0, 1, 0, 1, 97], "MQTT-2.2.2-2"],
    ["PUBLISH with both QoS bits", [0x36, 4, 0, 1, 97, 0], "MQTT-3.3.1-4"],
    ["DUP with QoS 0", [0x38, 3, 0, 1, 97], "MQTT-3.3.1-2"],
    ["a Remaining Length of five bytes", [0x30, 0xff, 0xff, 0xff, 0xff, 1], "MQTT-2.2.3"],
    ["a Remaining Length that is longer than it need be", [0xc0, 0x80, 0], "MQTT-2.2.3"],
    ["PINGREQ with a body", [0xc0, 1, 0], "MQTT-2.2.3"],
    ["packet identifier 0", [0x32, 5, 0, 1, 97, 0, 0], "MQTT-2.3.1-1"],
    ["a topic with a wildcard", [0x30, 3, 0, 1, 0x23], "MQTT-4.7.3-1"],
    ["a topic that is cut short", [0x30, 3, 0, 9, 97], "MQTT-2.2.3"],
    ["a topic that is no UTF-8", [0x30, 3, 0, 1, 0xff], "MQTT-1.5.3-1"],
    ["SUBSCRIBE for QoS 3", [0x82, 6, 0, 1, 0, 1, 97, 3], "MQTT-3.8.3-4"],
    ["a filter that is wrong", [0x82, 7, 0, 1, 0, 2, 97, 0x23, 0], "MQTT-4.7.1"],
    ["an acknowledgement of nothing", [0x40, 2, 0, 1], "MQTT-4.6.0-2"],
    ["PUBCOMP of nothing", [0x70, 2, 0, 1], "MQTT-4.3.3-2"],
    ["PUBREL in a new session", [0x62, 2, 0, 1], "MQTT-4.3.3-1"],
    ["a second CONNECT", [...generate({ cmd: "connect", clientId: "c", clean: true } as Packet)], "MQTT-3.1.0-2"],
    ["bytes behind DISCONNECT", [0xe0, 0, 0xc0, 0], undefined],
  ])("%s", (_, bytes, rule) => {
    const rig = new Rig();
    const link = rig.connect();
    link.bytes(bytes);
    if (rule === undefined) link.bytes([0xc0, 0]);
    expect(rig.rejections).toEqual([rule ?? expect.any(String)]);
    expect(link.closed).toBe(true);
  });

  it("a packet before CONNECT", () => {
    const rig = new Rig();
    new Link(rig).bytes([0xc0, 0]);
    expect(rig.rejections).toEqual(["MQTT-3.1.0-1"]);
  });

  it.each([
    ["another protocol", { protocolId: "MQIsdp", protocolVersion: 3 }, "MQTT-3.1.2-1"],
    ["another version", { protocolVersion: 5 }, "MQTT-3.1.2-2"],
  ])("CONNECT with %s", (_, options, rule) => {
    const rig = new Rig();
    rig.connect(options as Partial<Packet>);
    expect(rig.rejections).toEqual([rule]);
  });

  it("silence of one and a half times the keep alive", () => {
    const rig = new Rig();
    const link = rig.connect({ keepalive: 10 } as Partial<Packet>);
    rig.clock.advance(14_999);
    expect(link.closed).toBe(false);
    rig.clock.advance(1);
    expect(link.closed).toBe(true);
    expect(rig.rejections).toEqual(["silent for 15000"]);
  });

  it("bytes, however they are cut", () => {
    const rig = new Rig();
    const link = rig.connect();
    for (const byte of generate(publish(1, "hello"))) link.bytes([byte]);
    expect(link.news()).toEqual(["connack", ["puback", 1]]);
    expect(rig.rejections).toEqual([]);
  });
});

describe("the conduct of a client is judged over connections:", () => {
  function muted(): { rig: Rig; again: () => Link } {
    const rig = new Rig();
    // Acknowledgements are never sent, so that everything stays under way.
    rig.broker.manners.mute = 0xffff & ~(1 << 2);
    const first = rig.connect();
    first.send(publish(1, "one"), publish(2, "two"));
    return {
      rig,
      again: () => {
        first.end();
        return rig.connect();
      },
    };
  }

  it("a message is sent again with DUP, in order", () => {
    const { rig, again } = muted();
    again().send(publish(1, "one", true), publish(2, "two", true), publish(3, "three"));
    expect(rig.rejections).toEqual([]);
  });

  it.each([
    ["without DUP", publish(1, "one"), "MQTT-3.3.1-1"],
    ["with another content under its identifier", publish(1, "other"), "MQTT-2.3.1-2"],
  ])("not %s", (_, packet, rule) => {
    const { rig, again } = muted();
    again().send(packet);
    expect(rig.rejections).toEqual([rule]);
  });

  it("not out of order", () => {
    const { rig, again } = muted();
    again().send(publish(2, "two", true), publish(1, "one", true));
    expect(rig.rejections).toEqual(["order 1"]);
  });

  it("not twice on one connection", () => {
    const rig = new Rig();
    rig.broker.manners.mute = 0xffff & ~(1 << 2);
    rig.connect().send(publish(1, "one"), publish(1, "one", true));
    expect(rig.rejections).toEqual(["MQTT-4.4.0-1"]);
  });

  it("not with DUP in a new session", () => {
    const rig = new Rig();
    rig.connect().send(publish(1, "one", true));
    expect(rig.rejections).toEqual(["MQTT-3.3.1-1"]);
  });

  it("a request does not use the identifier of a message under way", () => {
    const { rig, again } = muted();
    const subscriptions = [{ topic: "a", qos: 0 as const }];
    again().send({ cmd: "subscribe", messageId: 2, subscriptions } as Packet);
    expect(rig.rejections).toEqual(["MQTT-2.3.1-2"]);
  });

  it("an acknowledged identifier is free", () => {
    const rig = new Rig();
    const link = rig.connect();
    link.send(publish(1, "one"), publish(1, "two"));
    expect(link.news()).toEqual(["connack", ["puback", 1], ["puback", 1]]);
    expect(rig.rejections).toEqual([]);
  });
});

describe("QoS 2 at the broker model", () => {
  it("takes a message once, however often it is sent", () => {
    const rig = new Rig();
    rig.broker.manners.mute = 1 << 5;
    const link = rig.connect();
    link.send(publish(1, "x", false, 2));
    link.end();
    rig.broker.manners.mute = 0;
    const again = rig.connect();
    again.send(publish(1, "x", true, 2));
    expect(rig.arrivals).toEqual([
      ["t", true],
      ["t", false],
    ]);
    again.send({ cmd: "pubrel", messageId: 1 } as Packet);
    expect(again.news()).toEqual(["connack", ["pubrec", 1], ["pubcomp", 1]]);
    expect(rig.rejections).toEqual([]);
  });

  it("passes it on at PUBREL in that manner, and loses it with the session before that", () => {
    const rig = new Rig();
    rig.broker.manners.passesOn = "release";
    const link = rig.connect();
    link.send(publish(1, "x", false, 2), publish(2, "y", false, 2));
    rig.clock.advance(0);
    link.send({ cmd: "pubrel", messageId: 1 } as Packet);
    expect(rig.arrivals.map(([, passedOn]) => passedOn)).toEqual([false, false, true]);
    rig.broker.forget("c");
    const again = rig.connect();
    again.send(publish(2, "y", false, 2));
    rig.clock.advance(0);
    again.send({ cmd: "pubrel", messageId: 2 } as Packet);
    expect(rig.arrivals.slice(3).map(([, passedOn]) => passedOn)).toEqual([false, true]);
    expect(rig.rejections).toEqual([]);
  });

  it("keeps the order of PUBREC in that manner, whatever its delays, and withholds all behind one that it withholds", () => {
    const rig = new Rig();
    Object.assign(rig.broker.manners, { passesOn: "release", delay: [0, 50] });
    const link = rig.connect();
    rig.clock.advance(100);
    const ids = Array.from({ length: 20 }, (_, at) => at + 1);
    link.send(...ids.map((id) => publish(id, `${id}`, false, 2)));
    rig.clock.advance(100);
    expect(link.news()).toEqual(["connack", ...ids.map((id) => ["pubrec", id])]);
    rig.broker.manners.mute = 1 << 5;
    link.send(publish(21, "withheld", false, 2));
    rig.broker.manners.mute = 0;
    link.send(publish(22, "behind it", false, 2));
    rig.clock.advance(100);
    expect(link.news()).toEqual([]);
  });

  it("delivers with PUBREL after a reconnect when PUBREC has come", () => {
    const rig = new Rig();
    const link = rig.connect();
    link.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 2 }] } as Packet);
    rig.broker.publish("t", Uint8Array.of(1), 2);
    rig.broker.manners.mute = 1 << 6;
    link.send({ cmd: "pubrec", messageId: 1 } as Packet);
    link.end();
    rig.broker.manners.mute = 0;
    const again = rig.connect();
    expect(again.news()).toEqual(["connack", ["pubrel", 1]]);
    again.send({ cmd: "pubcomp", messageId: 1 } as Packet);
    again.end();
    expect(rig.connect().news()).toEqual(["connack"]);
    expect(rig.rejections).toEqual([]);
  });
});

describe("connections at the broker model", () => {
  it("are read in parallel: it may read CONNECT before the DISCONNECT that was sent before it, and publish a will", () => {
    const rig = new Rig();
    rig.broker.manners.reading = [0, 50];
    for (let times = 0; times < 40 && rig.wills.length === 0; times++) {
      const will = { topic: "w", payload: Buffer.from("gone"), qos: 0, retain: false };
      const link = rig.connect({ clean: true, will } as Partial<Packet>);
      rig.clock.advance(60);
      link.send({ cmd: "disconnect" } as Packet);
      link.end();
      rig.connect();
      rig.clock.advance(60);
    }
    expect(rig.wills).toEqual([true]);
    expect(rig.rejections).toEqual([]);
  });
});

describe("sessions at the broker model", () => {
  it("hold messages for a client that is away, up to the bound", () => {
    const rig = new Rig();
    const link = rig.connect();
    link.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "+", qos: 1 }] } as Packet);
    link.end();
    for (const text of ["1", "2", "3", "4"]) rig.broker.publish("t", new TextEncoder().encode(text), 1);
    const again = rig.connect();
    expect(again.received.map((packet) => String((packet as { payload?: unknown }).payload))).toEqual([
      "null",
      "1",
      "2",
      "3",
    ]);
    expect(again.received[0]).toMatchObject({ cmd: "connack", sessionPresent: true });
  });

  it.each([
    ["kept", true],
    ["lost", false],
  ] as const)("are %s over a restart", (sessions, present) => {
    const rig = new Rig();
    rig.connect();
    rig.broker.crash(sessions);
    expect(rig.connect().received[0]).toMatchObject({ cmd: "connack", sessionPresent: present });
  });

  it("end with Clean Session 1", () => {
    const rig = new Rig();
    rig.connect().end();
    const clean = rig.connect({ clean: true } as Partial<Packet>);
    expect(clean.received[0]).toMatchObject({ sessionPresent: false });
    clean.end();
    expect(rig.connect().received[0]).toMatchObject({ sessionPresent: false });
  });

  it("are taken over by a second connection", () => {
    const rig = new Rig();
    const first = rig.connect();
    const second = rig.connect();
    expect(first.closed).toBe(true);
    expect(second.received[0]).toMatchObject({ sessionPresent: true });
  });
});
