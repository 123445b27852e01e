import { describe, expect, it } from "vitest";
import { MapStore } from "../support/map-store.js";
import { generate, publish, pubrel } from "../support/packets.js";
import { Rig } from "../support/rig.js";

const LONG = "x".repeat(3_000);

describe("a message that comes", () => {
  it("says whether it was retained", () => {
    const rig = new Rig();
    const connection = rig.connect();
    connection.send(publish("a", "now", 0), publish("a", "before", 0, undefined, { retain: true }));
    rig.settle();
    expect(rig.messages.map(({ text, retain }) => [text, retain])).toEqual([
      ["now", false],
      ["before", true],
    ]);
  });

  it("with QoS 1 is handed over although a QoS 2 message of the same identifier is not released yet", () => {
    const rig = new Rig();
    const connection = rig.connect();
    connection.send(publish("a", "twice", 2, 9));
    connection.expect("pubrec", { messageId: 9 });
    connection.send(publish("a", "once", 1, 9));
    connection.expect("puback", { messageId: 9 });
    expect(rig.messages.map(({ text }) => text)).toEqual(["twice", "once"]);
  });

  it("whole with QoS 2 costs two writes: what it is, and that it was processed", () => {
    const store = new MapStore();
    const rig = new Rig({ store });
    const connection = rig.connect();
    // The first one has a block of tokens reserved too.
    connection.send(publish("a", "x", 2, 8));
    connection.expect("pubrec", { messageId: 8 });
    const before = store.writes;
    connection.send(publish("a", "x", 2, 9));
    connection.expect("pubrec", { messageId: 9 });
    expect(store.writes - before).toBe(2);
  });

  it("in pieces with QoS 1 is another message each time that it begins, and not stored", () => {
    const store = new MapStore();
    const rig = new Rig({ store, receiveBuffer: 256 });
    let connection = rig.connect();
    const tokens: unknown[] = [];
    for (let times = 0; times < 2; times++) {
      connection.sendBytes(generate(publish("a", LONG, 1, 9)).subarray(0, 2_000));
      rig.settle();
      tokens.push(rig.messages.splice(0)[0]?.token);
      expect(store.keys().filter((key) => key.startsWith("i"))).toEqual([]);
      connection = rig.reconnect(connection);
    }
    expect(tokens[0]).toEqual(expect.any(Number));
    expect(tokens[1]).not.toBe(tokens[0]);
  });

  it("in pieces with QoS 2 is noted once, however often it begins, and not at all once it is released", () => {
    const store = new MapStore();
    const rig = new Rig({ store, receiveBuffer: 256 });
    let connection = rig.connect();
    const incoming = () => store.keys().filter((key) => key.startsWith("i"));
    const writes: string[] = [];
    store.refuse = (key, value) => {
      if (key.startsWith("i") && value !== undefined) writes.push(key);
      return undefined;
    };
    for (let times = 0; times < 3; times++) {
      connection.sendBytes(generate(publish("a", LONG, 2, 9)).subarray(0, 2_000));
      rig.settle();
      expect(writes).toEqual(["i9"]);
      connection = rig.reconnect(connection);
    }
    connection.send(publish("a", LONG, 2, 9));
    connection.expect("pubrec", { messageId: 9 });
    connection.send(pubrel(9));
    connection.expect("pubcomp", { messageId: 9 });
    expect(incoming()).toEqual([]);
    // Nothing of it is left in memory either: with its identifier another message comes.
    connection.sendBytes(generate(publish("a", LONG, 2, 9)).subarray(0, 2_000));
    rig.settle();
    expect(writes).toEqual(["i9", "i9", "i9"]);
    expect(new Set(rig.messages.map(({ token }) => token)).size).toBe(2);
  });
});
