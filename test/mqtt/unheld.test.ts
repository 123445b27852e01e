import { describe, expect, it } from "vitest";
import { MapStore } from "../support/map-store.js";
import { type Packet, puback, publish, pubrel } from "../support/packets.js";
import { Rig, type RigOptions } from "../support/rig.js";

const MINUTE = 60_000;

/** A client whose broker sends these messages with each connection, until PUBREC has come for each. */
class Stranger {
  readonly rig: Rig;
  readonly left: Packet[];
  /** Identifiers that PUBREC has come for, and not PUBCOMP. */
  #released: number[] = [];
  connects = 0;
  closes = 0;

  constructor(messages: readonly Packet[], options: RigOptions) {
    this.rig = new Rig({ keepAlive: 0, ...options });
    this.left = [...messages];
    this.rig.client.open();
  }

  /** Lets time pass. */
  run(time: number): void {
    const { broker } = this.rig;
    const end = (broker.clock.now() + time) | 0;
    while (((end - broker.clock.now()) | 0) > 0) {
      const connection = this.#accept(end);
      if (connection === undefined) return;
      connection.send(...this.#released.map(pubrel), ...this.left);
      this.rig.settle();
      const pubrecs = connection.unread.flatMap(({ cmd, messageId }) =>
        cmd === "pubrec" ? [messageId as number] : [],
      );
      const pubcomps = connection.unread.flatMap(({ cmd, messageId }) => (cmd === "pubcomp" ? [messageId] : []));
      this.left.splice(0, this.left.length, ...this.left.filter(({ messageId }) => !pubrecs.includes(messageId ?? 0)));
      this.#released = [...this.#released.filter((id) => !pubcomps.includes(id)), ...pubrecs];
      if (connection.closed === undefined) connection.send(...pubrecs.map(pubrel));
      this.rig.settle();
      if (connection.closed === undefined) {
        this.rig.advance((end - broker.clock.now()) | 0);
        connection.reset();
      } else this.closes++;
    }
  }

  #accept(end: number) {
    const { broker } = this.rig;
    const before = broker.connections.length;
    if (!broker.clock.runUntil(() => broker.connections.length > before, (end - broker.clock.now()) | 0))
      return undefined;
    return broker.welcome({ sessionPresent: this.connects++ > 0 });
  }

  get skipped(): string[] {
    return this.rig.errors.filter(({ code }) => code === "message-skipped").map(({ message }) => message);
  }
}

/** A store that takes nothing of incoming messages. */
function refusing(why: "full" | "failed"): MapStore {
  const store = new MapStore();
  store.refuse = (key, value) => (key.startsWith("i") && value !== undefined ? why : undefined);
  return store;
}

describe.each(["full", "failed"] as const)("an incoming QoS 2 message that the store cannot hold (%s)", (why) => {
  it.each([10, 3000])("with a payload of %i bytes is skipped, acknowledged and reported after ten minutes", (size) => {
    const message = publish("a", "x".repeat(size), 2, 7);
    const stranger = new Stranger([message], { store: refusing(why) });
    stranger.run(9 * MINUTE);
    expect(stranger.skipped).toEqual([]);
    expect(stranger.rig.messages).toEqual([]);
    expect(stranger.closes).toBeGreaterThan(5);
    stranger.run(4 * MINUTE);
    expect(stranger.skipped).toEqual([expect.stringContaining('"a"')]);
    expect(stranger.left).toEqual([]);
    const { closes } = stranger;
    // The next one does not mute the client anew.
    stranger.left.push(publish("a", "y", 2, 8), publish("b", "z", 1, 9));
    stranger.run(5 * MINUTE);
    expect(stranger.closes).toBe(closes);
    expect(stranger.rig.messages.map(({ text }) => text)).toContain("z");
  });

  it("is handed over once the store takes it, and is not given up later for what was before", () => {
    const store = refusing(why);
    const stranger = new Stranger([publish("a", "x", 2, 7)], { store });
    stranger.run(8 * MINUTE);
    const refuse = store.refuse;
    store.refuse = undefined;
    stranger.run(5 * MINUTE);
    expect(stranger.rig.messages.map(({ text }) => text)).toEqual(["x"]);
    store.refuse = refuse;
    stranger.left.push(publish("a", "y", 2, 8));
    stranger.run(8 * MINUTE);
    expect(stranger.skipped).toEqual([]);
  });
});

describe.each([10, 3000])("an incoming QoS 2 message of %i bytes for which the store is full", (size) => {
  it("waits, with those behind it, for what acknowledgements make room for: none is lost", () => {
    const store = new MapStore();
    const rig = new Rig({ store, window: 2, keepAlive: 0 });
    rig.connect().reset();
    rig.settle();
    for (let n = 0; n < 10; n++) rig.publish("out", `${n}`, 1);
    // Room is there once the last of ours has left.
    store.refuse = (key, value) => (key.startsWith("i") && value && rig.client.pending > 0 ? "full" : undefined);
    const messages = [publish("in", "x".repeat(size), 2, 7), publish("in", "y", 2, 8)];
    const first = rig.broker.welcome({ sessionPresent: true });
    first.send(...messages, publish("in", "at QoS 1", 1, 9));
    const sent: string[] = [];
    rig.settle();
    for (let next = first.unread[0]; next !== undefined; next = first.unread[0]) {
      const packet = first.next();
      if (packet.cmd !== "publish") continue;
      sent.push(`${packet.payload}`);
      first.send(puback(packet.messageId as number));
      rig.settle();
    }
    expect(sent).toEqual(Array.from({ length: 10 }, (_, n) => `${n}`));
    expect(first.packets.filter(({ cmd }) => cmd === "pubrec")).toEqual([]);
    expect(rig.messages.map(({ text }) => text)).toEqual(["at QoS 1"]);
    expect(rig.news("disconnected").at(-1)).toEqual(["disconnected", "store-full", expect.any(Number)]);
    const second = rig.broker.welcome({ sessionPresent: true, within: 60_000 });
    second.send(...messages);
    rig.settle();
    expect(second.packets.flatMap(({ cmd, messageId }) => (cmd === "pubrec" ? [messageId] : []))).toEqual([7, 8]);
    expect(rig.messages.map(({ text }) => text.slice(-1))).toContain("x");
  });

  it("does not wait for ever, while the application goes on publishing", () => {
    const rig = new Rig({ store: refusing("full"), keepAlive: 0, responseTimeout: 5000 });
    const connection = rig.connect();
    rig.publish("out", "0", 1);
    connection.send(publish("in", "x".repeat(size), 2, 7));
    for (let n = 1; n < 10; n++) {
      const { messageId } = connection.expect("publish", { payload: `${n - 1}` });
      rig.publish("out", `${n}`, 1);
      connection.send(puback(messageId as number));
      rig.advance(500);
    }
    expect(connection.closed).toBeUndefined();
    rig.advance(500);
    expect(rig.news("disconnected")).toEqual([["disconnected", "store-full", expect.any(Number)]]);
  });
});

describe("more QoS 2 messages under way than maximumReceived", () => {
  it("arrive over several connections: none is lost by it", () => {
    const messages = Array.from({ length: 20 }, (_, n) => publish("a", `${n}`, 2, n + 1));
    const stranger = new Stranger(messages, { maximumReceived: 3 });
    stranger.run(10 * MINUTE);
    expect(stranger.left).toEqual([]);
    expect(stranger.rig.messages.map(({ text }) => text)).toEqual(messages.map((_, n) => `${n}`));
    expect(stranger.skipped).toEqual([]);
  });
});
