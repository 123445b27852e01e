/**
 * What is asked of the store, change by change: flash wears, and each change is a moment at which power may fail. `+` is a
 * write, `-` a delete; of a message's key only the kind is shown.
 */
import { describe, expect, it } from "vitest";
import { MapStore } from "../support/map-store.js";
import { connack, puback, pubcomp, publish, pubrec, pubrel, suback, unsuback } from "../support/packets.js";
import { Rig, type RigOptions } from "../support/rig.js";

/** A client on a store whose changes are written down; each call of `changes` gives those since the last. */
function watched(options: RigOptions = {}, store = new MapStore()) {
  let seen: string[] = [];
  store.refuse = (key, value) => void seen.push(`${value === undefined ? "-" : "+"}${key[0]}`);
  const rig = new Rig({ store, ...options });
  const changes = () => {
    rig.settle();
    const all = seen.join(" ");
    seen = [];
    return all;
  };
  return { store, rig, changes };
}

/** The same, connected, with the first block of tokens taken. */
function connected(options: RigOptions = {}) {
  const bench = watched(options);
  const connection = bench.rig.connect();
  bench.rig.publish("first", "x", 0);
  connection.expect("publish");
  bench.changes();
  return { ...bench, connection };
}

describe("the store is asked", () => {
  it("nothing before a first connection is granted, and then to hold the session and that it holds", () => {
    const { rig, changes } = watched();
    rig.client.open();
    rig.broker.accept().expect("connect");
    expect(changes()).toBe("");
    const again = watched();
    again.rig.connect();
    expect(again.changes()).toBe("+s +c");
  });

  it("twice a connection to the same session: that it is asked for, and that it was granted", () => {
    const { rig, changes, connection } = connected();
    connection.reset();
    expect(changes()).toBe("");
    const unanswered = rig.broker.accept(9000);
    unanswered.expect("connect");
    expect(changes()).toBe("-c");
    unanswered.reset();
    const late = rig.broker.accept(9000);
    late.expect("connect");
    expect(changes()).toBe("");
    late.send(connack(true));
    // The CONNECT before may be under way still, and begin a session yet.
    expect(changes()).toBe("");
    rig.reconnect(late);
    expect(changes()).toBe("+c");
  });

  it("once to store a message and once to forget it; one with QoS 2 twice more, for the note that PUBREC has come", () => {
    const { rig, changes, connection } = connected();
    rig.publish("a", "x", 1);
    // Room is kept before the first message.
    expect(changes()).toBe("+r +o");
    connection.send(puback(connection.expect("publish").messageId as number));
    expect(changes()).toBe("-o");
    rig.publish("a", "x", 2);
    expect(changes()).toBe("+o");
    const messageId = connection.expect("publish").messageId as number;
    connection.send(pubrec(messageId));
    expect(changes()).toBe("+p");
    connection.expect("pubrel");
    connection.send(pubrec(messageId));
    connection.expect("pubrel");
    expect(changes()).toBe("");
    connection.send(pubcomp(messageId));
    // In this order: the note alone says nothing, the message alone would be published a second time.
    expect(changes()).toBe("-o -p");
    rig.publish("a", "x", 0);
    expect(changes()).toBe("");
  });

  it("nothing for a message that comes, but three times with QoS 2", () => {
    const { changes, connection } = connected();
    connection.send(publish("a", "x", 0), publish("a", "x", 1, 7));
    expect(changes()).toBe("");
    connection.send(publish("a", "x", 2, 7));
    expect(changes()).toBe("+i +i");
    connection.send(publish("a", "x", 2, 7, { dup: true }));
    expect(changes()).toBe("");
    connection.send(pubrel(7));
    expect(changes()).toBe("-i");
    connection.send(pubrel(7));
    expect(changes()).toBe("");
  });

  it("before a SUBSCRIBE or UNSUBSCRIBE goes, and when its answer has come", () => {
    const { rig, changes, connection } = connected();
    rig.client.subscribe("a", {}, rig.handler);
    expect(changes()).toBe("+s");
    connection.send(suback(connection.expect("subscribe").messageId as number, 0));
    expect(changes()).toBe("+s");
    rig.client.unsubscribe("a");
    expect(changes()).toBe("+s");
    connection.send(unsuback(connection.expect("unsubscribe").messageId as number));
    expect(changes()).toBe("+s");
  });

  it("to forget what the broker has lost, the claim to a session first where identifiers must go with it", () => {
    const { rig, changes, connection } = connected();
    connection.send(publish("a", "x", 2, 8));
    changes();
    const next = rig.reconnect(connection, { sessionPresent: false });
    expect(changes()).toBe("-c +s -i +s +c");
    rig.reconnect(next, { sessionPresent: false });
    expect(changes()).toBe("-c +c");
  });

  it("to forget that PUBREC has come, when the broker has lost the session that it came in", () => {
    const { rig, changes, connection } = connected();
    rig.publish("a", "x", 2);
    connection.send(pubrec(connection.expect("publish").messageId as number));
    changes();
    const next = rig.reconnect(connection, { sessionPresent: false });
    expect(changes()).toBe("-c +s -p +s +c");
    next.expect("publish", { dup: false });
  });

  it("nothing at a start, and to have a block of tokens with the first message", () => {
    const { store } = connected();
    const { rig, changes } = watched({}, store.copy());
    expect(changes()).toBe("");
    rig.client.open();
    rig.broker.welcome({ sessionPresent: true });
    expect(changes()).toBe("-c +c");
    rig.publish("a", "x", 1);
    expect(changes()).toBe("+s +r +o");
  });

  it('at the end of a connection only, with durability "offline", and nothing for attempts that come to nothing', () => {
    const { rig, changes, connection } = connected({ durability: "offline" });
    rig.publish("a", "x", 1);
    connection.send(publish("b", "x", 2, 7));
    expect(changes()).toBe("");
    rig.broker.stop();
    connection.reset();
    expect(changes()).toBe("+i +o");
    rig.advance(60_000);
    expect(rig.news("disconnected").length).toBeGreaterThan(1);
    expect(changes()).toBe("");
  });

  it("twice to park a message: beside it that it is, and whether it was sent", () => {
    const { rig, changes, connection } = connected();
    rig.publish("a", "bad", 1);
    changes();
    let next = connection;
    // Twice as it comes, and once on trial.
    for (let times = 0; times < 3; times++) {
      next.expect("publish", { payload: "bad" });
      next.close();
      rig.settle();
      next = rig.broker.welcome({ sessionPresent: true, within: 20_000 });
    }
    expect(rig.news("error")).toEqual([["error", "message-parked"]]);
    expect(changes()).toBe("-c +c +p -c +c -c +c");
  });
});
