/** One simulated device in real time: the firmware's node on a board's parts, started again when it restarts. */
import type { Board } from "../../boards/board.js";
import { Mote, type MoteOptions } from "../../src/mote/mote.js";
import { queueBytes } from "../../src/mote/nvs.js";
import type { NetworkLink, OpenSocket } from "../../src/platform.js";
import type { ConnectedSensors } from "../core/world/connected.js";
import { Boot } from "../core/world/machine.js";
import type { SimulatedPins } from "../core/world/pins.js";
import type { SimulatedSensor } from "../core/world/sensors.js";
import type { LoadedApplication } from "./application.js";
import { BOOT_TIME, type DeviceParts, openParts } from "./device-parts.js";
import { Radio } from "./radio.js";
import type { Recorder } from "./recorder.js";
import type { DeviceStorage } from "./storage.js";
import { type Switch, switchOf } from "./switch.js";

export interface DeviceOptions extends Pick<MoteOptions, "broker" | "override" | "firmware"> {
  readonly id: string;
  readonly board: Board;
  readonly seed: number;
  readonly storage: DeviceStorage;
  readonly openSocket: OpenSocket;
  readonly recorder: Recorder;
  readonly application: LoadedApplication;
  /** The LED shows a colour, 0xRRGGBB. */
  readonly onLed?: (colour: number) => void;
}

/** A device as `run` has it, whatever engine its firmware runs on. */
export interface AnyDevice {
  /** Powers the device on. */
  start(): void;
  /**
   * Has the node say that it goes, deliver what it has accepted, and disconnect.
   * @param grace milliseconds that it may take, and a little more to close
   */
  stop(grace: number): Promise<void>;
  /** The Wi-Fi, which a person may turn off. */
  readonly wifi: Switch;
  /** Its power: cut, it stops where it is, and keeps its storage only. */
  readonly power: Switch;
  readonly sensors: readonly SimulatedSensor[];
  readonly pins: SimulatedPins;
  readonly connected: ConnectedSensors;
  /** Starts again with another application, and what its storage has. */
  replace(application: LoadedApplication): Promise<void>;
  /** Pushes the board's button. Absent where there is none, or the firmware cannot hear it. */
  readonly pushButton?: (() => void) | undefined;
}

export class Device implements AnyDevice {
  readonly wifi: Switch;
  readonly power: Switch;
  readonly sensors: readonly SimulatedSensor[];
  readonly pins: SimulatedPins;
  readonly connected: ConnectedSensors;
  readonly pushButton: (() => void) | undefined;
  readonly #options: DeviceOptions;
  readonly #parts: DeviceParts;
  readonly #radio: Radio;
  #application: LoadedApplication;
  #boot: Boot | undefined;
  #node: Mote | undefined;
  #link: NetworkLink | undefined;
  #rebooting: NodeJS.Timeout | undefined;
  /** Called when the node has come to its end. */
  #stopped: (() => void) | undefined;
  #powered = true;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#application = options.application;
    const radio = new Radio(options.openSocket);
    const parts = openParts({
      ...options,
      openSocket: radio.open,
      onLink: (link) => {
        this.#link = link;
      },
    });
    this.#radio = radio;
    this.#parts = parts;
    this.sensors = parts.sensors;
    this.pins = parts.pins;
    this.connected = parts.connected;
    this.pushButton = options.board.button && (() => parts.push());
    this.power = switchOf(
      () => this.#powered,
      (on) => this.#turnPower(on),
    );
    this.wifi = switchOf(
      () => parts.wifi.available,
      (on) => {
        radio.reachable = on && this.#powered;
        parts.wifi.available = on;
      },
    );
  }

  start(): void {
    this.#powerOn("power on");
  }

  async stop(grace: number): Promise<void> {
    clearTimeout(this.#rebooting);
    const boot = this.#boot;
    if (boot?.running)
      await new Promise<void>((stopped) => {
        this.#stopped = stopped;
        boot.run(() => this.#node?.stop(grace, stopped));
      });
    this.#radio.close();
  }

  async replace(application: LoadedApplication): Promise<void> {
    this.#application = application;
    if (!this.#powered || this.#stopped !== undefined) return;
    clearTimeout(this.#rebooting);
    this.#boot?.halt();
    this.#dark();
    this.#powerOn("restart");
  }

  #turnPower(on: boolean): void {
    if (on === this.#powered) return;
    this.#powered = on;
    const { recorder } = this.#options;
    const { wifi } = this.#parts;
    // First the radio: nobody hears a device that has no power close its connections.
    this.#radio.reachable = on && wifi.available;
    recorder.power(on);
    clearTimeout(this.#rebooting);
    if (on) this.#powerOn("power on");
    else {
      this.#boot?.halt();
      this.#dark();
      this.#stopped?.();
    }
  }

  #dark(): void {
    this.#node = undefined;
    this.#link = undefined;
    this.#parts.pins.powerOff();
    this.#parts.led?.show(0);
  }

  #powerOn(restartReason: string): void {
    const { id, broker, override = {}, firmware, recorder } = this.#options;
    const application = this.#application;
    // The command line is a person's hand at the device once: what commands set since then outlasts a restart.
    const settings = this.#boot === undefined ? { override } : { defaults: override };
    const boot = new Boot(this.#parts, {
      restartReason,
      onRestart: () => this.#restart("restart", "by command"),
      onAbort: (error) => {
        recorder.aborted(error);
        this.#restart("abort", "the firmware threw an error");
      },
    });
    this.#boot = boot;
    boot.run(() => {
      const journal = recorder.journal(() => ({ isOn: boot.running, link: this.#link }));
      const { nvs, durability } = this.#options.board.storage;
      const kept = { maximumQueued: queueBytes(nvs), durability };
      const node = new Mote(boot.platform, {
        id,
        broker,
        ...settings,
        ...kept,
        firmware,
        journal,
        application: application.declared,
      });
      this.#node = node;
      node.start();
    });
  }

  #restart(restartReason: string, words: string): void {
    this.#dark();
    if (this.#stopped !== undefined) {
      this.#stopped();
      return;
    }
    this.#options.recorder.restart(words);
    this.#rebooting = setTimeout(() => this.#powerOn(restartReason), BOOT_TIME);
  }
}
