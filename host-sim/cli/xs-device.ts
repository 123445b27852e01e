/** One simulated device in real time whose firmware runs on XS, in the board's memory, as a process of its own. */
import { queueBytes } from "../../src/mote/nvs.js";
import type { KeyValue, NetworkLink, StorageError } from "../../src/platform.js";
import type { BrokerAddress } from "../../src/platforms/broker-url.js";
import type { ConnectedSensors } from "../core/world/connected.js";
import type { SimulatedPins } from "../core/world/pins.js";
import type { SimulatedSensor } from "../core/world/sensors.js";
import { buildHost, type Host } from "../xs/engine/build.js";
import { collectModules, type Module } from "../xs/engine/modules.js";
import {
  type Answer,
  bytesInUse,
  type Ended,
  type MemoryFigures,
  memorySize,
  Program,
  type Value,
} from "../xs/engine/program.js";
import type { LoadedApplication } from "./application.js";
import type { AnyDevice, DeviceOptions } from "./device.js";
import { BOOT_TIME, type DeviceParts, openParts } from "./device-parts.js";
import type { Observer } from "./observer.js";
import { type Switch, switchOf } from "./switch.js";
import { xsJournal } from "./xs-journal.js";
import { XsParts } from "./xs-parts.js";

type XsJournal = ReturnType<typeof xsJournal>;

export interface XsDeviceOptions extends DeviceOptions {
  /** The firmware opens its sockets itself: with a path, over WebSocket. */
  readonly broker: BrokerAddress;
  readonly observer: Pick<Observer, "hurry">;
  /** Told in words how far the engine is, where it must be built first. */
  onBuilding(progress: string): void;
}

/** The exit code of a firmware that restarts its device: host-sim/xs/device/platform.ts. */
const RESTART = 75;
/** Milliseconds from one look at the memory in use to the next. */
const LOOK = 10_000;

export class XsDevice implements AnyDevice {
  readonly #options: XsDeviceOptions;
  readonly #host: Host;
  #modules: readonly Module[];
  readonly #parts: DeviceParts;
  readonly wifi: Switch;
  readonly power: Switch;
  readonly sensors: readonly SimulatedSensor[];
  readonly pins: SimulatedPins;
  readonly connected: ConnectedSensors;
  #program: Program | undefined;
  #link: NetworkLink | undefined;
  #starts = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped: (() => void) | undefined;
  #powered = true;
  /** The program that runs still was cut off by the power. */
  #cut = false;

  private constructor(options: XsDeviceOptions, host: Host, modules: readonly Module[]) {
    this.#options = options;
    this.#host = host;
    this.#modules = modules;
    const parts = openParts({
      ...options,
      onLink: (link) => {
        this.#link = link;
      },
    });
    this.#parts = parts;
    this.sensors = parts.sensors;
    this.pins = parts.pins;
    this.connected = parts.connected;
    this.power = switchOf(
      () => this.#powered,
      (on) => this.#turnPower(on),
    );
    this.wifi = switchOf(
      () => parts.wifi.available,
      (on) => {
        parts.wifi.available = on;
      },
    );
  }

  /** Builds the engine, where that was not done yet, and compiles the firmware. */
  static async build(options: XsDeviceOptions): Promise<XsDevice> {
    const [host, modules] = await Promise.all([
      buildHost({ onBuilding: options.onBuilding }),
      modulesOf(options.application),
    ]);
    return new XsDevice(options, host, modules);
  }

  start(): void {
    this.#powerOn("power on");
  }

  stop(grace: number): Promise<void> {
    clearTimeout(this.#timer);
    const program = this.#program;
    if (program === undefined) return Promise.resolve();
    return new Promise((stopped) => {
      this.#stopped = stopped;
      program.send("stop", `${grace}`);
    });
  }

  async replace(application: LoadedApplication): Promise<void> {
    this.#modules = await modulesOf(application);
    if (this.#program === undefined || this.#stopped !== undefined) return;
    // It starts again when it has ended.
    this.#cut = true;
    this.#program.kill();
  }

  #turnPower(on: boolean): void {
    if (on === this.#powered) return;
    this.#powered = on;
    this.#options.recorder.power(on);
    clearTimeout(this.#timer);
    // What has not ended yet starts again when it has.
    if (!on && this.#program !== undefined) {
      this.#cut = true;
      this.#program.kill();
    } else if (on && this.#program === undefined) this.#powerOn("power on");
  }

  #powerOn(restartReason: string): void {
    const { board, recorder } = this.#options;
    this.#starts++;
    this.#link = undefined;
    const parts = this.#parts;
    const asked = new XsParts({ ...parts, board, id: parts.machine.id, rssi: () => this.#link?.rssi }, restartReason);
    const program: Program = new Program({
      host: this.#host,
      modules: this.#modules,
      memory: board.memory,
      window: board.socket.window,
      onAsk: (name, values) => this.#answer(name, values, asked),
      onTell: (name, values) => this.#told(name, values, program, asked, journal),
      onMemory: (label, figures) => this.#remembers(label, figures),
      onTrace: (text) => recorder.problem(text.trim(), "trace"),
    });
    this.#program = program;
    asked.run(program);
    const journal = xsJournal(recorder.journal(() => ({ isOn: this.#program === program, link: this.#link })));
    const looking = setInterval(() => program.send("measure", "running"), LOOK).unref();
    program.ended.then((ended) => {
      clearInterval(looking);
      this.#ended(ended);
    });
  }

  #ended({ code, words }: Ended): void {
    const { recorder } = this.#options;
    this.#program = undefined;
    this.#parts.pins.powerOff();
    this.#link?.close();
    this.#link = undefined;
    this.#parts.led?.show(0);
    if (this.#cut) {
      this.#cut = false;
      if (this.#stopped !== undefined) this.#stopped();
      else if (this.#powered) this.#powerOn("power on");
      return;
    }
    if (code !== 0 && code !== RESTART) recorder.aborted(Object.assign(new Error(words), { name: "XS", stack: words }));
    if (this.#stopped !== undefined) {
      this.#stopped();
      return;
    }
    const reason = code === RESTART ? "restart" : "abort";
    recorder.restart(code === RESTART ? "by command" : `the firmware ended: ${words.split("\n")[0]}`);
    this.#timer = setTimeout(() => this.#powerOn(reason), BOOT_TIME);
  }

  #told(name: string, values: readonly Value[], program: Program, asked: XsParts, journal: XsJournal): void {
    if (asked.told(name, values)) return;
    if (name === "join") this.#join(program);
    else if (name === "leave") this.#link?.close();
    else if (name === "led") this.#parts.led?.show(Number(values[0]));
    else if (name === "resolve") this.#resolve(program, String(values[0]), String(values[1]));
    else if (journal(name, values) && name === "connected") program.send("measure", "connected");
  }

  #join(program: Program): void {
    const link = this.#parts.openLink({
      onChanged: (state, detail) => program.send("link", `${state} ${link.address ?? "-"} ${detail}`),
    });
  }

  /** The node's way to the broker leads through its name: there it is held until the observer is there to see. */
  #resolve(program: Program, question: string, host: string): void {
    const { observer } = this.#options;
    observer.hurry().then(() => {
      this.#parts.resolve(host, (address) => program.send("resolved", `${question} ${address ?? ""}`));
    });
  }

  #answer(name: string, values: readonly Value[], asked: XsParts): Answer {
    const [first = "", key = "", value] = values;
    if (name === "options") return JSON.stringify(this.#nodeOptions());
    const found = asked.answer(name, values);
    if (found !== undefined) return found.answer;
    return store(this.#parts[first === "session" ? "session" : "settings"], name, String(key), value);
  }

  #nodeOptions() {
    const { id, broker, override = {}, firmware, board } = this.#options;
    const { nvs, durability } = board.storage;
    // The command line is a person's hand at the device once: what commands set since then outlasts a restart.
    const settings = this.#starts === 1 ? { override } : { defaults: override };
    return { id, broker, ...settings, maximumQueued: queueBytes(nvs), durability, firmware };
  }

  #remembers(label: string, figures: MemoryFigures): void {
    this.#options.recorder.show({
      event: "heap",
      label,
      used: bytesInUse(figures),
      size: memorySize(this.#options.board.memory),
      slots: figures.slots,
      chunks: figures.chunks,
      stackSlots: figures.stackPeak,
    });
  }
}

function modulesOf({ file }: LoadedApplication): Promise<Module[]> {
  return collectModules({ entry: "host-sim/xs/device/main.ts", application: file });
}

/** The SDK's key-value storage: full it says with the name of ESP-IDF's error. */
function store(store: KeyValue, name: string, key: string, value: Value | undefined): Answer {
  try {
    if (name === "read") return store.read(key);
    if (name === "write") store.write(key, value as Uint8Array);
    else if (name === "delete") store.delete(key);
    else if (name === "keys") return store.keys().join(" ");
    return undefined;
  } catch (error) {
    const { storage, message } = error as StorageError;
    throw storage === "full" ? new Error(`ESP_ERR_NVS_NOT_ENOUGH_SPACE: ${message}`) : error;
  }
}
