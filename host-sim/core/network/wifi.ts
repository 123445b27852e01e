/** Wi-Fi as a node sees it: joining takes its time, the signal varies, and the network may go. */
import type { Clock, LinkState, NetworkLink, NetworkLinkOptions, OpenNetworkLink } from "../../../src/platform.js";
import type { RandomStream } from "../world/random.js";

export interface WifiOptions {
  readonly clock: Clock;
  readonly random: RandomStream;
  /** Received signal strength in dBm at this moment. */
  signal(): number;
  /** Told when sockets can reach the network, and when no more. */
  onOnline?(online: boolean): void;
  /** Default `motewire`. */
  readonly network?: string;
  /** The address that the node is given. Default 192.168.4.23. */
  readonly address?: string;
  /** Milliseconds from the start of an attempt to an address, shortest and longest. Default 900 to 3,500. */
  readonly joinTime?: readonly [number, number];
  /** Milliseconds from a loss or a failed attempt to the next one; doubled by each failure up to the second. */
  readonly retryTime?: readonly [number, number];
}

/** The radio and the access point of one node. Outlives the node's restarts. */
export class SimulatedWifi {
  readonly open: OpenNetworkLink = (options) => this.#open(options);
  readonly #options: WifiOptions;
  #link: WifiLink | undefined;
  #available = true;

  constructor(options: WifiOptions) {
    this.#options = options;
  }

  /** Whether the access point can be joined. */
  get available(): boolean {
    return this.#available;
  }

  set available(available: boolean) {
    this.#available = available;
    if (!available) this.lose("access point gone");
  }

  /** The connection is lost. The station tries to join again by itself. */
  lose(reason: string): void {
    this.#link?.lose(reason);
  }

  /** The node has lost power or starts anew: its link says no more. */
  powerOff(): void {
    this.#link?.close();
    this.#link = undefined;
  }

  #open(linkOptions: NetworkLinkOptions): NetworkLink {
    if (this.#link !== undefined && !this.#link.closed) throw new Error("Wi-Fi is in use: close its other link first");
    this.#link = new WifiLink(this.#options, linkOptions, () => this.#available);
    return this.#link;
  }
}

class WifiLink implements NetworkLink {
  closed = false;
  readonly #wifi: Required<Pick<WifiOptions, "network" | "address" | "joinTime" | "retryTime">> & WifiOptions;
  readonly #options: NetworkLinkOptions;
  readonly #available: () => boolean;
  #state: LinkState = "down";
  #timer: unknown;
  #retryTime: number;

  constructor(wifi: WifiOptions, options: NetworkLinkOptions, available: () => boolean) {
    this.#wifi = {
      network: "motewire",
      address: "192.168.4.23",
      joinTime: [900, 3500],
      retryTime: [1000, 30_000],
      ...wifi,
    };
    this.#options = options;
    this.#available = available;
    this.#retryTime = this.#wifi.retryTime[0];
    this.#after(0, () => this.#join());
  }

  get state(): LinkState {
    return this.#state;
  }

  get rssi(): number | undefined {
    return this.#state === "up" ? Math.round(this.#wifi.signal()) : undefined;
  }

  get address(): string | undefined {
    return this.#state === "up" ? this.#wifi.address : undefined;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#clear();
    const wasUp = this.#state === "up";
    this.#state = "down";
    if (wasUp) this.#wifi.onOnline?.(false);
  }

  lose(reason: string): void {
    if (this.closed || this.#state === "down") return;
    this.#after(0, () => this.#retry(reason));
  }

  #join(): void {
    const { network, joinTime, random } = this.#wifi;
    const time = random.integer(joinTime[0], joinTime[1]);
    this.#after(time, () => {
      if (this.#available()) this.#joined();
      else this.#retry(`${network} not found`);
    });
    this.#change("joining", network);
  }

  #joined(): void {
    this.#retryTime = this.#wifi.retryTime[0];
    this.#wifi.onOnline?.(true);
    this.#change("up", this.#wifi.network);
  }

  #retry(reason: string): void {
    this.#after(this.#retryTime, () => this.#join());
    this.#retryTime = Math.min(2 * this.#retryTime, this.#wifi.retryTime[1]);
    if (this.#state === "up") this.#wifi.onOnline?.(false);
    this.#change("down", reason);
  }

  #change(state: LinkState, detail: string): void {
    this.#state = state;
    this.#options.onChanged(state, detail);
  }

  #after(ms: number, callback: () => void): void {
    this.#clear();
    this.#timer = this.#wifi.clock.setTimer(callback, ms);
  }

  #clear(): void {
    if (this.#timer !== undefined) this.#wifi.clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
