import { describe, expect, it } from "vitest";
import type { ClientOptions } from "../../src/mqtt/api.js";
import { Client, MqttError } from "../../src/mqtt/index.js";
import { connack, publish } from "../support/packets.js";
import { Rig, type RigOptions, thrownBy } from "../support/rig.js";
import { ScriptedBroker } from "../support/scripted-broker.js";

describe("CONNECT", () => {
  it("asks for a session that lasts and a keepalive of a minute", () => {
    const rig = new Rig();
    rig.client.open();
    const packet = rig.broker.accept().expect("connect");
    expect(packet).toMatchObject({
      protocolId: "MQTT",
      protocolVersion: 4,
      clientId: "mote",
      clean: false,
      keepalive: 60,
    });
    expect(packet.will).toBeUndefined();
    expect(packet.username).toBeUndefined();
    expect(packet.password).toBeUndefined();
  });

  it("says what the options say", () => {
    const will = { topic: "status", message: "off\u0000line", QoS: 2, retain: true } as const;
    const rig = new Rig({ id: "möte", user: "grüße", password: "p", clean: true, keepAlive: 1500, will });
    rig.client.open();
    rig.broker.accept().expect("connect", {
      clientId: "möte",
      username: "grüße",
      password: "p",
      clean: true,
      keepalive: 2,
      will: { topic: "status", payload: "off\u0000line", qos: 2, retain: true },
    });
  });

  it("takes bytes for password and will message, and empty ones", () => {
    const password = Uint8Array.of(0, 255, 128);
    const rig = new Rig({ id: "", clean: true, user: "", password, will: { topic: "w", message: "" } });
    rig.client.open();
    const packet = rig.broker.accept().expect("connect", {
      clientId: "",
      username: "",
      password,
      will: { topic: "w", payload: "", qos: 0, retain: false },
    });
    expect(packet.keepalive).toBe(60);
  });

  it("has no will where it only has a session discarded: the broker may end that connection before DISCONNECT is read", () => {
    const rig = new Rig({ user: "u", will: { topic: "status", message: "offline" } }, { showsIntroductions: true });
    rig.client.open();
    const discarding = rig.broker.accept();
    const { will } = discarding.expect("connect", { clean: true, clientId: "mote", username: "u" });
    expect(will).toBeUndefined();
    discarding.send(connack());
    discarding.expect("disconnect");
    const next = rig.broker.accept();
    expect(next.expect("connect", { clean: false }).will).toMatchObject({ topic: "status" });
    next.send(connack());
    rig.settle();
    expect(rig.client.connected).toBe(true);
  });

  it("is all that is sent until CONNACK", () => {
    const rig = new Rig();
    rig.client.subscribe("a", {}, rig.handler);
    rig.client.publish("a", "x", { QoS: 1 });
    rig.client.open();
    const connection = rig.broker.accept();
    connection.expect("connect");
    connection.expectNothing(15_000);
    expect(rig.client.connected).toBe(false);
    connection.send(connack());
    connection.expect("subscribe");
    connection.expect("publish");
  });
});

describe("CONNACK", () => {
  it.each([false, true])("tells whether the session was present: %s", (sessionPresent) => {
    const rig = new Rig({ foreignSession: "random" });
    rig.client.open();
    rig.broker.welcome({ sessionPresent });
    expect(rig.news()).toEqual([["connected", sessionPresent]]);
    expect(rig.client.connected).toBe(true);
  });

  it.each([
    [1, "unacceptable protocol version"],
    [2, "client identifier rejected"],
    [3, "server unavailable"],
    [4, "bad user name or password"],
    [5, "not authorized"],
  ])("with return code %i is told in words: %s", (returnCode, words) => {
    const rig = new Rig();
    rig.client.open();
    const connection = rig.broker.accept();
    connection.expect("connect");
    connection.send(connack(false, returnCode));
    connection.expectClosed();
    expect(rig.news()).toEqual([["disconnected", "refused", expect.any(Number)]]);
    expect(rig.errors[0]).toMatchObject({ kind: "peer", message: expect.stringContaining(words) });
    expect(rig.client.connected).toBe(false);
    rig.broker.welcome({ within: 2000 });
  });
});

describe("a session that the broker holds and the client does not know", () => {
  it("is discarded by a connection with Clean Session in front of the first, unseen by the application", () => {
    const rig = new Rig({}, { showsIntroductions: true });
    rig.client.publish("a", "mine", { QoS: 1 });
    rig.client.open();
    const first = rig.broker.accept();
    first.expect("connect", { clean: true, clientId: "mote" });
    first.send(connack(), publish("a", "not for us", 1, 1));
    first.expect("disconnect");
    first.expectClosed();
    const second = rig.broker.accept(0);
    second.expect("connect", { clean: false });
    second.send(connack());
    second.expect("publish", { payload: "mine", dup: false });
    expect(rig.news()).toEqual([["connected", false]]);
    // From now on the session is its own.
    second.reset();
    rig.broker.accept(2000).expect("connect", { clean: false });
  });

  it("is discarded anew when that was interrupted, or undone before the session was begun", () => {
    const rig = new Rig({}, { showsIntroductions: true });
    rig.client.open();
    for (let n = 0; n < 3; n++) {
      const first = rig.broker.accept(10_000);
      first.expect("connect", { clean: true });
      if (n === 0) {
        first.reset();
        continue;
      }
      first.send(connack());
      first.expect("disconnect");
      const second = rig.broker.accept();
      second.expect("connect", { clean: false });
      if (n === 2) second.send(connack());
      else second.send(connack(true));
    }
    rig.settle();
    expect(rig.client.connected).toBe(true);
    expect(rig.news("disconnected").map(([, code]) => code)).toEqual(["connection-closed", "foreign-session"]);
    expect(rig.errors[1]?.kind).toBe("peer");
  });

  it("does not make the client turn in circles when the broker cannot forget it", () => {
    const rig = new Rig({}, { showsIntroductions: true });
    rig.client.open();
    for (let n = 0; n < 40; n++) {
      const connection = rig.broker.accept(70_000);
      const { clean } = connection.expect("connect");
      expect(clean).toBe(n % 2 === 0);
      connection.send(connack(!clean));
      if (clean) connection.expect("disconnect");
      connection.expectClosed();
    }
    expect(rig.news("disconnected")).toHaveLength(20);
    expect(new Set(rig.errors.map(({ code }) => code))).toEqual(new Set(["foreign-session"]));
    expect(rig.broker.clock.elapsed).toBeGreaterThan(60_000);
  });

  it("is kept with foreignSession random: identifiers start anywhere, what it delivers is taken", () => {
    const ids = new Set<number>();
    for (let seed = 1; seed <= 8; seed++) {
      const rig = new Rig({ foreignSession: "random" }, { seed });
      rig.client.open();
      const connection = rig.broker.welcome({ sessionPresent: true });
      rig.publish("a", "x");
      ids.add(connection.expect("publish", { dup: false }).messageId as number);
      connection.sendBytes([0x3a, 6, 0, 1, 0x61, 0, 9, 0x78]);
      connection.expect("puback", { messageId: 9 });
      connection.sendBytes([0x62, 2, 0, 5]);
      connection.expect("pubcomp", { messageId: 5 });
      expect(rig.messages).toMatchObject([{ text: "x", duplicate: true }]);
    }
    expect(ids.size).toBe(8);
    for (const id of ids) expect(id).toBeGreaterThan(0);
  });

  it("is an offence after Clean Session", () => {
    const rig = new Rig({ clean: true });
    rig.client.open();
    rig.broker.welcome({ sessionPresent: true }).expectClosed();
    expect(rig.errors[0]).toMatchObject({ kind: "peer", code: "MQTT-3.2.2-1" });
  });

  it("is its own once a connection has been accepted", () => {
    const rig = new Rig();
    rig.reconnect(rig.connect(), { sessionPresent: true });
    expect(rig.client.connected).toBe(true);
    expect(rig.broker.connections).toHaveLength(2);
  });
});

describe("a client", () => {
  const broker = new ScriptedBroker();
  const made = (options: Partial<ClientOptions>) => () =>
    new Client({ ...broker.clientOptions, id: "mote", ...options });

  it.each<[string, Partial<ClientOptions>, string]>([
    ["no host", { host: "" }, "option host must be a name or address alone"],
    ["a port out of range", { port: 65_536 }, "option port must be a whole number from 1 to 65535, not 65536"],
    ["an empty id without clean", { id: "" }, "option id may be empty only with option clean"],
    ["an id with U+0000", { id: "a\u0000" }, "option id holds U+0000 or half a surrogate pair"],
    ["an id that is too long", { id: "x".repeat(65_536) }, "option id is longer than 65,535 bytes"],
    ["a user with a lone surrogate", { user: "\ud800" }, "option user holds U+0000 or half a surrogate pair"],
    ["a password without user", { password: "p" }, "option password needs option user"],
    ["a password that is too long", { user: "u", password: new Uint8Array(65_536) }, "option password is longer"],
    ["a password with a lone surrogate", { user: "u", password: "\udc00" }, "option password holds half a surrogate"],
    ["a will to a filter", { will: { topic: "a/#", message: "" } }, 'the topic "a/#" holds a wildcard'],
    ["a will with QoS 3", { will: { topic: "a", message: "", QoS: 3 as 2 } }, "option QoS must be 0, 1 or 2, not 3"],
    ["a will too long", { will: { topic: "a", message: new Uint8Array(65_536) } }, "option will.message is longer"],
    ["a keepAlive too long", { keepAlive: 65_535_001 }, "option keepAlive must be a whole number from 0 to 65535000"],
    ["a keepAlive that is no number", { keepAlive: Number.NaN }, "option keepAlive must be a whole number"],
    ["a window of 0", { window: 0 }, "option window must be a whole number from 1"],
    ["a half message window", { window: 1.5 }, "option window must be a whole number"],
    ["a receive buffer too small", { receiveBuffer: 63 }, "option receiveBuffer must be a whole number from 64"],
    ["a maximum backoff below its minimum", { backoff: { minimum: 10, maximum: 9 } }, "option backoff.maximum must be"],
  ])("refuses %s", (_, options, message) => {
    const error = thrownBy(made(options));
    expect(error).toBeInstanceOf(MqttError);
    expect(error.kind).toBe("misuse");
    expect(error.message).toContain(message);
  });

  it.each<RigOptions>([
    { id: "x".repeat(65_535) },
    { user: "", password: "" },
    { keepAlive: 65_535_000 },
    { user: "u", password: new Uint8Array(65_535) },
  ])("takes options up to their bounds", (options) => {
    const rig = new Rig(options);
    rig.connect();
    expect(rig.client.connected).toBe(true);
  });
});
