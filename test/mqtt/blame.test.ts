/** Who is to blame when connections end, as the application and the broker see it: how many connections it takes, and whom it hits. */
import { describe, expect, it } from "vitest";
import type { ClientOptions } from "../../src/mqtt/api.js";
import type { Packet, PacketOf } from "../support/packets.js";
import { PoweredClient } from "./powered.js";

const MINUTE = 60_000;
/** Connections until all that is innocent has passed, at most. */
const ENOUGH = 8;

const tenFilters = Array.from({ length: 10 }, (_, n) => `filter/${n}`);

function asksFor(packet: Packet, ...filters: string[]): boolean {
  return packet.cmd === "subscribe" && packet.subscriptions.some(({ topic }) => filters.includes(topic));
}

function says(packet: Packet, ...payloads: string[]): boolean {
  return packet.cmd === "publish" && payloads.includes(String(packet.payload));
}

class Case {
  readonly bench: PoweredClient;
  /** Filters that were answered for. */
  readonly granted = new Set<string>();
  readonly #before: number;

  /** A client that is connected and has nothing to do, and what the broker does from now on. */
  constructor(behaves: (broker: PoweredClient["broker"]) => void, options: Partial<ClientOptions> = {}) {
    const bench = new PoweredClient(undefined, options);
    this.bench = bench;
    const { broker } = bench;
    bench.advance(10_000);
    let asked: string[] = [];
    broker.onPacket = (packet) => {
      if (packet.cmd === "subscribe") asked = packet.subscriptions.map(({ topic }) => topic);
    };
    broker.onAnswer = ({ cmd }) => {
      if (cmd === "suback") for (const filter of asked) this.granted.add(filter);
    };
    behaves(broker);
    this.#before = broker.connects.length;
  }

  publish(...messages: (readonly [topic: string, payload: string, QoS: 1 | 2])[]): this {
    for (const [topic, payload, QoS] of messages) this.bench.client.publish(topic, payload, { QoS });
    return this;
  }

  subscribe(...filters: string[]): this {
    this.bench.client.subscribe(filters, { QoS: 1 }, () => {});
    return this;
  }

  get connections(): number {
    // The first was there before it began.
    return this.bench.broker.connects.length - this.#before + 1;
  }

  get arrived(): string[] {
    return [...new Set(this.bench.broker.messages.map(({ payload }) => payload))].sort();
  }

  /** Connections it takes until the innocent have passed, and no other innocent is put aside, then or later. */
  connectionsUntil(innocent: { payloads?: readonly string[]; filters?: readonly string[] }): number {
    const { payloads = [], filters = [] } = innocent;
    const passed = (): boolean =>
      payloads.every((payload) => this.arrived.includes(payload)) &&
      filters.every((filter) => this.granted.has(filter));
    for (let n = 0; n < 6000 && !passed(); n++) this.bench.advance(100);
    expect(payloads.filter((payload) => !this.arrived.includes(payload))).toEqual([]);
    expect(filters.filter((filter) => !this.granted.has(filter))).toEqual([]);
    return this.connections;
  }

  /** Codes and messages of the errors. */
  get named(): string[] {
    return this.bench.errors.map(({ code, message }) => `${code}: ${message}`);
  }
}

const many = (count: number, payload: (n: number) => string, topic: (n: number) => string, QoS: 1 | 2) =>
  Array.from({ length: count }, (_, n) => [topic(n), payload(n), QoS] as const);

describe("at most eight connections until the innocent have passed, when the broker closes the connection", () => {
  it.each([1, 2] as const)("at one message with QoS %i among many, to one topic or to several", (QoS) => {
    for (const topic of [() => "out", (n: number) => `out/${n}`]) {
      for (const at of [0, 5, 19]) {
        const story = new Case((broker) => {
          broker.closesAt = (packet) => says(packet, `${at}`);
        });
        const payloads = Array.from({ length: 20 }, (_, n) => `${n}`).filter((payload) => payload !== `${at}`);
        story.publish(...many(20, String, topic, QoS));
        expect(story.connectionsUntil({ payloads })).toBeLessThanOrEqual(ENOUGH);
        story.bench.advance(MINUTE);
        expect(story.named).toEqual([expect.stringContaining(`message-parked: message ${at + 2} to "`)]);
        expect(story.bench.client.parked).toHaveLength(1);
      }
    }
  });

  it.each([0, 4, 9])("at one filter of ten (place %i), with messages in flight", (at) => {
    const guilty = tenFilters[at] as string;
    const story = new Case((broker) => {
      broker.closesAt = (packet) => asksFor(packet, guilty);
    });
    story.subscribe(...tenFilters).publish(...many(12, String, () => "out", 1));
    const filters = tenFilters.filter((filter) => filter !== guilty);
    const payloads = Array.from({ length: 12 }, (_, n) => `${n}`);
    expect(story.connectionsUntil({ filters, payloads })).toBeLessThanOrEqual(ENOUGH);
    story.bench.advance(MINUTE);
    expect(story.named).toEqual([
      expect.stringContaining(`subscription-parked: the subscription to "${guilty}" rests`),
    ]);
    expect(story.bench.errors[0]?.kind).toBe("peer");
    expect(story.bench.client.resting).toEqual([guilty]);
    expect(story.bench.client.parked).toEqual([]);
  });

  it("at two filters of ten", () => {
    const story = new Case((broker) => {
      broker.closesAt = (packet) => asksFor(packet, "filter/2", "filter/3");
    });
    story.subscribe(...tenFilters).publish(...many(12, String, () => "out", 2));
    const filters = tenFilters.filter((filter) => !["filter/2", "filter/3"].includes(filter));
    const payloads = Array.from({ length: 12 }, (_, n) => `${n}`);
    expect(story.connectionsUntil({ filters, payloads })).toBeLessThanOrEqual(ENOUGH);
    story.bench.advance(MINUTE);
    expect(story.bench.client.resting).toEqual(["filter/2", "filter/3"]);
    expect(story.bench.client.parked).toEqual([]);
  });

  it("at a filter and at a message", () => {
    const story = new Case((broker) => {
      broker.closesAt = (packet) => asksFor(packet, "filter/2") || says(packet, "3");
    });
    story.subscribe(...tenFilters).publish(...many(12, String, () => "out", 1));
    const filters = tenFilters.filter((filter) => filter !== "filter/2");
    const payloads = Array.from({ length: 12 }, (_, n) => `${n}`).filter((payload) => payload !== "3");
    expect(story.connectionsUntil({ filters, payloads })).toBeLessThanOrEqual(ENOUGH);
    story.bench.advance(MINUTE);
    expect(story.named.map((text) => text.slice(0, 30)).sort()).toEqual([
      'message-parked: message 5 to "',
      "subscription-parked: the subsc",
    ]);
  });

  it("at two messages", () => {
    const story = new Case((broker) => {
      broker.closesAt = (packet) => says(packet, "2", "7");
    });
    story.publish(...many(12, String, () => "out", 1));
    const payloads = Array.from({ length: 12 }, (_, n) => `${n}`).filter((payload) => !["2", "7"].includes(payload));
    expect(story.connectionsUntil({ payloads })).toBeLessThanOrEqual(ENOUGH);
    expect(story.bench.client.parked).toHaveLength(2);
  });

  it("at the end of a subscription", () => {
    const story = new Case((broker) => {
      broker.closesAt = ({ cmd }) => cmd === "unsubscribe";
    });
    story.subscribe(...tenFilters);
    story.connectionsUntil({ filters: tenFilters });
    story.bench.client.unsubscribe("filter/1");
    story.publish(...many(12, String, () => "out", 1));
    expect(story.connectionsUntil({ payloads: Array.from({ length: 12 }, (_, n) => `${n}`) })).toBeLessThanOrEqual(
      ENOUGH,
    );
    story.bench.advance(MINUTE);
    const before = story.connections;
    story.bench.advance(9 * MINUTE);
    expect(story.connections).toBe(before);
    expect(story.bench.client.parked).toEqual([]);
  });
});

describe("at most eight connections, when an answer makes us close", () => {
  const wrong = (answer: (id: number) => Packet[], guilty: (packet: Packet) => boolean) =>
    new Case((broker) => {
      broker.answersWith = (packet) =>
        guilty(packet) ? answer((packet as PacketOf<"publish">).messageId as number) : undefined;
    });
  const payloads = Array.from({ length: 12 }, (_, n) => `${n}`);

  it("PUBACK to a message with QoS 2 among those with QoS 1 and 2", () => {
    const story = wrong(
      (messageId) => [{ cmd: "puback", messageId }],
      (packet) => says(packet, "bad"),
    );
    story.publish(...many(6, String, () => "out", 1), ["out", "bad", 2]);
    story.publish(
      ...many(
        6,
        (n) => `${n + 6}`,
        () => "out",
        1,
      ),
      ["out", "good", 2],
    );
    expect(story.connectionsUntil({ payloads: [...payloads, "good"] })).toBeLessThanOrEqual(ENOUGH);
    story.bench.advance(MINUTE);
    expect(story.named).toEqual([expect.stringMatching(/^message-parked: message 8 to "out" rests: .*PUBACK/)]);
    expect(story.bench.client.parked).toEqual([8]);
  });

  it("PUBACK to each message with QoS 2: those with QoS 1 go on", () => {
    const story = wrong(
      (messageId) => [{ cmd: "puback", messageId }],
      (packet) => packet.cmd === "publish" && packet.qos === 2,
    );
    for (const payload of payloads) story.publish(["out", `two ${payload}`, 2], ["out", payload, 1]);
    expect(story.connectionsUntil({ payloads })).toBeLessThanOrEqual(ENOUGH);
    story.bench.advance(MINUTE);
    expect(story.bench.client.parked).toHaveLength(12);
    expect(new Set(story.bench.errors.map(({ code }) => code))).toEqual(new Set(["qos-2-refused"]));
    // Each is named, once.
    expect(story.bench.errors).toHaveLength(12);
  });

  it.each(["pubrec", "pubcomp"] as const)("%s to a message with QoS 1", (cmd) => {
    const story = wrong(
      (messageId) => [{ cmd, messageId } as Packet],
      (packet) => says(packet, "4"),
    );
    story.publish(...many(12, String, () => "out", 1));
    expect(story.connectionsUntil({ payloads: payloads.filter((one) => one !== "4") })).toBeLessThanOrEqual(ENOUGH);
    story.bench.advance(MINUTE);
    expect(story.named).toEqual([expect.stringContaining("message-parked: message 6 ")]);
  });

  it.each([
    ["with too many codes", (messageId: number): Packet[] => [{ cmd: "suback", messageId, granted: Array(9).fill(0) }]],
    ["with a higher QoS", (messageId: number): Packet[] => [{ cmd: "suback", messageId, granted: Array(8).fill(2) }]],
    [
      "for another identifier",
      (messageId: number): Packet[] => [{ cmd: "suback", messageId: messageId + 7, granted: [0] }],
    ],
    ["in the shape of an UNSUBACK", (messageId: number): Packet[] => [{ cmd: "unsuback", messageId } as Packet]],
    ["that is none", (): Packet[] => []],
  ])("SUBACK %s to a filter among ten", (_, answer) => {
    const story = wrong(answer, (packet) => asksFor(packet, "filter/5"));
    story.subscribe(...tenFilters);
    // What is sent later passes: it is not the network.
    for (const payload of payloads) {
      story.bench.advance(1000);
      story.publish(["out", payload, 1]);
    }
    const filters = tenFilters.filter((filter) => filter !== "filter/5");
    expect(story.connectionsUntil({ filters, payloads })).toBeLessThanOrEqual(ENOUGH);
    for (let n = 0; n < 60; n++) {
      story.publish(["out", "later", 1]);
      story.bench.advance(5000);
    }
    expect(story.bench.client.resting).toEqual(["filter/5"]);
    expect(story.bench.client.parked).toEqual([]);
    expect(story.named).toEqual([expect.stringContaining('subscription-parked: the subscription to "filter/5" rests')]);
  });

  it("none to one message, while those sent later are answered", () => {
    const story = wrong(
      () => [],
      (packet) => says(packet, "bad"),
    );
    story.publish(["out", "bad", 1], ...many(6, String, () => "out", 1));
    for (let n = 0; n < 60; n++) {
      story.publish(["out", "later", 1]);
      story.bench.advance(5000);
    }
    expect(story.connections).toBeLessThanOrEqual(ENOUGH);
    expect(story.named).toEqual([expect.stringMatching(/^message-parked: message 2 .*no PUBACK within/)]);
    expect(story.bench.client.parked).toEqual([2]);
  });
});

describe("a topic that the broker does not bear", () => {
  it("rests as a whole once three messages to it were convicted, and comes back as a whole", () => {
    const story = new Case((broker) => {
      broker.closesAt = (packet) => packet.cmd === "publish" && packet.topic === "bad";
    });
    for (let n = 0; n < 20; n++) story.publish(["bad", `bad ${n}`, n % 2 ? 1 : 2]);
    story.publish(["good", "good", 1]);
    expect(story.connectionsUntil({ payloads: ["good"] })).toBeLessThanOrEqual(ENOUGH);
    const before = story.connections;
    for (let n = 0; n < 5; n++) {
      story.bench.advance(MINUTE);
      story.publish(["bad", `bad ${20 + n}`, 1], ["good", `good ${n}`, 1]);
    }
    story.bench.advance(2 * MINUTE);
    expect(story.connections).toBe(before);
    expect(story.arrived).toEqual(["good", "good 0", "good 1", "good 2", "good 3", "good 4"]);
    // Each is named.
    expect(story.bench.client.parked).toHaveLength(25);
    expect(story.bench.errors).toHaveLength(25);
    story.bench.broker.closesAt = () => false;
    story.bench.advance(15 * MINUTE);
    expect(story.bench.client.parked).toEqual([]);
    expect(story.bench.client.pending).toBe(0);
    expect(story.connections).toBe(before);
  });

  it("is not meant by one message, nor by two: others to it go on", () => {
    const story = new Case((broker) => {
      broker.closesAt = (packet) => says(packet, "large 1", "large 2");
    });
    story.publish(["out", "large 1", 1], ["out", "large 2", 1], ["out", "small", 1]);
    expect(story.connectionsUntil({ payloads: ["small"] })).toBeLessThanOrEqual(ENOUGH);
    expect(story.bench.client.parked).toHaveLength(2);
  });
});

describe("a filter that rests", () => {
  function resting(): Case {
    const story = new Case((broker) => {
      broker.closesAt = (packet) => asksFor(packet, "bad");
    });
    story.subscribe("bad");
    story.bench.advance(30_000);
    expect(story.bench.client.resting).toEqual(["bad"]);
    return story;
  }

  it("is asked for again after ten minutes, then after twice as long each time, at the price of one connection", () => {
    const story = resting();
    for (const minutes of [10, 20, 40]) {
      const before = story.connections;
      story.bench.advance((minutes - 3) * MINUTE);
      expect(story.connections).toBe(before);
      story.bench.advance(4 * MINUTE);
      expect(story.connections).toBe(before + 1);
      expect(story.bench.client.resting).toEqual(["bad"]);
    }
    story.bench.broker.closesAt = () => false;
    story.bench.advance(81 * MINUTE);
    expect([...story.granted]).toContain("bad");
    expect(story.bench.client.resting).toEqual([]);
  });

  it("is asked for at once when the application subscribes again", () => {
    const story = resting();
    story.bench.broker.closesAt = () => false;
    story.subscribe("bad");
    story.bench.advance(1000);
    expect([...story.granted]).toContain("bad");
    expect(story.bench.client.resting).toEqual([]);
  });

  it("is forgotten when the application does not want it any more", () => {
    const story = resting();
    story.bench.client.unsubscribe("bad");
    story.bench.advance(30 * MINUTE);
    expect(story.bench.client.resting).toEqual([]);
    expect(story.bench.errors).toHaveLength(1);
  });

  it("is asked for by the next start of the program, which costs a few connections and no more", () => {
    const story = resting();
    story.bench.restart();
    story.subscribe("bad", "good");
    const before = story.connections;
    story.connectionsUntil({ filters: ["good"] });
    story.bench.advance(5 * MINUTE);
    expect(story.connections - before).toBeLessThanOrEqual(ENOUGH);
    expect(story.bench.client.resting).toEqual(["bad"]);
  });
});

describe("attempts to connect", () => {
  it.each<[string, (packet: Packet) => boolean, (packet: Packet) => Packet[] | undefined]>([
    ["closes at a filter", (packet) => asksFor(packet, "bad"), () => undefined],
    ["closes at a message", (packet) => says(packet, "bad"), () => undefined],
    [
      "answers QoS 2 with PUBACK",
      () => false,
      (packet) => {
        if (packet.cmd !== "publish" || packet.qos !== 2) return undefined;
        return [{ cmd: "puback", messageId: packet.messageId as number }];
      },
    ],
  ])("are few, even with a short backoff, where the broker %s", (_, closesAt, answersWith) => {
    const backoff = { minimum: 10, maximum: 200 };
    const story = new Case((broker) => Object.assign(broker, { closesAt, answersWith }), { backoff });
    story.subscribe("bad").publish(["out", "bad", 2], ["out", "good", 1]);
    story.bench.advance(15_000);
    expect(story.connections).toBeLessThanOrEqual(ENOUGH);
    expect(story.arrived).toContain("good");
    story.bench.advance(9 * MINUTE);
    expect(story.connections).toBeLessThanOrEqual(ENOUGH);
  });

  it("are delayed more and more where the broker closes at whatever is sent", () => {
    const story = new Case((broker) => {
      broker.closesAt = ({ cmd }) => cmd === "publish" || cmd === "subscribe";
    });
    story.subscribe("bad").publish(["out", "bad", 2], ["out", "good", 1]);
    story.bench.advance(15_000);
    expect(story.connections).toBeLessThanOrEqual(ENOUGH);
    story.bench.advance(60 * MINUTE);
    expect(story.connections).toBeLessThan(60);
  });
});
