import { beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../host-sim/core/world/clock.js";
import { Client } from "../../src/mqtt/index.js";
import type { SocketOptions } from "../../src/platform.js";
import { connack, generate, type Packet, PacketReader, PINGRESP } from "../support/packets.js";

/** A socket of a platform that goes on calling when it should not any more. */
class LateSocket {
  readonly packets: Packet[] = [];
  closed = false;
  readonly #reader = new PacketReader();
  #incoming: number[] = [];

  readonly options: SocketOptions;

  constructor(options: SocketOptions) {
    this.options = options;
  }

  open(): void {
    this.options.onWritable(4096);
  }

  say(packet: Packet): void {
    this.#incoming.push(...generate(packet));
    this.options.onReadable(this.#incoming.length);
  }

  read(into: Uint8Array): number {
    const bytes = this.#incoming.splice(0, into.length);
    into.set(bytes);
    return bytes.length;
  }

  write(bytes: Uint8Array): number {
    this.packets.push(...this.#reader.push(bytes.slice()));
    return 4096;
  }

  close(): void {
    this.closed = true;
  }
}

describe("what an old socket or resolver still says", () => {
  let clock: VirtualClock;
  let sockets: LateSocket[];
  let found: ((address: string | undefined) => void)[];
  let told: string[];
  let client: Client;
  /** Whether names are found at once. */
  let resolves: boolean;

  beforeEach(() => {
    clock = new VirtualClock({ start: 0 });
    sockets = [];
    found = [];
    told = [];
    resolves = true;
    client = new Client({
      platform: {
        clock,
        random: () => 0.5,
        resolve: (_host, callback) => {
          found.push(callback);
          if (resolves) clock.setTimer(() => callback("192.0.2.1"), 0);
        },
        openSocket: (options) => {
          const socket = new LateSocket(options);
          sockets.push(socket);
          return socket;
        },
      },
      host: "broker.test",
      id: "mote",
      clean: true,
      onConnected: () => told.push("connected"),
      onDisconnected: (error) => told.push(`disconnected ${error?.code}`),
      onError: ({ code }) => told.push(`error ${code}`),
    });
  });

  const last = () => sockets.at(-1) as LateSocket;
  const attempts = (count: number) => clock.runUntil(() => sockets.length >= count, 120_000);

  function connect(): LateSocket {
    attempts(sockets.length + 1);
    last().open();
    last().say(connack());
    return last();
  }

  it.each<[string, (old: LateSocket) => void]>([
    ["that it can be written to", (old) => old.options.onWritable(4096)],
    ["that bytes have come", (old) => old.options.onReadable(4)],
    ["that it was closed", (old) => old.options.onClose("reset")],
  ])("counts for nothing in the next connection: %s", (_what, late) => {
    client.open();
    const old = connect();
    old.options.onClose("reset");
    expect(old.closed).toBe(true);
    attempts(2);
    told.length = 0;
    // While the next one is being opened: it is not open by that, nor has it failed.
    late(old);
    expect(last().packets).toEqual([]);
    last().open();
    late(old);
    last().say(connack());
    late(old);
    clock.advance(1000);
    expect(told).toEqual(["connected"]);
    expect(client.connected).toBe(true);
    expect(sockets).toHaveLength(2);
    expect(last().packets.map(({ cmd }) => cmd)).toEqual(["connect"]);
    // It lives on its own bytes only: what the old one says does not put off its PINGREQ, nor answer it.
    for (let times = 0; times < 8; times++) {
      clock.advance(9000);
      late(old);
      if (last().packets.at(-1)?.cmd === "pingreq") last().say(PINGRESP);
    }
    expect(last().packets.map(({ cmd }) => cmd)).toEqual(["connect", "pingreq"]);
  });

  it.each<[string, (old: LateSocket) => void]>([
    ["that it can be written to", (old) => old.options.onWritable(4096)],
    ["that bytes have come", (old) => old.say(connack())],
    ["that it was closed", (old) => old.options.onClose("reset")],
  ])("counts for nothing after close(): %s", (_what, late) => {
    client.open();
    const old = connect();
    client.close();
    clock.advance(1000);
    told.length = 0;
    const packets = old.packets.length;
    late(old);
    clock.advance(300_000);
    expect(told).toEqual([]);
    expect(old.packets).toHaveLength(packets);
    expect(sockets).toHaveLength(1);
  });

  it("opens no socket when an address is found after the attempt has been given up, and fails no later attempt", () => {
    resolves = false;
    client.open();
    clock.runUntil(() => told.includes("disconnected connect-timeout"), 60_000);
    expect(sockets).toHaveLength(0);
    found[0]?.("192.0.2.1");
    expect(sockets).toHaveLength(0);
    clock.runUntil(() => found.length === 2, 60_000);
    told.length = 0;
    found[0]?.(undefined);
    found[0]?.("192.0.2.1");
    clock.advance(1);
    expect(told).toEqual([]);
    expect(sockets).toHaveLength(0);
    found[1]?.("192.0.2.1");
    expect(sockets).toHaveLength(1);
  });

  it("opens no socket when an address is found after close(), or after the network has gone", () => {
    resolves = false;
    client.open();
    clock.advance(1);
    client.link(false);
    clock.advance(1);
    found[0]?.("192.0.2.1");
    client.link(true);
    clock.advance(1);
    client.close();
    clock.advance(1);
    found[1]?.("192.0.2.1");
    clock.advance(300_000);
    expect(sockets).toHaveLength(0);
    expect(told).toEqual(["disconnected link-down", "disconnected undefined"]);
    expect(clock.pending).toBe(0);
  });
});
