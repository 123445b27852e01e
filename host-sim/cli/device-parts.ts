/** What a simulated device is made of besides the engine that runs its firmware. */
import type { Board } from "../../boards/board.js";
import type { NetworkLink, OpenSocket } from "../../src/platform.js";
import { nodejsClock } from "../../src/platforms/nodejs/clock.js";
import { resolve } from "../../src/platforms/nodejs/resolve.js";
import { SimulatedWifi } from "../core/network/wifi.js";
import { ConnectedSensors } from "../core/world/connected.js";
import type { Parts } from "../core/world/machine.js";
import { SimulatedPins } from "../core/world/pins.js";
import { RandomStream } from "../core/world/random.js";
import { type SimulatedSensor, simulatedSensors } from "../core/world/sensors.js";
import { World } from "../core/world/world.js";
import type { Recorder } from "./recorder.js";
import type { DeviceStorage } from "./storage.js";

export interface PartsOptions {
  readonly id: string;
  readonly board: Board;
  readonly seed: number;
  readonly storage: DeviceStorage;
  readonly openSocket: OpenSocket;
  readonly recorder: Recorder;
  /** The firmware has opened its way to the network. */
  onLink?(link: NetworkLink): void;
  /** The LED shows a colour, 0xRRGGBB. */
  onLed?: ((colour: number) => void) | undefined;
}

/** The parts, which outlive a restart, and what a person's hand reaches of them. */
export interface DeviceParts extends Parts {
  readonly pins: SimulatedPins;
  readonly sensors: readonly SimulatedSensor[];
  /** What the application has connected. */
  readonly connected: ConnectedSensors;
  readonly wifi: SimulatedWifi;
  /** Pushes the board's button; nothing happens where the firmware does not listen to it. */
  push(): void;
}

/** Milliseconds that joining the Wi-Fi takes, at least and at most: a good network that is near. */
const JOIN_TIME = [250, 450] as const;

/** Milliseconds from a restart to when the firmware runs again. */
export const BOOT_TIME = 300;

export function openParts(options: PartsOptions): DeviceParts {
  const { id, board, seed, storage, openSocket, recorder, onLink, onLed } = options;
  const random = new RandomStream(seed);
  const place = new World({ seed }).place(id);
  const time = () => Date.now();
  const wifi = new SimulatedWifi({
    clock: nodejsClock,
    random: random.stream("wifi"),
    signal: () => place.signal(time()),
    joinTime: JOIN_TIME,
  });
  const surroundings = { place, random: random.stream("sensors"), time };
  const sensors = simulatedSensors(board, surroundings);
  const connected = new ConnectedSensors(board, nodejsClock, surroundings);
  let pushed: (() => void) | undefined;
  return {
    board: board.id,
    machine: { id: storage.machineId, random: random.stream("machine").random },
    clock: nodejsClock,
    openLink: (linkOptions) => {
      const link = wifi.open(linkOptions);
      onLink?.(link);
      return link;
    },
    resolve,
    openSocket,
    session: storage.session,
    settings: storage.settings,
    led: board.led && {
      show(colour) {
        recorder.led(colour);
        onLed?.(colour);
      },
    },
    pins: new SimulatedPins(board),
    sensors,
    connected,
    openDriver: connected.open.bind(connected),
    wifi,
    onButton:
      board.button &&
      ((listener) => {
        pushed = listener;
      }),
    push: () => pushed?.(),
  };
}
