/**
 * A machine on a test bench: its power can fail, its sensors, its network and its broker do what the test says, and its
 * storage outlives its power. All in virtual time.
 */

import { Network, type Station } from "../../host-sim/core/network/network.js";
import { type Commit, MemoryStore } from "../../host-sim/core/storage/memory-store.js";
import { VirtualClock, type VirtualClockOptions } from "../../host-sim/core/world/clock.js";
import { ConnectedSensors } from "../../host-sim/core/world/connected.js";
import { Boot } from "../../host-sim/core/world/machine.js";
import { SimulatedPins } from "../../host-sim/core/world/pins.js";
import { RandomStream } from "../../host-sim/core/world/random.js";
import { World } from "../../host-sim/core/world/world.js";
import type { DropReason, Journal } from "../../src/mote/journal.js";
import { Mote, type MoteOptions } from "../../src/mote/mote.js";
import type { DropPolicy } from "../../src/mote/policy.js";
import { textOfPayload } from "../../src/mote/text.js";
import type { Outcome, PayloadSource, QoS } from "../../src/mqtt/api.js";
import type { LinkState, NetworkLink, NetworkLinkOptions, Sample, Sensor } from "../../src/platform.js";
import { AutoBroker, type Json } from "../support/auto-broker.js";

const ADDRESS = "192.0.2.1";

const BOARD = { id: "bench", pins: { A1: 1, D1: 2, D2: 3, D3: 4 }, I2C: { default: { data: 5, clock: 6 } } };

export interface BenchOptions {
  readonly clock?: VirtualClockOptions;
  readonly led?: boolean;
  /** Bytes that a socket takes at once. */
  readonly window?: number;
  /** Bytes that the session's store holds. */
  readonly sessionCapacity?: number;
  /** In place of stores of its own. */
  readonly session?: MemoryStore;
  readonly settings?: MemoryStore;
  /** Called before and after every write to the settings' store. */
  readonly beforeWrite?: (commit: Commit) => void;
  readonly afterWrite?: (commit: Commit) => void;
}

/** What a journal was told, as text that a test can look for. */
export class Notes implements Journal {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  recording = true;

  #note(line: string): void {
    if (this.recording) this.lines.push(line);
  }

  link(state: LinkState, detail: string): void {
    this.#note(`link ${state} ${detail}`);
  }
  connected(sessionPresent: boolean): void {
    this.#note(`connected ${sessionPresent}`);
  }
  disconnected(reason: string): void {
    this.#note(`disconnected ${reason}`);
  }
  accepted(token: number, topic: string, payload: string | PayloadSource, QoS: QoS, retain: boolean): void {
    this.#note(`accepted ${token} ${topic} ${textOfPayload(payload)} QoS ${QoS}${retain ? " retained" : ""}`);
  }
  published(token: number, outcome: Outcome): void {
    this.#note(`published ${token} ${outcome}`);
  }
  revised(token: number, topic: string, payload: string): void {
    this.#note(`revised ${token} ${topic} ${payload}`);
  }
  dropped(token: number, topic: string, payload: string, reason: DropReason): void {
    this.#note(`dropped ${token} ${topic} ${payload} ${reason}`);
  }
  received(topic: string, payload: Uint8Array): void {
    this.#note(`received ${topic} ${Buffer.from(payload)}`);
  }
  command(name: string, id: string | undefined): void {
    this.#note(`command ${name} ${id}`);
  }
  result(name: string, payload: string): void {
    this.#note(`result ${name} ${payload}`);
  }
  error(error: Error, where: string): void {
    if (this.recording) this.errors.push(`${where}: ${error.message}`);
    this.#note(`error ${where}: ${error.message}`);
  }
}

/** What was accepted stays; the message that finds no room is given up. */
export const keepAll: DropPolicy = { makeRoom() {}, expire() {} };

class BenchLink implements NetworkLink {
  state: LinkState = "joining";
  rssi: number | undefined = -61;
  address: string | undefined = "192.168.4.23";
  closed = false;
  readonly #options: NetworkLinkOptions;

  constructor(options: NetworkLinkOptions) {
    this.#options = options;
  }

  change(state: LinkState, detail = ""): void {
    if (this.closed) return;
    this.state = state;
    this.#options.onChanged(state, detail);
  }

  close(): void {
    this.closed = true;
  }
}

export class BenchSensor implements Sensor {
  readonly id: string;
  readonly units = { temperature: "°C", humidity: "%" };
  closed = false;
  readonly #healthy: () => Sample;
  #failure: string | undefined;

  constructor(id: string, sample: () => Sample) {
    this.id = id;
    this.#healthy = sample;
  }

  sample(): Sample {
    if (this.#failure !== undefined) throw new Error(this.#failure);
    return this.#healthy();
  }

  /** From now on it does not answer. */
  fail(message: string): void {
    this.#failure = message;
  }

  repair(): void {
    this.#failure = undefined;
  }

  close(): void {
    this.closed = true;
  }
}

export class Bench {
  readonly clock: VirtualClock;
  readonly broker = new AutoBroker();
  readonly session: MemoryStore;
  readonly settings: MemoryStore;
  readonly notes = new Notes();
  readonly pins = new SimulatedPins(BOARD);
  readonly connected: ConnectedSensors;
  readonly colours: number[] = [];
  /** Restarts that the node has asked for. */
  restarts = 0;
  /** Why the machine starts next. */
  reason = "power on";
  sensors: BenchSensor[] = [
    new BenchSensor("climate", () => ({ thermometer: { temperature: 21.43789 }, hygrometer: { humidity: 45.2 } })),
  ];
  link: BenchLink | undefined;
  push: () => void = () => {};
  node: Mote | undefined;
  boot: Boot | undefined;
  readonly network: Network;
  readonly station: Station;
  readonly #led: boolean;
  #boots = 0;

  constructor(options: BenchOptions = {}) {
    this.clock = new VirtualClock({ start: 0x7fff_ffff - 60_000, ...options.clock });
    this.connected = new ConnectedSensors(BOARD, this.clock, {
      place: new World({ seed: 1 }).place("bench"),
      random: new RandomStream("connected"),
      time: () => this.clock.epoch() ?? 0,
    });
    const { sessionCapacity: capacity } = options;
    this.session = options.session ?? new MemoryStore(capacity === undefined ? {} : { capacity });
    this.settings =
      options.settings ??
      new MemoryStore({
        ...(options.beforeWrite && { before: options.beforeWrite }),
        ...(options.afterWrite && { after: options.afterWrite }),
      });
    this.#led = options.led ?? true;
    this.network = new Network({ clock: this.clock });
    this.network.name("broker.test", ADDRESS);
    this.network.listen(ADDRESS, 1883, this.broker.accept);
    this.station = this.network.station({ window: options.window ?? 8192 });
  }

  /** Gives the machine power and starts a node on it, unless power fails before that is done. */
  start(options: Partial<MoteOptions> = {}): Mote {
    this.#boots++;
    const { openSocket, resolve } = this.station;
    const { random } = new RandomStream(`bench ${this.#boots}`);
    const boot: Boot = new Boot(
      {
        board: "bench",
        machine: { id: "24a1608bf3c0", random, freeMemory: () => 41_000 },
        clock: this.clock,
        openLink: (linkOptions) => {
          this.link = new BenchLink(linkOptions);
          return this.link;
        },
        resolve,
        openSocket,
        session: this.session,
        settings: this.settings,
        sensors: this.sensors,
        pins: this.pins,
        openDriver: this.connected.open.bind(this.connected),
        ...(this.#led && { led: { show: (colour: number) => void this.colours.push(colour) } }),
        onButton: (pushed) => {
          this.push = pushed;
        },
      },
      {
        restartReason: this.reason,
        onHalt: () => {
          this.notes.recording = false;
          this.station.vanish();
          this.pins.powerOff();
          this.reason = "power on";
        },
        onRestart: () => {
          this.restarts++;
          this.reason = "restart";
        },
      },
    );
    this.boot = boot;
    this.notes.recording = true;
    let node: Mote | undefined;
    boot.run(() => {
      node = new Mote(boot.platform, {
        broker: { host: "broker.test", port: 1883 },
        id: "mote",
        firmware: "1.2.3",
        journal: this.notes,
        ...options,
      });
      node.start();
    });
    if (node === undefined && boot.running) throw new Error("the node did not start");
    this.node = node;
    return node as unknown as Mote;
  }

  /** Starts a node, joins it and waits until it is connected. */
  startConnected(options: Partial<MoteOptions> = {}): Mote {
    const node = this.start(options);
    this.join();
    return node;
  }

  /** The network is there; waits until the broker has the node's status. */
  join(): void {
    this.link?.change("up", "bench");
    const connected = () => this.broker.connected("mote") || this.boot?.running === false;
    if (!this.clock.runUntil(connected, 10_000)) throw new Error("the node does not connect");
    this.settle();
  }

  lose(): void {
    this.link?.change("down", "out of reach");
    this.settle();
  }

  /** Power fails: what is not stored is gone. The broker notices. */
  cutPower(): void {
    this.boot?.halt();
    this.broker.kick("mote");
  }

  settle(): void {
    this.clock.advance(10);
  }

  /** Publishes a command as a person would, and lets the node deal with it. */
  command(name: string, payload: string | object | Uint8Array = "", QoS: QoS = 1, retain = false): void {
    const bytes =
      payload instanceof Uint8Array ? payload : typeof payload === "string" ? payload : JSON.stringify(payload);
    this.broker.publish(`motewire/mote/command/${name}`, Buffer.from(bytes as Uint8Array), QoS, retain);
    this.settle();
  }

  /** The last answer to a command of that name. */
  result(name: string): Json | undefined {
    return this.broker.objects(`motewire/mote/result/${name}`).at(-1);
  }

  readings(sensor = "climate"): Json[] {
    return this.broker.objects(`motewire/mote/reading/${sensor}`);
  }

  get status(): Json[] {
    return this.broker.objects("motewire/mote/status");
  }

  /** The statuses that the node itself has published, last wills not. */
  get ownStatus(): Json[] {
    return this.status.filter(({ reason }) => reason !== "connection lost");
  }

  get diagnostics(): Json[] {
    return this.broker.objects("motewire/mote/diagnostics");
  }
}
