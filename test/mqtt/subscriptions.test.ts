import { describe, expect, it } from "vitest";
import { publish, suback, unsuback } from "../support/packets.js";
import { Rig, thrownBy } from "../support/rig.js";
import type { Connection } from "../support/scripted-broker.js";

const filters = (connection: Connection) =>
  connection.expect("subscribe").subscriptions.map(({ topic, qos }) => [topic, qos]);

/** Grants, or confirms, the next request of the client. */
function grant(connection: Connection, ...granted: number[]): void {
  connection.send(suback(connection.expect("subscribe").messageId as number, ...granted));
}

describe("subscribe()", () => {
  it("sends one SUBSCRIBE for several filters and tells each one's result", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe(["a/#", "b", "c/+"], { QoS: 1 }, rig.handler);
    const { messageId, subscriptions } = connection.expect("subscribe");
    expect(subscriptions).toMatchObject([
      { topic: "a/#", qos: 1 },
      { topic: "b", qos: 1 },
      { topic: "c/+", qos: 1 },
    ]);
    expect(rig.news()).toEqual([]);
    connection.send(suback(messageId as number, 1, 0x80, 0));
    connection.expectNothing(1000);
    expect(rig.news()).toEqual([
      ["subscribed", "a/#", 1],
      ["subscribed", "b", undefined],
      ["subscribed", "c/+", 0],
    ]);
  });

  it("joins calls in one breath, eight filters a packet at most", () => {
    const rig = new Rig();
    const connection = rig.connect();
    for (let n = 0; n < 10; n++) rig.client.subscribe(`f/${n}`, { QoS: (n % 3) as 0 | 1 | 2 }, rig.handler);
    expect(filters(connection)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((n) => [`f/${n}`, n % 3]));
    expect(filters(connection)).toEqual([8, 9].map((n) => [`f/${n}`, n % 3]));
  });

  it("refuses what is wrong and then changes nothing", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const { client, handler } = rig;
    expect(thrownBy(() => client.subscribe(["good", "a/#/b"], {}, handler))).toMatchObject({
      kind: "misuse",
      code: "MQTT-4.7.1-2",
    });
    expect(thrownBy(() => client.subscribe("", {}, handler))).toMatchObject({ kind: "misuse", code: "MQTT-4.7.3-1" });
    expect(thrownBy(() => client.subscribe("a", { QoS: 3 as 2 }, handler))).toMatchObject({ kind: "misuse" });
    expect(thrownBy(() => client.subscribe("a", {}, undefined as never))).toMatchObject({
      kind: "misuse",
      code: "handler",
    });
    connection.expectNothing(1000);
  });

  it("for a filter that is known replaces the handler, and asks again only for another QoS", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const first: string[] = [];
    rig.client.subscribe("a", { QoS: 1 }, ({ topic }) => first.push(topic));
    grant(connection, 1);
    rig.settle();
    rig.client.subscribe("a", { QoS: 1 }, rig.handler);
    connection.expectNothing(1000);
    connection.send(publish("a", "x"));
    rig.settle();
    expect(first).toEqual([]);
    expect(rig.messages).toHaveLength(1);
    rig.client.subscribe("a", { QoS: 2 }, rig.handler);
    expect(filters(connection)).toEqual([["a", 2]]);
  });

  it("asks again for another QoS wanted while the first request was under way", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe("a", { QoS: 1 }, rig.handler);
    const { messageId } = connection.expect("subscribe");
    rig.client.subscribe("a", { QoS: 0 }, rig.handler);
    connection.expectNothing(1000);
    connection.send(suback(messageId as number, 1));
    expect(filters(connection)).toEqual([["a", 0]]);
  });

  it("does not ask again for what was refused before the next connection", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe("a", {}, rig.handler);
    grant(connection, 0x80);
    connection.expectNothing(50_000);
    expect(filters(rig.reconnect(connection))).toEqual([["a", 0]]);
  });

  it("asks again for what was refused when it is called again", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe("a", {}, rig.handler);
    grant(connection, 0x80);
    rig.settle();
    rig.client.subscribe("a", {}, rig.handler);
    expect(filters(connection)).toEqual([["a", 0]]);
  });
});

describe("a message", () => {
  it("goes to every handler whose filter matches, else to onReadable", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const got: string[] = [];
    const note = (name: string) => () => got.push(name);
    rig.client.subscribe("a/+", {}, note("a/+"));
    rig.client.subscribe("#", {}, note("#"));
    rig.client.subscribe("a/b", {}, note("a/b"));
    grant(connection, 0, 0, 0);
    connection.send(publish("a/b", ""), publish("c", ""), publish("$SYS/x", ""));
    rig.settle();
    expect(got).toEqual(["a/+", "#", "a/b", "#"]);
    expect(rig.messages.map(({ topic }) => topic)).toEqual(["$SYS/x"]);
  });

  it("does not go to a handler whose subscription was ended, though it was under way", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const got: string[] = [];
    rig.client.subscribe("a", {}, () => got.push("a"));
    grant(connection, 0);
    rig.settle();
    rig.client.unsubscribe("a");
    connection.send(publish("a", ""));
    rig.settle();
    expect(got).toEqual([]);
    expect(rig.messages).toHaveLength(1);
  });

  it("goes on to the other handlers when one throws, unsubscribes or subscribes", () => {
    const rig = new Rig();
    const connection = rig.connect();
    const got: string[] = [];
    rig.client.subscribe("+", {}, () => {
      rig.client.unsubscribe("+");
      rig.client.subscribe("new/#", {}, rig.handler);
      throw new Error("boom");
    });
    rig.client.subscribe("#", {}, () => got.push("#"));
    grant(connection, 0, 0);
    connection.send(publish("a", ""));
    connection.expect("subscribe");
    connection.expect("unsubscribe");
    expect(got).toEqual(["#"]);
    expect(rig.errors).toMatchObject([{ code: "callback-threw" }]);
  });
});

describe("a shared subscription", () => {
  it("is asked for as it is named, and its messages, which come with plain topics, go to its handler", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe("$share/group/jobs/+", { QoS: 1 }, rig.handler);
    expect(filters(connection)).toEqual([["$share/group/jobs/+", 1]]);
    connection.send(suback(connection.packets.at(-1)?.messageId as number, 1));
    connection.send(publish("jobs/7", "do it", 1, 3), publish("other/7", "not this"));
    rig.settle();
    expect(rig.told.slice(-2)).toEqual([
      ["message", "jobs/7", "do it"],
      ["readable", "other/7", "not this"],
    ]);
    connection.expect("puback", { messageId: 3 });
    rig.client.unsubscribe("$share/group/jobs/+");
    expect(connection.expect("unsubscribe").unsubscriptions).toEqual(["$share/group/jobs/+"]);
  });

  it("needs a group without wildcards, and a filter behind it", () => {
    const rig = new Rig();
    for (const filter of ["$share", "$share/", "$share/g", "$share/g/", "$share//a", "$share/+/a", "$share/g#/a"]) {
      const refused = thrownBy(() => rig.client.subscribe(filter, {}, rig.handler));
      expect(refused, filter).toMatchObject({ kind: "misuse", message: expect.stringContaining(filter) });
    }
    rig.client.subscribe(["$share/g/#", "$share/g//", "$shared/a", "$sharex"], {}, rig.handler);
  });
});

describe("unsubscribe()", () => {
  it("sends one UNSUBSCRIBE and tells when it is confirmed", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe(["a", "b", "c"], {}, rig.handler);
    grant(connection, 0, 0, 0);
    rig.settle();
    rig.news();
    rig.client.unsubscribe(["a", "c"]);
    const { messageId, unsubscriptions } = connection.expect("unsubscribe");
    expect(unsubscriptions).toEqual(["a", "c"]);
    expect(rig.news()).toEqual([]);
    connection.send(unsuback(messageId as number));
    connection.expectNothing(1000);
    expect(rig.news()).toEqual([
      ["unsubscribed", "a"],
      ["unsubscribed", "c"],
    ]);
    expect(filters(rig.reconnect(connection, { sessionPresent: false }))).toEqual([["b", 0]]);
  });

  it("tells the broker of a filter that this run never subscribed, for its session may hold it from before", () => {
    const rig = new Rig({ foreignSession: "random", random: () => 0.5 });
    const connection = rig.connect({ sessionPresent: true });
    rig.client.unsubscribe("old/#");
    const { messageId, unsubscriptions } = connection.expect("unsubscribe");
    expect(unsubscriptions).toEqual(["old/#"]);
    connection.send(unsuback(messageId as number));
    rig.settle();
    expect(rig.news()).toEqual([["unsubscribed", "old/#"]]);
    rig.reconnect(connection).expectNothing(1000);
  });

  it("tells it of such a filter once it is connected, if it has the session, and hands no message to anybody", () => {
    const rig = new Rig({ foreignSession: "random", random: () => 0.5 });
    rig.client.unsubscribe("old/#");
    const connection = rig.connect({ sessionPresent: true });
    expect(connection.expect("unsubscribe").unsubscriptions).toEqual(["old/#"]);
    connection.send(publish("old/x", "y"));
    rig.settle();
    expect(rig.told.map(([name]) => name)).toEqual(["readable"]);
  });

  it("does not tell a broker that has begun a new session, nor one that has refused the filter", () => {
    const rig = new Rig();
    rig.client.unsubscribe("old/#");
    const connection = rig.connect();
    connection.expectNothing(1000);
    rig.client.subscribe("forbidden", {}, rig.handler);
    grant(connection, 0x80);
    rig.settle();
    rig.client.unsubscribe("forbidden");
    connection.expectNothing(1000);
  });

  it("refuses what is no filter, and then changes nothing", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe("a", {}, rig.handler);
    grant(connection, 0);
    rig.settle();
    for (const filter of ["a/#/b", "", "a+", "$share/g", "\ud800"]) {
      expect(
        thrownBy(() => rig.client.unsubscribe(["a", filter])),
        filter,
      ).toMatchObject({ kind: "misuse" });
    }
    connection.expectNothing(1000);
    connection.send(publish("a", "still"));
    rig.settle();
    expect(rig.messages.map(({ text }) => text)).toEqual(["still"]);
  });

  it("in one breath with subscribe sends nothing", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe("a", {}, rig.handler);
    rig.client.unsubscribe("a");
    connection.expectNothing(1000);
  });

  it("can be taken back, whichever request is under way", () => {
    const rig = new Rig();
    const connection = rig.connect();
    rig.client.subscribe("a", {}, rig.handler);
    const asked = connection.expect("subscribe").messageId as number;
    rig.client.unsubscribe("a");
    rig.settle();
    rig.client.subscribe("a", {}, rig.handler);
    connection.send(suback(asked, 0));
    connection.expectNothing(1000);
    rig.client.unsubscribe("a");
    const ended = connection.expect("unsubscribe").messageId as number;
    rig.client.subscribe("a", {}, rig.handler);
    connection.expectNothing(1000);
    connection.send(unsuback(ended));
    expect(filters(connection)).toEqual([["a", 0]]);
  });
});

describe("after a reconnect", () => {
  function subscribed(rig: Rig): Connection {
    const connection = rig.connect();
    rig.client.subscribe(["a", "b"], { QoS: 1 }, rig.handler);
    grant(connection, 1, 0);
    rig.settle();
    return connection;
  }

  it("nothing is asked for when the session is present", () => {
    const rig = new Rig();
    rig.reconnect(subscribed(rig)).expectNothing(1000);
  });

  it("all is asked for again when a CONNECT before it was not answered, for that may have begun a new session", () => {
    const rig = new Rig();
    let connection = subscribed(rig);
    connection.reset();
    connection = rig.broker.accept(2000);
    connection.expect("connect");
    connection.reset();
    connection = rig.broker.welcome({ sessionPresent: true, within: 5000 });
    expect(filters(connection)).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
    connection.send(suback(connection.packets.at(-1)?.messageId as number, 1, 1));
    rig.settle();
    // The network may have held it until now.
    connection = rig.reconnect(connection);
    expect(filters(connection)).toHaveLength(2);
    connection.send(suback(connection.packets.at(-1)?.messageId as number, 1, 1));
    rig.settle();
    rig.reconnect(connection).expectNothing(1000);
  });

  it("all is asked for again when the broker has lost the session", () => {
    const rig = new Rig();
    const connection = rig.reconnect(subscribed(rig), { sessionPresent: false });
    expect(filters(connection)).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });

  it("all is asked for again with Clean Session", () => {
    const rig = new Rig({ clean: true });
    const connection = rig.reconnect(subscribed(rig), { sessionPresent: false });
    expect(filters(connection)).toHaveLength(2);
  });

  it("only the difference is asked for, and what was given up meanwhile is ended", () => {
    const rig = new Rig();
    let connection = subscribed(rig);
    connection.reset();
    rig.settle();
    rig.client.unsubscribe("a");
    rig.client.subscribe("c", {}, rig.handler);
    connection = rig.broker.welcome({ sessionPresent: true, within: 2000 });
    expect(filters(connection)).toEqual([["c", 0]]);
    expect(connection.expect("unsubscribe").unsubscriptions).toEqual(["a"]);
  });

  it("what was given up meanwhile is not mentioned to a broker that has lost the session", () => {
    const rig = new Rig();
    let connection = subscribed(rig);
    connection.reset();
    rig.settle();
    rig.client.unsubscribe("a");
    connection = rig.broker.welcome({ within: 2000 });
    expect(filters(connection)).toEqual([["b", 1]]);
    connection.expectNothing(1000);
  });

  it("a request that was not answered is made again", () => {
    const rig = new Rig();
    let connection = rig.connect();
    rig.client.subscribe("a", {}, rig.handler);
    connection.expect("subscribe");
    connection = rig.reconnect(connection);
    grant(connection, 0);
    rig.settle();
    rig.client.unsubscribe("a");
    connection.expect("unsubscribe");
    connection = rig.reconnect(connection);
    expect(connection.expect("unsubscribe").unsubscriptions).toEqual(["a"]);
  });

  it("a subscription that may have been ended is asked for again, though it was wanted again before", () => {
    const rig = new Rig();
    let connection = rig.connect();
    rig.client.subscribe("a", { QoS: 1 }, rig.handler);
    grant(connection, 1);
    rig.settle();
    rig.client.unsubscribe("a");
    connection.expect("unsubscribe");
    rig.client.subscribe("a", { QoS: 1 }, rig.handler);
    connection = rig.reconnect(connection);
    expect(filters(connection)).toEqual([["a", 1]]);
  });

  it("a subscription that may have been made is ended, though it was given up before the answer", () => {
    const rig = new Rig();
    let connection = rig.connect();
    rig.client.subscribe("a", {}, rig.handler);
    connection.expect("subscribe");
    rig.client.unsubscribe("a");
    connection = rig.reconnect(connection);
    expect(connection.expect("unsubscribe").unsubscriptions).toEqual(["a"]);
  });
});
