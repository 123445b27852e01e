import { describe, expect, it } from "vitest";
import { generate, publish, suback } from "../support/packets.js";
import { Rig, type RigOptions } from "../support/rig.js";
import type { Connection } from "../support/scripted-broker.js";

const MINUTE = 60_000;

/** A PUBLISH with QoS 1 whose topic is no topic. */
function malformed(topic: string, payload = "x"): Uint8Array {
  const name = Buffer.from(topic);
  return Uint8Array.from([
    0x32,
    4 + name.length + payload.length,
    0,
    name.length,
    ...name,
    0,
    9,
    ...Buffer.from(payload),
  ]);
}

/** A client with these filters; its broker shows every connection. */
function rigWith(filters: readonly string[], options: RigOptions = {}): Rig {
  const rig = new Rig(options, { showsIntroductions: true });
  for (const filter of filters) rig.client.subscribe(filter, { QoS: 1 }, rig.handler);
  rig.client.open();
  return rig;
}

/** Grants the next connection. */
function grant(rig: Rig, sessionPresent: boolean): { connection: Connection; clean: boolean } {
  const connection = rig.broker.accept(61_000);
  const { clean } = connection.expect("connect");
  connection.send({ cmd: "connack", returnCode: 0, sessionPresent });
  rig.settle();
  return { connection, clean: clean === true };
}

/** Grants the first session, with the connection before it that discards what there was. */
function begin(rig: Rig): Connection {
  const first = grant(rig, false);
  if (!first.clean) return first.connection;
  first.connection.expect("disconnect");
  return grant(rig, false).connection;
}

function answer(connection: Connection): string[] {
  const { messageId, subscriptions } = connection.expect("subscribe");
  connection.send(suback(messageId as number, ...subscriptions.map(() => 1)));
  return subscriptions.map(({ topic }) => topic);
}

/** Has the connection closed by malformed bytes, so many times in a row. */
function mute(rig: Rig, connection: Connection, times: number, bytes = malformed("a/\0")): void {
  let current = connection;
  for (let n = 1; ; n++) {
    current.sendBytes(bytes);
    rig.settle();
    expect(current.closed).toBeDefined();
    if (n === times) return;
    current = grant(rig, true).connection;
  }
}

const codes = (rig: Rig) => rig.errors.splice(0).map(({ code }) => code);
const delays = (rig: Rig) => rig.news("disconnected").map(([, , delay]) => delay as number);

describe("malformed bytes that nothing of ours can have caused", () => {
  it("close the connection each time; after five times in a row attempts wait the maximum, and that is said", () => {
    const rig = rigWith(["a/+"]);
    const connection = begin(rig);
    answer(connection);
    rig.news();
    mute(rig, connection, 5);
    const [first, second, third, fourth, fifth] = delays(rig);
    for (const delay of [first, second, third, fourth]) expect(delay).toBeLessThan(16_000);
    expect(fifth).toBe(MINUTE);
    expect(codes(rig)).toEqual([...Array(4).fill("MQTT-1.5.3-2"), "malformed-messages", "MQTT-1.5.3-2"]);
    mute(rig, grant(rig, true).connection, 2);
    expect(delays(rig)).toEqual([MINUTE, MINUTE]);
    expect(codes(rig)).toEqual(Array(2).fill("MQTT-1.5.3-2"));
  });

  it("have the session discarded after five times more, and the subscription that brings them rest", () => {
    const rig = rigWith(["a/+", "a/b", "b/#"]);
    const connection = begin(rig);
    answer(connection);
    const token = rig.publish("out", "mine", 1);
    mute(rig, connection, 10);
    expect(codes(rig).filter((code) => !code.startsWith("MQTT"))).toEqual([
      "malformed-messages",
      "session-discarded",
      "subscription-rests",
    ]);
    const discarding = grant(rig, false);
    expect(discarding.clean).toBe(true);
    discarding.connection.expect("disconnect");
    const next = grant(rig, false);
    expect(next.clean).toBe(false);
    expect(answer(next.connection)).toEqual(["a/b", "b/#"]);
    // What was accepted goes out, and what comes is handed over.
    const { messageId } = next.connection.expect("publish", { topic: "out", payload: "mine" });
    next.connection.send({ cmd: "puback", messageId: messageId as number }, publish("b/c", "in", 1, 4));
    next.connection.expect("puback", { messageId: 4 });
    expect(rig.news("published")).toEqual([["published", token, "may-be-duplicated"]]);
    expect(rig.messages.map(({ text }) => text)).toEqual(["in"]);
  });

  it.each<[string, Uint8Array, string[]]>([
    ["U+0000 in a level", malformed("a/b\0c/d"), ["a/+/d", "a/#", "#"]],
    [
      "bytes that are no UTF-8",
      Uint8Array.from([...malformed("a/?/d")].map((byte) => (byte === 0x3f ? 0xff : byte))),
      ["a/+/d", "a/#", "#"],
    ],
    ["a wildcard", malformed("a/+"), ["a/+", "a/#", "#", "a/+/d"]],
    ["packet identifier 0", Uint8Array.from([0x32, 6, 0, 1, 0x61, 0, 0, 1]), ["#"]],
    ["U+0000 far behind in a topic too long", generateLong(3000), ["a/#", "#"]],
  ])("have no other subscription rest than one that may match: %s", (_, bytes, guilty) => {
    const filters = ["a/+/d", "a/#", "#", "b/#", "a/b", "a/+", "$SYS/#"];
    const rig = rigWith(filters);
    const connection = begin(rig);
    answer(connection);
    mute(rig, connection, 10, bytes);
    const said = rig.errors.filter(({ code }) => code === "subscription-rests").map(({ message }) => message);
    for (const filter of guilty) expect(said.filter((text) => text.includes(`"${filter}"`))).toHaveLength(1);
    for (const filter of ["b/#", "a/b", "$SYS/#"]) {
      expect(said.filter((text) => text.includes(`"${filter}"`))).toHaveLength(0);
    }
  });

  it("are tried again with the subscription after ten minutes; it rests twice as long when they come again", () => {
    const rig = rigWith(["a/+", "b"]);
    const connection = begin(rig);
    answer(connection);
    mute(rig, connection, 10);
    const { clock } = rig.broker;
    let current: Connection;
    for (const pause of [10, 20, 40]) {
      const restedAt = clock.now();
      codes(rig);
      const discarding = grant(rig, false);
      expect(discarding.clean).toBe(true);
      discarding.connection.expect("disconnect");
      current = grant(rig, false).connection;
      expect(answer(current)).toEqual(["b"]);
      while (((clock.now() - restedAt) | 0) < pause * MINUTE) {
        expect(current.unread.map(({ cmd }) => cmd)).not.toContain("subscribe");
        rig.advance(Math.min(10_000, pause * MINUTE - ((clock.now() - restedAt) | 0)));
        pong(current);
      }
      expect(answer(current)).toEqual(["a/+"]);
      // The retained message comes again: once is enough this time.
      current.sendBytes(malformed("a/\0"));
      rig.settle();
      expect(codes(rig)).toEqual(["session-discarded", "subscription-rests", "MQTT-1.5.3-2"]);
    }
  });

  it("start anew once a connection has lasted for ten minutes", () => {
    const rig = rigWith(["a/+"], { keepAlive: 0 });
    const connection = begin(rig);
    answer(connection);
    mute(rig, connection, 4);
    const lasting = grant(rig, true).connection;
    rig.advance(10 * MINUTE);
    lasting.sendBytes(malformed("a/\0"));
    rig.settle();
    mute(rig, grant(rig, true).connection, 3);
    expect(codes(rig).filter((code) => !code.startsWith("MQTT"))).toEqual([]);
    mute(rig, grant(rig, true).connection, 1);
    expect(codes(rig)).toContain("malformed-messages");
  });

  it("count in a row only: a connection that ends for another reason between them starts anew", () => {
    const rig = rigWith(["a/+"]);
    const connection = begin(rig);
    answer(connection);
    mute(rig, connection, 4);
    grant(rig, true).connection.reset();
    mute(rig, grant(rig, true).connection, 4);
    expect(codes(rig).filter((code) => !/^MQTT|connection/.test(code))).toEqual([]);
  });

  it("are no wrong answers to something of ours", () => {
    const rig = rigWith(["a/+"]);
    const connection = begin(rig);
    answer(connection);
    mute(rig, connection, 12, Uint8Array.of(0x40, 2, 0, 0));
    expect(codes(rig)).toEqual(Array(12).fill("MQTT-2.3.1-1"));
  });

  it.each<[string, number[]]>([
    ["a packet type that a broker must not send", [0xf0, 0]],
    ["a second CONNACK", [0x20, 2, 0, 0]],
    ["PUBLISH with both QoS bits", [0x36, 3, 0, 1, 0x61]],
  ])("may be %s, and then no subscription rests", (_, bytes) => {
    const rig = rigWith(["#"]);
    const connection = begin(rig);
    answer(connection);
    mute(rig, connection, 10, Uint8Array.from(bytes));
    expect(codes(rig).filter((code) => !code.startsWith("MQTT"))).toEqual(["malformed-messages", "session-discarded"]);
  });
});

describe("malformed bytes, with malformedSession keep", () => {
  it("leave the session alone: the subscription that brings them is withdrawn until it is tried again", () => {
    const rig = rigWith(["a/+", "b"], { malformedSession: "keep" });
    const connection = begin(rig);
    answer(connection);
    mute(rig, connection, 10);
    expect(codes(rig).filter((code) => !code.startsWith("MQTT"))).toEqual(["malformed-messages", "subscription-rests"]);
    const next = grant(rig, true);
    expect(next.clean).toBe(false);
    next.connection.expect("unsubscribe", { unsubscriptions: ["a/+"] });
  });
});

describe("malformed bytes, with clean", () => {
  it("have the subscription that brings them rest; there is no session to discard", () => {
    const rig = rigWith(["a/+", "b"], { clean: true });
    const { connection } = grant(rig, false);
    answer(connection);
    let current = connection;
    for (let n = 0; n < 10; n++) {
      current.sendBytes(malformed("a/\0"));
      current = grant(rig, false).connection;
    }
    expect(codes(rig).filter((code) => !code.startsWith("MQTT"))).toEqual(["malformed-messages", "subscription-rests"]);
    expect(answer(current)).toEqual(["b"]);
  });
});

function pong(connection: Connection): void {
  while (connection.unread[0]?.cmd === "pingreq") {
    connection.expect("pingreq");
    connection.send({ cmd: "pingresp" });
  }
}

/** A topic that its buffer cannot hold, with U+0000 near its end. */
function generateLong(length: number): Uint8Array {
  const bytes = Uint8Array.from(generate(publish(`a/b/${"x".repeat(length)}`, "", 0)));
  bytes[bytes.length - 10] = 0;
  return bytes;
}
