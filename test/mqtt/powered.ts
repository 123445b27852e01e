/**
 * A client on a machine whose power can fail at every change of its store, before it or after it, with an honest broker at
 * the other end and somebody beside them who writes down what was accepted, what arrived and what was handed over.
 */
import { expect } from "vitest";
import { Network, type Station } from "../../host-sim/core/network/network.js";
import { type Commit, MemoryStore } from "../../host-sim/core/storage/memory-store.js";
import { VirtualClock } from "../../host-sim/core/world/clock.js";
import { Boot, Halted } from "../../host-sim/core/world/machine.js";
import { SimulatedPins } from "../../host-sim/core/world/pins.js";
import { RandomStream } from "../../host-sim/core/world/random.js";
import type { ClientOptions, Outcome, QoS } from "../../src/mqtt/api.js";
import { Client, type MqttError } from "../../src/mqtt/index.js";
import { StorageFailure } from "../../src/platforms/storage-error.js";
import { AutoBroker } from "../support/auto-broker.js";

const ADDRESS = "192.0.2.1";
const ID = "mote";

/** Where power fails: at the so-manieth change of the store, counted from 1. */
export interface Cut {
  readonly commit: number;
  readonly when: "before" | "after";
}

/** From which change of the store on it refuses so many, and how. */
export interface Refusal {
  readonly commit: number;
  readonly count: number;
  readonly how: "full" | "failed" | "failed, but done";
}

export interface Accepted {
  readonly token: number;
  readonly payload: string;
  readonly QoS: QoS;
}

export interface HandOver {
  readonly payload: string;
  readonly QoS: QoS;
  readonly token: number;
  /** Counts the machine's starts. */
  readonly boot: number;
}

export class PoweredClient {
  readonly clock = new VirtualClock({ start: 0x7fff_ffff - 60_000 });
  readonly broker = new AutoBroker();
  readonly store: MemoryStore;
  readonly accepted: Accepted[] = [];
  /** Payloads that the client did not accept. */
  readonly refused: string[] = [];
  readonly published: [token: number, outcome: Outcome][] = [];
  readonly handedOver: HandOver[] = [];
  readonly errors: MqttError[] = [];
  /** Starts of the machine so far. */
  boots = 0;
  client!: Client;
  readonly station: Station;
  readonly #options: Partial<ClientOptions>;
  #boot!: Boot;

  constructor(fault: Cut | Refusal | undefined, options: Partial<ClientOptions> = {}) {
    const at = (when: Cut["when"]) => (commit: Commit) => {
      if (fault === undefined) return;
      if ("how" in fault) {
        refuse(fault, commit, when);
        return;
      }
      if (fault.commit !== commit.number || fault.when !== when) return;
      this.#boot.halt();
      throw new Halted();
    };
    this.store = new MemoryStore({ before: at("before"), after: at("after") });
    this.#options = options;
    const network = new Network({ clock: this.clock });
    network.listen(ADDRESS, 1883, this.broker.accept);
    this.station = network.station();
    this.#start();
  }

  #start(): void {
    const boot = ++this.boots;
    const { openSocket, resolve } = this.station;
    const { random } = new RandomStream(`boot ${boot}`);
    this.#boot = new Boot(
      {
        board: "bench",
        machine: { id: "24a1608bf3c0", random },
        clock: this.clock,
        openLink: () => {
          throw new Error("the client opens no link");
        },
        resolve,
        openSocket,
        session: this.store,
        settings: this.store,
        sensors: [],
        pins: new SimulatedPins({ id: "bench", pins: {} }),
        openDriver: () => {
          throw new Error("the client opens no sensor");
        },
      },
      { onHalt: () => this.station.vanish() },
    );
    const { platform } = this.#boot;
    this.#boot.run(() => {
      const client = new Client({
        host: ADDRESS,
        id: ID,
        store: platform.session,
        platform: { ...platform, random },
        onPublished: (token, outcome) => this.published.push([token, outcome]),
        // What the store says once power is gone, nobody hears.
        onError: (error) => {
          if (!(error.cause instanceof Halted)) this.errors.push(error);
        },
        ...this.#options,
      });
      this.client = client;
      client.subscribe("in", { QoS: 2 }, ({ payload, QoS: quality, token }) => {
        this.handedOver.push({ payload: Buffer.from(payload).toString(), QoS: quality, token, boot });
      });
      client.open();
    });
  }

  get running(): boolean {
    return this.#boot.running;
  }

  /** Power is back, where it has failed. */
  restore(): void {
    if (!this.running) this.#start();
  }

  /** Power fails, and is back at once. */
  restart(): void {
    this.#boot.halt();
    this.#start();
  }

  /** Has the client accept a message, unless it refuses or power fails in the middle. */
  publish(payload: string, quality: QoS): void {
    this.#boot.run(() => {
      try {
        const token = this.client.publish("out", payload, { QoS: quality });
        this.accepted.push({ token, payload, QoS: quality });
      } catch (error) {
        if ((error as MqttError).kind !== "resource") throw error;
        this.refused.push(payload);
      }
    });
  }

  /** Somebody else publishes to the client. */
  send(payload: string, quality: QoS): void {
    this.broker.publish("in", payload, quality);
  }

  /** Lets time pass; power that fails is back a little later. */
  advance(ms: number): void {
    const until = (this.clock.now() + ms) | 0;
    for (;;) {
      const left = (until - this.clock.now()) | 0;
      if (!this.clock.runUntil(() => !this.running, left)) return;
      this.restore();
    }
  }

  /** What arrived of what the client has sent, in the order of its first arrival, with how often it did. */
  get arrivals(): Map<string, number> {
    const arrivals = new Map<string, number>();
    for (const { payload } of this.broker.on("out")) arrivals.set(payload, (arrivals.get(payload) ?? 0) + 1);
    return arrivals;
  }

  /** The promise, after everything has come to rest. */
  expectKept(sent: readonly (readonly [payload: string, QoS: QoS])[]): void {
    const { arrivals } = this;
    for (const { payload, QoS: quality } of this.accepted) {
      const times = arrivals.get(payload) ?? 0;
      if (quality === 2) expect(times, `arrivals of ${payload}`).toBe(1);
      else expect(times, `arrivals of ${payload}`).toBeGreaterThan(0);
    }
    for (const quality of [1, 2] as const) {
      const of = this.accepted.filter((message) => message.QoS === quality).map(({ payload }) => payload);
      expect([...arrivals.keys()].filter((payload) => of.includes(payload))).toEqual(of);
    }
    expect(new Set(this.accepted.map(({ token }) => token)).size).toBe(this.accepted.length);
    for (const [payload, quality] of sent) {
      const copies = this.handedOver.filter((copy) => copy.payload === payload);
      expect(copies.length, `hand-overs of ${payload}`).toBeGreaterThan(0);
      if (quality < 2) continue;
      expect(new Set(copies.map(({ token }) => token)).size, `tokens of ${payload}`).toBe(1);
      expect(new Set(copies.map(({ boot }) => boot)).size, `starts at which ${payload} came`).toBe(copies.length);
    }
    expect(this.client.pending).toBe(0);
    expect(
      this.store
        .keys()
        .filter((key) => key !== "c")
        .sort(),
    ).toEqual(["r", "s"]);
  }
}

function refuse({ commit, count, how }: Refusal, { number, value }: Commit, when: Cut["when"]): void {
  if (number < commit || number >= commit + count) return;
  // A full store takes what makes room.
  if (how === "full" && when === "before" && value !== undefined) throw new StorageFailure("full", "no room");
  if (how === "failed" && when === "before") throw new StorageFailure("failed", "flash does not answer");
  if (how === "failed, but done" && when === "after") throw new StorageFailure("failed", "flash does not answer");
}
