/**
 * A broker that does what a test says, step by step, in virtual time and without a byte on a real network.
 *
 *     const broker = new ScriptedBroker();
 *     const client = new Client({ ...broker.clientOptions, id: "mote" });
 *     client.open();
 *     const connection = broker.accept();
 *     connection.expect("connect", { clientId: "mote" });
 *     connection.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
 *
 * What the client sends is parsed by mqtt-packet, and must be the very bytes that mqtt-packet would write.
 */
import { expect } from "vitest";
import type { Peer } from "../../host-sim/core/network/link.js";
import { Network, type Station, type StationOptions } from "../../host-sim/core/network/network.js";
import { VirtualClock, type VirtualClockOptions } from "../../host-sim/core/world/clock.js";
import { RandomStream } from "../../host-sim/core/world/random.js";
import type { ClientPlatform } from "../../src/mqtt/api.js";
import { type Command, generate, type Packet, type PacketOf, PacketReader } from "./packets.js";

export interface ScriptedBrokerOptions extends StationOptions {
  readonly clock?: VirtualClock | VirtualClockOptions;
  readonly seed?: number | string;
  /**
   * Whether a client's introduction is shown as a connection: CONNECT with Clean Session and DISCONNECT behind it, by which
   * a client without a session of its own has a foreign one discarded. By default it is granted and kept out of the way.
   */
  readonly showsIntroductions?: boolean;
}

/** Virtual milliseconds that a step waits for what it expects; costs no real time. */
const PATIENCE = 5_000;

export class ScriptedBroker {
  readonly host = "broker.test";
  readonly address = "192.0.2.1";
  readonly port = 1883;
  readonly clock: VirtualClock;
  readonly network: Network;
  /** The client's way here; its rules are the network's faults. */
  readonly station: Station;
  readonly platform: ClientPlatform;
  /** All connections that were ever accepted. */
  readonly connections: Connection[] = [];
  #awaited = 0;
  #stopListening: (() => void) | undefined;
  readonly #showsIntroductions: boolean;

  constructor(options: ScriptedBrokerOptions = {}) {
    // The default starts a minute before the clock wraps around.
    this.clock =
      options.clock instanceof VirtualClock
        ? options.clock
        : new VirtualClock({ start: 0x7fff_ffff - 60_000, ...options.clock });
    this.#showsIntroductions = options.showsIntroductions === true;
    this.network = new Network({ clock: this.clock });
    this.network.name(this.host, this.address);
    this.station = this.network.station(options);
    const { openSocket, resolve } = this.station;
    this.platform = { clock: this.clock, openSocket, resolve, random: new RandomStream(options.seed ?? 1).random };
    this.start();
  }

  /** What a client needs to find this broker. */
  get clientOptions(): { platform: ClientPlatform; host: string; port: number } {
    return { platform: this.platform, host: this.host, port: this.port };
  }

  /** Takes connections; it does so from the beginning. */
  start(): void {
    this.#stopListening ??= this.network.listen(this.address, this.port, (peer) => {
      const connection = new Connection(this.clock, peer);
      if (this.#showsIntroductions) {
        this.connections.push(connection);
        return connection.callbacks;
      }
      return this.#afterIntroduction(connection);
    });
  }

  /** Grants an introduction; shows the connection once it turns out to be anything else. */
  #afterIntroduction(connection: Connection): Connection["callbacks"] {
    let isGranted = false;
    let isShown = false;
    const show = () => {
      if (isShown) return;
      isShown = true;
      this.connections.push(connection);
    };
    return {
      onBytes: (bytes) => {
        connection.callbacks.onBytes(bytes);
        const [first, second, third] = connection.packets;
        const isConnect = first === undefined || (first.cmd === "connect" && first.clean === true);
        const isDisconnect = second === undefined || (second.cmd === "disconnect" && third === undefined);
        if (connection.isBroken || !isConnect || !isDisconnect) show();
        else if (first !== undefined && !isGranted) {
          isGranted = true;
          connection.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
        }
      },
      onClose: (reason) => {
        connection.callbacks.onClose(reason);
        if (!isGranted) show();
      },
    };
  }

  /** Refuses connections. Those there are stay. */
  stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  /** Waits for the next connection that no `accept` has returned yet. */
  accept(within = PATIENCE): Connection {
    this.clock.runUntil(() => this.connections.length > this.#awaited, within);
    const connection = this.connections[this.#awaited];
    if (connection === undefined) return fail(`a connection within ${within} ms`, "none came");
    this.#awaited++;
    return connection;
  }

  /** Waits for the next connection and its CONNECT, and grants it. */
  welcome(options: { sessionPresent?: boolean; within?: number } = {}): Connection {
    const connection = this.accept(options.within);
    connection.expect("connect");
    connection.send({ cmd: "connack", returnCode: 0, sessionPresent: options.sessionPresent ?? false });
    this.settle();
    return connection;
  }

  /** Lets time pass during which nobody connects. */
  expectNoConnection(ms: number): void {
    if (this.clock.runUntil(() => this.connections.length > this.#awaited, ms))
      fail(`no connection within ${ms} ms`, "there was one");
  }

  /** Lets everything happen that is due, and what follows from it without delay. */
  settle(): void {
    this.clock.advance(0);
  }
}

export class Connection {
  readonly #clock: VirtualClock;
  readonly #peer: Peer;
  readonly #reader = new PacketReader();
  /** Every packet the client has sent. */
  readonly packets: Packet[] = [];
  /** Each `write` of the client, as long as no rule of the network cuts it. */
  readonly writes: Uint8Array[] = [];
  /** Why the connection has ended, once the client or the network has ended it. */
  closed: string | undefined;
  readonly callbacks = {
    onBytes: (bytes: Uint8Array): void => {
      this.writes.push(bytes);
      this.packets.push(...this.#reader.push(bytes));
    },
    onClose: (reason: string): void => {
      this.closed = reason;
    },
  };
  #read = 0;

  constructor(clock: VirtualClock, peer: Peer) {
    this.#clock = clock;
    this.#peer = peer;
  }

  /** The client has sent what is no packet. */
  get isBroken(): boolean {
    return this.#reader.failure !== undefined;
  }

  /** All bytes the client has sent. */
  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.writes));
  }

  /** Packets that no step has asked for yet. */
  get unread(): readonly Packet[] {
    return this.packets.slice(this.#read);
  }

  /**
   * Waits for the client's next packet, which must be of that kind and have these fields. A `payload` or `password` may be
   * given as text.
   */
  expect<C extends Command>(command: C, fields: Fields<C> = {}, within = PATIENCE): PacketOf<C> {
    const packet = this.next(within, command.toUpperCase());
    if (packet.cmd !== command) fail(command.toUpperCase(), `${describePacket(packet)} came`, this);
    expect(packet).toMatchObject(asBytes(fields));
    return packet as PacketOf<C>;
  }

  /** Waits for the client's next packet, whatever it is. */
  next(within = PATIENCE, expected = "a packet"): Packet {
    this.#clock.runUntil(() => this.#hasNews, within);
    const packet = this.packets[this.#read];
    if (packet !== undefined) {
      this.#read++;
      return packet;
    }
    if (this.#reader.failure !== undefined) return fail(expected, this.#reader.failure, this);
    if (this.closed !== undefined) return fail(expected, `the connection ended (${this.closed})`, this);
    return fail(expected, `nothing came within ${within} ms`, this);
  }

  /** Lets time pass during which the client sends nothing, not even part of a packet, and does not close. */
  expectNothing(ms: number): void {
    const before = this.writes.length;
    const happened = this.#clock.runUntil(() => this.#hasNews || this.writes.length > before, ms);
    if (!happened) return;
    const news = this.packets[this.#read];
    const what =
      news !== undefined ? describePacket(news) : (this.#reader.failure ?? this.closed ?? "part of a packet");
    fail(`nothing within ${ms} ms`, `${what} came`, this);
  }

  /** Waits for the client, or the network, to end the connection; nothing may come before that. */
  expectClosed(within = PATIENCE): void {
    this.#clock.runUntil(() => this.#hasNews, within);
    const news = this.packets[this.#read];
    if (news !== undefined) fail("the end of the connection", `${describePacket(news)} came`, this);
    if (this.#reader.failure !== undefined) fail("the end of the connection", this.#reader.failure, this);
    if (this.closed === undefined) fail("the end of the connection", `it did not end within ${within} ms`, this);
    if (this.#reader.partial > 0)
      fail(
        "the end of the connection",
        `it ended in the middle of a packet (${this.#reader.partial} bytes of it)`,
        this,
      );
  }

  /** Sends packets, in one piece. */
  send(...packets: Packet[]): void {
    this.sendBytes(Buffer.concat(packets.map((packet) => generate(packet))));
  }

  /** Sends what may be no packet at all. */
  sendBytes(bytes: Uint8Array | readonly number[]): void {
    this.#peer.push(Uint8Array.from(bytes));
  }

  /** Ends the connection behind what was sent. */
  close(): void {
    this.#peer.close();
  }

  /** Ends the connection at once: what is under way is lost. */
  reset(): void {
    this.#peer.reset();
  }

  /** Stops reading, so that the client's window fills. */
  pause(): void {
    this.#peer.pause();
  }

  resume(): void {
    this.#peer.resume();
  }

  get #hasNews(): boolean {
    return this.packets.length > this.#read || this.closed !== undefined || this.#reader.failure !== undefined;
  }
}

type Fields<C extends Command> = { [K in keyof PacketOf<C>]?: PacketOf<C>[K] | unknown };

/** mqtt-packet gives these fields as bytes. */
function asBytes(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if ((name === "payload" || name === "password") && value !== undefined)
        return [name, typeof value === "string" ? Buffer.from(value) : Buffer.from(value as Uint8Array)];
      return [name, name === "will" && value ? asBytes(value as object) : value];
    }),
  );
}

function describePacket(packet: Packet): string {
  const { cmd, ...rest } = packet;
  const text = JSON.stringify(rest, (_, value) =>
    value?.type === "Buffer" ? `${value.data.length} bytes` : value === null ? undefined : value,
  );
  return `${cmd.toUpperCase()} ${text.length > 200 ? `${text.slice(0, 200)}…` : text}`;
}

function fail(expected: string, instead: string, connection?: Connection): never {
  const before = connection?.packets.map(({ cmd }) => cmd.toUpperCase()).join(" ");
  throw new Error(`expected ${expected}, but ${instead}${before ? `; the client has sent: ${before}` : ""}`);
}
