/**
 * One simulated node: what outlasts a loss of power (flash, radio, sensors, its place on the network) and, while it has
 * power, the program that runs on it.
 */
import type { Board } from "../../../boards/board.js";
import type { Clock, Platform } from "../../../src/platform.js";
import { websocketOpener } from "../../../src/transports/websocket/opener.js";
import type { Network, Station } from "../network/network.js";
import { SimulatedWifi } from "../network/wifi.js";
import { type CutPhase, Flash } from "../storage/flash.js";
import type { VirtualClock } from "../world/clock.js";
import { ConnectedSensors } from "../world/connected.js";
import { Boot, Halted, machineId } from "../world/machine.js";
import { SimulatedPins } from "../world/pins.js";
import type { RandomStream } from "../world/random.js";
import type { SimulatedSensor } from "../world/sensors.js";
import type { World } from "../world/world.js";
import type { Program, StartProgram, Witness } from "./program.js";
import type { Trace } from "./trace.js";

export interface DeviceOptions {
  readonly index: number;
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly world: World;
  readonly random: RandomStream;
  readonly trace: Trace;
  /** Bytes of flash for the session. */
  readonly flash: number;
  /** Whether what is written lasts only after a sync. */
  readonly defers: boolean;
  /** It reaches the broker over WebSocket. */
  readonly webSocket: boolean;
  /** Bytes that a socket takes at once. */
  readonly window: number;
  /** Milliseconds since 1970 at the start of the story. */
  readonly epoch: number;
  /** What is on it, and where. Default: one with pins and a bus, and nothing at them. */
  readonly board?: SimulatedBoard | undefined;
  readonly sensors: readonly SimulatedSensor[];
  readonly program: StartProgram;
  /** What the program tells is told to this. */
  readonly witness: Witness;
  readonly events: DeviceEvents;
}

/** What a device tells of itself. */
export interface DeviceEvents {
  started(): void;
  /** Power is gone, or the machine restarts: what was in memory is gone. */
  stopped(): void;
  /** An operation of the session's flash broke off. */
  brokenOff(): void;
  /** An error left a callback of the platform. */
  crashed(error: unknown): void;
}

/** Milliseconds from power, or a restart, to the program's start. */
const BOOT_TIME = 300;

/** What is used of a board. */
export type SimulatedBoard = Pick<Board, "id" | "pins" | "I2C"> & Partial<Board>;

const BOARD: SimulatedBoard = Object.freeze({
  id: "simulated",
  pins: Object.freeze({ A1: 1, D1: 2, D2: 3, D3: 4 }),
  I2C: Object.freeze({ default: Object.freeze({ data: 5, clock: 6 }) }),
});

export class Device {
  readonly index: number;
  readonly flash: Flash;
  readonly settings: Flash;
  readonly station: Station;
  readonly wifi: SimulatedWifi;
  readonly sensors: readonly SimulatedSensor[];
  readonly pins: SimulatedPins;
  readonly connected: ConnectedSensors;
  readonly #options: DeviceOptions;
  readonly #board: string;
  readonly #machine: { readonly id: string; readonly random: () => number; freeMemory(): number };
  #boot: Boot | undefined;
  #program: Program | undefined;
  #starting: unknown;
  #starts = 0;
  #cuts = 0;
  /** What its clock of the day is wrong by, or undefined while it does not know the time. */
  #skew: number | undefined = 0;

  constructor(options: DeviceOptions) {
    const { index, clock, network, random, trace, board = BOARD } = options;
    this.#board = board.id;
    this.pins = new SimulatedPins(board);
    this.#options = options;
    this.index = index;
    this.#machine = {
      id: machineId(random.stream("id")),
      random: random.stream("machine").random,
      freeMemory: () => 40_000,
    };
    this.flash = new Flash({
      capacity: options.flash,
      defers: options.defers,
      onCommit: ({ number, key, value }, outcome, changed) => {
        if (outcome === "done") trace.add("commit", index, number, value?.length ?? -1, key);
        else {
          trace.add("broken", index, number, changed ? 1 : 0, key);
          options.events.brokenOff();
        }
      },
    });
    this.settings = new Flash();
    this.station = network.station({ window: options.window });
    this.sensors = options.sensors;
    const place = options.world.place(`node ${index}`);
    this.wifi = new SimulatedWifi({
      clock,
      random: random.stream("wifi"),
      signal: () => place.signal(this.#time()),
      onOnline: (online) => {
        this.station.online = online;
      },
    });
    this.station.online = false;
    this.connected = new ConnectedSensors(board, clock, {
      place,
      random: random.stream("connected"),
      time: () => this.#time(),
    });
  }

  /** The program that runs, while there is power. */
  get program(): Program | undefined {
    return this.#boot?.running ? this.#program : undefined;
  }

  get powered(): boolean {
    return this.#boot?.running === true || this.#starting !== undefined;
  }

  /** Starts that there have been. */
  get starts(): number {
    return this.#starts;
  }

  /** Power is there; the program starts a moment later. */
  powerOn(reason = "power on"): void {
    if (this.powered) return;
    this.#starting = this.#options.clock.setTimer(() => {
      this.#starting = undefined;
      this.#start(reason);
    }, BOOT_TIME);
  }

  /** Power is gone at this very moment: timers, sockets, everything in memory. @param arrives as {@link Station.vanish} */
  cutPower(where: string, arrives = false): void {
    if (!this.powered) return;
    this.#options.trace.add("cut", this.index, 0, 0, where);
    this.#stop(arrives);
    this.flash.losePower((most) => this.#options.random.stream(`cut ${++this.#cuts}`).integer(0, most));
    this.#boot?.halt();
  }

  /** The program ends in order, as before a deep sleep; then there is no power. @param asleep called then */
  sleep(asleep: () => void): void {
    const { program } = this;
    const off = (): void => {
      this.cutPower("deep sleep");
      asleep();
    };
    if (program?.stop === undefined) off();
    else this.#boot?.run(() => program.stop?.(off));
  }

  /** Power goes in the middle of an operation of the session's flash, or another's. @returns what takes it back */
  cutPowerAt(skip: number, phase: CutPhase, done: () => void, flash = this.flash): () => void {
    return flash.cutAt(skip, phase, () => {
      done();
      // What was sent before the operation arrives: it must not rest on what is lost with it.
      this.cutPower(`${phase} a commit`, true);
      throw new Halted();
    });
  }

  /** Sets the clock of the day by so many ms; undefined: it does not know the time any more. */
  jump(ms: number | undefined): void {
    this.#skew = ms === undefined ? undefined : (this.#skew ?? 0) + ms;
  }

  #time(): number {
    return this.#options.epoch + this.#options.clock.elapsed;
  }

  #stop(arrives = false): void {
    const { clock } = this.#options;
    if (this.#starting !== undefined) clock.clearTimer(this.#starting);
    this.#starting = undefined;
    // Nobody hears of it: the broker must find out.
    this.station.vanish(arrives);
    this.wifi.powerOff();
    this.pins.powerOff();
    this.#options.events.stopped();
  }

  #start(reason: string): void {
    const { trace, random, events, program, sensors, witness } = this.#options;
    this.#starts++;
    this.flash.opened();
    trace.add("start", this.index, 0, 0, reason);
    const boot = new Boot(
      {
        board: this.#board,
        machine: this.#machine,
        clock: this.#clock(),
        openLink: this.wifi.open,
        resolve: this.station.resolve,
        openSocket: (options) => {
          trace.add("open", this.index, this.station.connections + 1);
          return this.station.openSocket(options);
        },
        session: this.flash,
        settings: this.settings,
        sensors,
        pins: this.pins,
        openDriver: this.connected.open.bind(this.connected),
      },
      {
        restartReason: reason,
        // Some wrap around within the day.
        start: random.stream(`start ${this.#starts}`).pick([0, 0, 0x7fff_ffff - 20_000_000, -5_000_000]),
        onRestart: () => {
          trace.add("restart", this.index);
          this.#stop();
          this.powerOn("restart");
        },
        onAbort: (error) => {
          events.crashed(error);
          this.#stop();
          this.powerOn("abort");
        },
      },
    );
    this.#boot = boot;
    events.started();
    boot.run(() => {
      this.#program = program(this.#withRoad(boot.platform as Platform), guarded(witness, boot));
      this.#program.start();
    });
  }

  /** WebSocket runs on the device, and ends with its power. */
  #withRoad(platform: Platform): Platform {
    if (!this.#options.webSocket) return platform;
    const { random } = this.#options.random.stream(`masks ${this.#starts}`);
    return { ...platform, openSocket: websocketOpener({ ...platform, random }) };
  }

  #clock(): Clock {
    const { clock } = this.#options;
    return {
      now: () => clock.now(),
      epoch: () => (this.#skew === undefined ? undefined : this.#time() + this.#skew),
      setTimer: (callback, delay) => clock.setTimer(callback, delay),
      clearTimer: (timer) => clock.clearTimer(timer),
    };
  }
}

/** What a program says after its machine has stopped, on its way out, is not said. */
function guarded(witness: Witness, boot: Boot): Witness {
  const when =
    <A extends unknown[]>(tell: (...what: A) => void) =>
    (...what: A): void => {
      if (boot.running) tell(...what);
    };
  return {
    link: when((state) => witness.link(state)),
    connected: when((sessionPresent) => witness.connected(sessionPresent)),
    disconnected: when((reason, delay) => witness.disconnected(reason, delay)),
    accepted: when((token, topic, payload, QoS, retain) => witness.accepted(token, topic, payload, QoS, retain)),
    published: when((token, outcome) => witness.published(token, outcome)),
    revised: when((token, topic, payload) => witness.revised(token, topic, payload)),
    dropped: when((token, topic, payload, reason) => witness.dropped(token, topic, payload, reason)),
    obeys: when(() => witness.obeys()),
    handed: when((token, topic, payload, QoS, retain) => witness.handed(token, topic, payload, QoS, retain)),
    requests: when((subscribing, unsubscribing) => witness.requests(subscribing, unsubscribing)),
    parked: when((tokens) => witness.parked(tokens)),
    error: when((error, where) => witness.error(error, where)),
  };
}
