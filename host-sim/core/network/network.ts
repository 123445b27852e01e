/** The network of a simulation: who listens, which names are known, and a station for each node that is on it. */
import type { Clock, OpenSocket, Resolve, Socket, SocketOptions } from "../../../src/platform.js";
import { type Accept, Link } from "./link.js";
import { type Rule, RuleSet } from "./rules.js";

export interface NetworkOptions {
  readonly clock: Clock;
}

export interface StationOptions {
  /** Bytes that a socket takes before the first of them has arrived. Default 1,536, as Moddable on Linux. */
  readonly window?: number;
  /** Bytes that can lie unread before the peer must wait. Default 5,760: an ESP32's TCP_WND. */
  readonly receiveWindow?: number;
  /** Bytes that can lie at a peer that has paused. Default 65,535. */
  readonly peerWindow?: number;
  /** Rules in force from the start. */
  readonly rules?: readonly Rule[];
}

export class Network {
  readonly clock: Clock;
  readonly #listeners = new Map<string, Accept>();
  readonly #names = new Map<string, string>();

  constructor(options: NetworkOptions) {
    this.clock = options.clock;
  }

  /** Takes connections at an address and port. @returns what stops that; connections stay */
  listen(address: string, port: number, accept: Accept): () => void {
    const key = `${address}:${port}`;
    if (this.#listeners.has(key)) throw new Error(`somebody listens at ${key} already`);
    this.#listeners.set(key, accept);
    return () => {
      if (this.#listeners.get(key) === accept) this.#listeners.delete(key);
    };
  }

  /** Gives a name an address, or takes it away. */
  name(name: string, address: string | undefined): void {
    if (address === undefined) this.#names.delete(name.toLowerCase());
    else this.#names.set(name.toLowerCase(), address);
  }

  station(options: StationOptions = {}): Station {
    return new Station(this, options);
  }

  /** @internal */
  listener(address: string, port: number): Accept | undefined {
    return this.#listeners.get(`${address}:${port}`);
  }

  /** @internal */
  address(host: string): string | undefined {
    return isAddress(host) ? host : this.#names.get(host.toLowerCase());
  }
}

/** One node's way to the network: its sockets, its resolver and the rules that spoil them. */
export class Station {
  readonly rules: RuleSet;
  readonly openSocket: OpenSocket = (options) => this.#open(options);
  readonly resolve: Resolve = (host, found) => {
    const { clock } = this.#network;
    clock.setTimer(() => found(this.online || isAddress(host) ? this.#network.address(host) : undefined), 0);
  };
  readonly #network: Network;
  readonly #windows: { window: number; receiveWindow: number; peerWindow: number };
  readonly #links = new Set<Link>();
  #connections = 0;

  constructor(network: Network, options: StationOptions) {
    const { window = 1536, receiveWindow = 5760, peerWindow = 65_535 } = options;
    for (const [name, size] of Object.entries({ window, receiveWindow, peerWindow }))
      if (!(Number.isInteger(size) && size >= 1)) throw new RangeError(`${name} is ${size}: must be 1 byte or more`);
    this.#network = network;
    this.#windows = { window, receiveWindow, peerWindow };
    this.rules = new RuleSet(options.rules);
  }

  /** Connections that were asked for, ever. */
  get connections(): number {
    return this.#connections;
  }

  /** Connections that something may still happen on, oldest first. */
  get links(): readonly Link[] {
    return [...this.#links];
  }

  get online(): boolean {
    return !this.rules.offline;
  }

  /** Whether there is a network at all. Without one, connections stand still and new ones fail. */
  set online(online: boolean) {
    this.rules.offline = !online;
  }

  /** The network ends all connections, for both sides. */
  cut(how: "close" | "reset" = "reset"): void {
    for (const link of this.links) link.cut(how);
  }

  /** The node has lost power: its connections are gone without a word. @param arrives as {@link Link.vanish} */
  vanish(arrives = false): void {
    for (const link of this.links) link.vanish(arrives);
  }

  #open(socketOptions: SocketOptions): Socket {
    const { address, port } = socketOptions;
    this.#connections++;
    const link: Link = new Link(
      {
        ...this.#windows,
        clock: this.#network.clock,
        rules: this.rules,
        connection: this.#connections,
        accept: () => this.#network.listener(address, port),
        onDone: () => this.#links.delete(link),
      },
      socketOptions,
    );
    this.#links.add(link);
    if (!this.online) link.cut("reset", "no network");
    return link.socket;
  }
}

function isAddress(host: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || host.includes(":");
}
