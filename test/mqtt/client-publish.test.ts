import { describe, expect, it } from "vitest";
import { puback, pubcomp, publish, pubrec } from "../support/packets.js";
import { Rig } from "../support/rig.js";
import { ScriptedBroker } from "../support/scripted-broker.js";

describe("a message to be sent", () => {
  it("with QoS 0 is delivered when it is handed to the socket", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const token = rig.client.publish("a/b", "hello");
    expect(rig.client.pending).toBe(1);
    expect(rig.news()).toEqual([]);
    connection.expect("publish", { topic: "a/b", payload: "hello", qos: 0, dup: false, retain: false });
    expect(rig.news()).toEqual([["published", token, "delivered"]]);
    expect(rig.client.pending).toBe(0);
  });

  it("with QoS 1 is delivered by PUBACK", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const token = rig.client.publish("a", Uint8Array.of(1, 2, 3), { QoS: 1, retain: true });
    const { messageId } = connection.expect("publish", { topic: "a", qos: 1, dup: false, retain: true });
    expect(rig.news()).toEqual([]);
    expect(rig.client.pending).toBe(1);
    connection.send(puback(messageId as number));
    rig.settle();
    expect(rig.news()).toEqual([["published", token, "delivered"]]);
    expect(rig.client.pending).toBe(0);
    connection.expectNothing(1000);
  });

  it("with QoS 2 is released by PUBREC and delivered by PUBCOMP", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const token = rig.client.publish("a", "x", { QoS: 2 });
    const messageId = connection.expect("publish", { qos: 2, dup: false }).messageId as number;
    connection.send(pubrec(messageId));
    connection.expect("pubrel", { messageId });
    expect(rig.news()).toEqual([]);
    connection.send(pubcomp(messageId));
    rig.settle();
    expect(rig.news()).toEqual([["published", token, "delivered"]]);
    connection.expectNothing(1000);
  });

  it("may be text, bytes, a buffer or nothing", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.publish("a", "grüße €😀\u0000");
    rig.client.publish("a", new Uint8Array([0, 255, 128]).subarray(1));
    rig.client.publish("a", Uint8Array.of(7, 8).buffer);
    rig.client.publish("a", "");
    connection.expect("publish", { payload: "grüße €😀\u0000" });
    connection.expect("publish", { payload: Uint8Array.of(255, 128) });
    connection.expect("publish", { payload: Uint8Array.of(7, 8) });
    connection.expect("publish", { payload: "" });
  });

  it("is taken as it is when publish is called: later changes to the bytes are not sent", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const bytes = Uint8Array.of(1, 2, 3);
    rig.client.publish("a", bytes, { QoS: 1 });
    bytes.fill(9);
    connection.expect("publish", { payload: Uint8Array.of(1, 2, 3) });
  });

  it("is taken before there is a connection with QoS 1 and 2", () => {
    const rig = new Rig();
    const first = rig.client.publish("a", "1", { QoS: 1 });
    rig.client.publish("a", "2", { QoS: 2 });
    expect(rig.client.pending).toBe(2);
    const connection = rig.connect();
    const one = connection.expect("publish", { payload: "1", dup: false });
    connection.expect("publish", { payload: "2", dup: false });
    connection.send(puback(one.messageId as number));
    rig.settle();
    expect(rig.news("published")).toEqual([["published", first, "delivered"]]);
  });

  it("is sent in the order of acceptance, no more unacknowledged ones than the window allows", () => {
    const rig = new Rig({ window: 3 });
    const connection = rig.connect();
    for (let n = 0; n < 8; n++) rig.client.publish("a", `${n}`, { QoS: 1 });
    const ids = [0, 1, 2].map((n) => connection.expect("publish", { payload: `${n}` }).messageId as number);
    connection.expectNothing(100);
    // Out of order: the window moves when its head does, or any of it; never more than three are out.
    connection.send(puback(ids[1] as number));
    connection.expect("publish", { payload: "3" });
    connection.expectNothing(100);
    connection.send(puback(ids[0] as number), puback(ids[2] as number));
    connection.expect("publish", { payload: "4" });
    connection.expect("publish", { payload: "5" });
    connection.expectNothing(100);
  });

  it("counts towards the window until PUBCOMP", () => {
    const rig = new Rig({ window: 1 });
    const connection = rig.connect();
    rig.client.publish("a", "1", { QoS: 2 });
    rig.client.publish("a", "2", { QoS: 2 });
    const messageId = connection.expect("publish").messageId as number;
    connection.send(pubrec(messageId));
    connection.expect("pubrel");
    connection.expectNothing(100);
    connection.send(pubcomp(messageId));
    connection.expect("publish", { payload: "2" });
  });

  it("with QoS 0 does not wait for the window of the others", () => {
    const rig = new Rig({ window: 1 });
    const connection = rig.connect();
    rig.client.publish("a", "1", { QoS: 1 });
    rig.client.publish("a", "2", { QoS: 1 });
    rig.client.publish("a", "3");
    connection.expect("publish", { payload: "1" });
    connection.expect("publish", { payload: "3" });
    connection.expectNothing(100);
  });

  it("is confirmed in whatever order the broker likes", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const tokens = ["1", "2", "3"].map((payload) => rig.client.publish("a", payload, { QoS: 2 }));
    const ids = tokens.map(() => connection.expect("publish").messageId as number);
    connection.send(...[...ids].reverse().map(pubrec));
    for (const messageId of [...ids].reverse()) connection.expect("pubrel", { messageId });
    connection.send(...[1, 2, 0].map((index) => pubcomp(ids[index] as number)));
    rig.settle();
    expect(rig.news()).toEqual([1, 2, 0].map((index) => ["published", tokens[index], "delivered"]));
  });
});

describe("packet identifiers", () => {
  it("go round from 65,535 to 1", () => {
    const rig = new Rig({ foreignSession: "random", random: () => 0.99999 });
    const connection = rig.connect();
    const ids: number[] = [];
    for (let n = 0; n < 4; n++) {
      rig.publish("a", "");
      ids.push(connection.expect("publish").messageId as number);
    }
    expect(ids).toEqual([65_535, 1, 2, 3]);
  });

  it("of the broker are its own: the same number may be under way in both directions", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.publish("a", "out", 2);
    const messageId = connection.expect("publish").messageId as number;
    connection.send(publish("b", "in", 2, messageId));
    connection.expect("pubrec", { messageId });
    connection.send({ cmd: "pubrel", messageId });
    connection.expect("pubcomp", { messageId });
    connection.send(pubrec(messageId));
    connection.expect("pubrel", { messageId });
    connection.send(pubcomp(messageId));
    rig.settle();
    expect(rig.news().map(([name]) => name)).toEqual(["readable", "published"]);
  });
});

describe("timers", () => {
  /** A client on a clock that counts the timers set. */
  function counted(): { rig: Rig; timers: () => number } {
    const broker = new ScriptedBroker();
    let count = 0;
    const { clock } = broker.platform;
    const setTimer: typeof clock.setTimer = (...args) => {
      count++;
      return clock.setTimer(...args);
    };
    const counting = { now: () => clock.now(), setTimer, clearTimer: clock.clearTimer.bind(clock) };
    Object.assign(broker, { platform: { ...broker.platform, clock: counting } });
    const timers = () => {
      const before = count;
      count = 0;
      return before;
    };
    return { rig: new Rig({}, broker), timers };
  }

  it("are one for all that is published in one go, and none without a connection or from a callback", () => {
    const { rig, timers } = counted();
    for (let n = 0; n < 10; n++) rig.client.publish("a", `${n}`, { QoS: 1 });
    expect(timers()).toBe(0);
    const connection = rig.connect();
    rig.client.subscribe("b", {}, () => {
      for (let n = 0; n < 10; n++) rig.client.publish("a", `${n}`, { QoS: 0 });
    });
    rig.settle();
    timers();
    for (let n = 0; n < 10; n++) rig.client.publish("a", `${n}`, { QoS: 0 });
    expect(timers()).toBe(1);
    rig.settle();
    timers();
    connection.send(publish("b", "x", 0));
    rig.settle();
    expect(rig.messages).toEqual([]);
    expect(timers()).toBe(0);
  });
});
