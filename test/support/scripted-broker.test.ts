import { beforeEach, describe, expect, it } from "vitest";
import { latency, slicer } from "../../host-sim/core/network/rules.js";
import type { Socket } from "../../src/platform.js";
import { generate, type Packet } from "./packets.js";
import { ScriptedBroker } from "./scripted-broker.js";

const CONNECT = {
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clientId: "mote",
  clean: true,
  keepalive: 60,
};
const PINGREQ = { cmd: "pingreq" };

describe("scripted broker", () => {
  let broker: ScriptedBroker;
  let socket: Socket;
  let received: number[];
  let closed: string | undefined;

  beforeEach(() => {
    broker = new ScriptedBroker({ showsIntroductions: true });
    received = [];
    closed = undefined;
  });

  function open(...packets: object[]): void {
    socket = broker.platform.openSocket({
      host: broker.host,
      address: broker.address,
      port: broker.port,
      onWritable: () => {
        if (packets.length > 0) send(...packets.splice(0));
      },
      onReadable: (count) => {
        const into = new Uint8Array(count);
        socket.read(into);
        received.push(...into);
      },
      onClose: (reason) => {
        closed = reason ?? "closed";
      },
    });
  }

  function send(...packets: object[]): void {
    for (const packet of packets) socket.write(generate(packet as Packet));
  }

  it("takes a connection, sees its packets and answers", () => {
    open(CONNECT);
    const connection = broker.accept();
    expect(connection.expect("connect", { clientId: "mote" }).keepalive).toBe(60);
    connection.send({ cmd: "connack", returnCode: 0, sessionPresent: true });
    broker.settle();
    expect(received).toEqual([0x20, 2, 1, 0]);
  });

  it("finds packets however the network cuts them and joins them", () => {
    broker.station.rules.add(slicer(3, 0, 10));
    broker.station.rules.add(latency(50));
    open(
      CONNECT,
      { cmd: "publish", topic: "a/b", payload: "hello", qos: 1, messageId: 7, dup: false, retain: true },
      PINGREQ,
    );
    const connection = broker.accept();
    connection.expect("connect");
    connection.expect("publish", { topic: "a/b", payload: "hello", qos: 1, messageId: 7, retain: true });
    connection.expect("pingreq");
    connection.expectNothing(1000);
  });

  it("waits in virtual time", () => {
    open(CONNECT);
    const connection = broker.welcome();
    broker.clock.setTimer(() => send(PINGREQ), 60_000);
    const before = broker.clock.elapsed;
    connection.expectNothing(59_999);
    connection.expect("pingreq", {}, 1);
    expect(broker.clock.elapsed - before).toBe(60_000);
  });

  it("says what came instead", () => {
    open(CONNECT, PINGREQ);
    const connection = broker.welcome();
    expect(() => connection.expect("disconnect")).toThrow(
      /^expected DISCONNECT, but PINGREQ .*came; the client has sent: CONNECT PINGREQ$/,
    );
    expect(() => connection.expect("puback")).toThrow("expected PUBACK, but nothing came within 5000 ms");
    send(PINGREQ);
    expect(() => connection.expectNothing(10)).toThrow(/^expected nothing within 10 ms, but PINGREQ/);
    expect(() => connection.expectClosed()).toThrow(/^expected the end of the connection, but PINGREQ/);
  });

  it("compares fields, payloads given as text too", () => {
    open(CONNECT, { cmd: "publish", topic: "t", payload: "hello", qos: 0, dup: false, retain: false });
    const connection = broker.welcome();
    expect(() => connection.expect("publish", { payload: "hullo" })).toThrow();
  });

  it.each([
    ["a length written too long", [0xc0, 0x80, 0x00], /PINGREQ has the bytes c0 80 00; mqtt-packet writes c0 00/],
    ["wrong flags", [0xc1, 0], /bytes that are no packet: c1 00/],
    ["a length of five bytes", [0x30, 0xff, 0xff, 0xff, 0xff, 1], /bytes that are no packet: 30 ff ff ff ff/],
  ])("refuses %s", (_, bytes, message) => {
    open(CONNECT);
    const connection = broker.welcome();
    socket.write(Uint8Array.from(bytes));
    expect(() => connection.next()).toThrow(message);
    expect(() => connection.expectNothing(1)).toThrow(message);
    expect(() => connection.expectClosed()).toThrow(message);
  });

  it("notices part of a packet", () => {
    open(CONNECT);
    const connection = broker.welcome();
    socket.write(Uint8Array.of(0xc0));
    expect(() => connection.expectNothing(10)).toThrow("part of a packet came");
    socket.close();
    expect(() => connection.expectClosed()).toThrow("in the middle of a packet (1 bytes of it)");
  });

  it("sees the client close, and can close itself", () => {
    open(CONNECT);
    const first = broker.welcome();
    socket.close();
    first.expectClosed();
    expect(first.closed).toBe("closed");

    open(CONNECT);
    const second = broker.welcome();
    second.send({ cmd: "pingresp" });
    second.close();
    broker.settle();
    expect(received.slice(-2)).toEqual([0xd0, 0]);
    expect(closed).toBe("closed by peer");
  });

  it("refuses connections while it is stopped, and sees none", () => {
    broker.stop();
    open(CONNECT);
    broker.expectNoConnection(1000);
    expect(closed).toBe("connection refused");
    broker.start();
    open(CONNECT);
    expect(() => broker.expectNoConnection(1000)).toThrow("expected no connection within 1000 ms, but there was one");
    broker.welcome();
    expect(() => broker.accept(10)).toThrow("expected a connection within 10 ms, but none came");
  });

  it("keeps introductions to itself unless it is told to show them, and nothing else", () => {
    broker = new ScriptedBroker();
    open(CONNECT);
    broker.expectNoConnection(1000);
    expect(received).toEqual([0x20, 2, 0, 0]);
    send({ cmd: "disconnect" });
    socket.close();
    broker.expectNoConnection(1000);

    open({ ...CONNECT, clean: false });
    broker.accept().expect("connect", { clean: false });
    open();
    broker.expectNoConnection(1000);
    socket.write(Uint8Array.of(0xf0, 0));
    expect(() => broker.accept().next()).toThrow("bytes that are no packet: f0 00");

    open(CONNECT);
    broker.expectNoConnection(1000);
    send(PINGREQ);
    const connection = broker.accept();
    connection.expect("connect", { clean: true });
    connection.expect("pingreq");
  });

  it("is found by its name, and no other is", () => {
    const found: (string | undefined)[] = [];
    for (const host of ["broker.test", "nobody.test", "10.0.0.7"]) broker.platform.resolve(host, (a) => found.push(a));
    broker.settle();
    expect(found).toEqual(["192.0.2.1", undefined, "10.0.0.7"]);
  });
});
