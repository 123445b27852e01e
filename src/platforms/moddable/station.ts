/**
 * The device as a Wi-Fi station that looks after itself: looks for the best access point it knows, joins, watches, and
 * joins again after a pause. Knows nothing of the SDK but the shape of ECMA-419's Wi-Fi interface, so that its tests run
 * anywhere.
 */
import { asError, type Report } from "../../mote/errors.js";
import type { Clock, LinkState, NetworkLink, NetworkLinkOptions, Timer } from "../../platform.js";

/** `embedded:network/interface/wifi`: what is used of it. */
export interface WiFiInterface {
  /** 200 down, 300 connecting, 400 associated, 500 has an address. */
  readonly connection: number;
  readonly address?: string | undefined;
  readonly RSSI?: number | undefined;
  connect(options: { SSID: string; password?: string; channel?: number }): void;
  disconnect(): void;
  scan(options: { onFound(found: AccessPoint): void; onComplete(): void }): void;
  close(): void;
}

export interface AccessPoint {
  readonly SSID: string;
  readonly RSSI: number;
  readonly channel: number;
}

/** The interface, which exists before the station and lets one listen to it. */
export interface Radio {
  readonly wifi: WiFiInterface;
  onChanged: (() => void) | undefined;
}

export interface Network {
  readonly SSID: string;
  readonly password?: string | undefined;
}

const ASSOCIATED = 400;
const CONNECTED = 500;

/** Milliseconds. */
const SCAN_TIMEOUT = 15_000;
const JOIN_TIMEOUT = 30_000;
/** The SDK tells of no lost address, and not of every lost connection: so look. */
const WATCH = 5_000;
/**
 * Before the next attempt; doubled at each failure. Never under half a second: the late event of a disconnect would
 * otherwise count for the connect behind it.
 */
const LEAST_PAUSE = 1_000;
const MOST_PAUSE = 60_000;
/** A connection that lasted so long was good: the pause starts over. */
const STABLE = 30_000;

const RESTING = 0;
const SCANNING = 1;
const JOINING = 2;
const UP = 3;
const CLOSED = 4;

export class Station implements NetworkLink {
  readonly #radio: Radio;
  readonly #networks: readonly Network[];
  readonly #clock: Clock;
  readonly #report: Report;
  readonly #options: NetworkLinkOptions;
  #phase = RESTING;
  #state: LinkState = "down";
  #timer: Timer | undefined;
  #pause = LEAST_PAUSE;
  #upSince = 0;
  /** Counts attempts: what an earlier scan still finds is not for this one. */
  #attempt = 0;
  #network: Network;
  /** The strongest access point of a known network that this attempt's scan has found. */
  #best: AccessPoint | undefined;
  #associated = false;
  /** The network to try when none is heard: a hidden one does not answer a scan. */
  #turn = 0;

  /** @param networks at least one */
  constructor(radio: Radio, networks: readonly Network[], clock: Clock, report: Report, options: NetworkLinkOptions) {
    this.#radio = radio;
    this.#networks = networks;
    this.#network = networks[0] as Network;
    this.#clock = clock;
    this.#report = report;
    this.#options = options;
    radio.onChanged = () => this.#look();
    this.#arm(0, () => this.#seek());
  }

  get state(): LinkState {
    return this.#state;
  }

  get rssi(): number | undefined {
    return this.#phase === UP ? this.#radio.wifi.RSSI : undefined;
  }

  get address(): string | undefined {
    return this.#phase === UP ? this.#radio.wifi.address : undefined;
  }

  close(): void {
    if (this.#phase === CLOSED) return;
    this.#phase = CLOSED;
    this.#state = "down";
    this.#disarm();
    this.#radio.onChanged = undefined;
    this.#disconnect();
  }

  #seek(): void {
    this.#phase = SCANNING;
    this.#best = undefined;
    this.#associated = false;
    const attempt = ++this.#attempt;
    this.#change("joining", `looking for ${this.#networks.map(({ SSID }) => SSID).join(", ")}`);
    this.#arm(SCAN_TIMEOUT, () => this.#join());
    try {
      this.#radio.wifi.scan({
        onFound: (found) => {
          if (attempt === this.#attempt) this.#consider(found);
        },
        onComplete: () => {
          if (attempt === this.#attempt && this.#phase === SCANNING) this.#arm(0, () => this.#join());
        },
      });
    } catch (error) {
      this.#report(error, "wifi");
      this.#arm(0, () => this.#join());
    }
  }

  #consider(found: AccessPoint): void {
    if (this.#best !== undefined && found.RSSI <= this.#best.RSSI) return;
    const network = this.#networks.find(({ SSID }) => SSID === found.SSID);
    if (network === undefined) return;
    this.#network = network;
    const { SSID, RSSI, channel } = found;
    this.#best = { SSID, RSSI, channel };
  }

  #join(): void {
    const best = this.#best;
    this.#phase = JOINING;
    if (best === undefined) this.#network = this.#networks[this.#turn++ % this.#networks.length] as Network;
    const { SSID, password } = this.#network;
    this.#arm(JOIN_TIMEOUT, () => this.#fail(this.#timedOut()));
    try {
      this.#radio.wifi.connect({
        SSID,
        ...(password !== undefined && { password }),
        ...(best !== undefined && { channel: best.channel }),
      });
    } catch (error) {
      this.#fail(`cannot join ${SSID}: ${asError(error).message}`);
    }
  }

  /** The connection may have changed. */
  #look(): void {
    const { connection, address } = this.#radio.wifi;
    if (this.#phase === JOINING) {
      if (connection >= CONNECTED) this.#joined();
      else if (connection >= ASSOCIATED) this.#associated = true;
      else if (connection < 300) this.#fail(this.#refused());
    } else if (this.#phase === UP && (connection < CONNECTED || address === undefined)) {
      this.#fail(
        connection < ASSOCIATED ? `lost ${this.#network.SSID}` : `lost the address from ${this.#network.SSID}`,
      );
    }
  }

  #joined(): void {
    this.#phase = UP;
    this.#upSince = this.#clock.now();
    this.#watch();
    this.#change("up", `joined ${this.#network.SSID} as ${this.#radio.wifi.address}`);
  }

  #watch(): void {
    this.#arm(WATCH, () => {
      if (((this.#clock.now() - this.#upSince) | 0) >= STABLE) this.#pause = LEAST_PAUSE;
      this.#watch();
      this.#look();
    });
  }

  /** The SDK does not pass on why a join failed: what can be inferred. */
  #refused(): string {
    const { SSID } = this.#network;
    if (this.#associated) return `${SSID} accepted the device and let it go before it had an address`;
    return this.#best === undefined
      ? `${SSID} is not heard: wrong name, out of range, or only on 5 GHz`
      : `${SSID} (${this.#best.RSSI} dBm) refused: most likely the password`;
  }

  #timedOut(): string {
    const { SSID } = this.#network;
    return this.#associated ? `${SSID} gave no address (DHCP)` : `${SSID} did not answer`;
  }

  #fail(reason: string): void {
    this.#phase = RESTING;
    this.#disconnect();
    const pause = this.#pause;
    this.#pause = Math.min(pause * 2, MOST_PAUSE);
    this.#arm(pause, () => this.#seek());
    this.#change("down", `${reason}; next attempt in ${pause / 1000} s`);
  }

  #disconnect(): void {
    try {
      this.#radio.wifi.disconnect();
    } catch (error) {
      this.#report(error, "wifi");
    }
  }

  #change(state: LinkState, detail: string): void {
    this.#state = state;
    this.#options.onChanged(state, detail);
  }

  #arm(delay: number, act: () => void): void {
    this.#disarm();
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      act();
    }, delay);
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
