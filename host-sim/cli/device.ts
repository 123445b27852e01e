/** One simulated device in real time: the firmware's node on a board's parts, started again when it restarts. */
import type { Board } from "../../boards/board.js";
import { Mote, type MoteOptions } from "../../src/mote/mote.js";
import { queueBytes } from "../../src/mote/nvs.js";
import type { NetworkLink, OpenSocket } from "../../src/platform.js";
import { Boot } from "../core/world/machine.js";
import type { LoadedApplication } from "./application.js";
import { BOOT_TIME, type DeviceParts, openParts } from "./device-parts.js";
import type { Recorder } from "./recorder.js";
import type { DeviceStorage } from "./storage.js";

export interface DeviceOptions extends Pick<MoteOptions, "broker" | "override" | "firmware"> {
  readonly id: string;
  readonly board: Board;
  readonly seed: number;
  readonly storage: DeviceStorage;
  readonly openSocket: OpenSocket;
  readonly recorder: Recorder;
  readonly application: LoadedApplication;
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
}

export class Device implements AnyDevice {
  readonly #options: DeviceOptions;
  readonly #parts: DeviceParts;
  #boot: Boot | undefined;
  #node: Mote | undefined;
  #link: NetworkLink | undefined;
  #rebooting: NodeJS.Timeout | undefined;
  /** Called when the node has come to its end. */
  #stopped: (() => void) | undefined;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#parts = openParts({
      ...options,
      onLink: (link) => {
        this.#link = link;
      },
    });
  }

  start(): void {
    this.#powerOn("power on");
  }

  stop(grace: number): Promise<void> {
    clearTimeout(this.#rebooting);
    const boot = this.#boot;
    if (boot === undefined || !boot.running) return Promise.resolve();
    return new Promise((stopped) => {
      this.#stopped = stopped;
      boot.run(() => this.#node?.stop(grace, stopped));
    });
  }

  #powerOn(restartReason: string): void {
    const { id, broker, override = {}, firmware, recorder, application } = this.#options;
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
    this.#node = undefined;
    this.#link = undefined;
    this.#parts.pins.powerOff();
    if (this.#stopped !== undefined) {
      this.#stopped();
      return;
    }
    this.#options.recorder.restart(words);
    this.#rebooting = setTimeout(() => this.#powerOn(restartReason), BOOT_TIME);
  }
}
