/** Looks at an application before a node is made of it: the node itself says what is wrong, on a device that does nothing. */
import type { Board } from "../../boards/board.js";
import type { Journal } from "../../src/mote/journal.js";
import { Mote } from "../../src/mote/mote.js";
import type { Platform } from "../../src/platform.js";
import { MemoryStore } from "../core/storage/memory-store.js";
import { VirtualClock } from "../core/world/clock.js";
import { ConnectedSensors } from "../core/world/connected.js";
import { SimulatedPins } from "../core/world/pins.js";
import { RandomStream } from "../core/world/random.js";
import { simulatedSensors } from "../core/world/sensors.js";
import { World } from "../core/world/world.js";
import type { LoadedApplication } from "./application.js";
import { UsageError } from "./usage.js";

const nothing = () => {};
const silent: Journal = Object.freeze({
  link: nothing,
  connected: nothing,
  disconnected: nothing,
  accepted: nothing,
  published: nothing,
  revised: nothing,
  dropped: nothing,
  received: nothing,
  command: nothing,
  result: nothing,
  error: nothing,
});

/** @throws UsageError that names the part, what is wrong with it, and what it may be */
export function checkApplication({ declared, file }: LoadedApplication, board: Board): void {
  const clock = new VirtualClock();
  const random = new RandomStream("check");
  const surroundings = { place: new World({ seed: 1 }).place("check"), random, time: () => 0 };
  const connected = new ConnectedSensors(board, clock, surroundings);
  const opensNothing = () => {
    throw new Error("it is not started");
  };
  const platform: Platform = {
    board: board.id,
    machine: {
      id: "000000000000",
      restartReason: "power on",
      freeMemory: () => undefined,
      random: random.random,
      restart: nothing,
    },
    clock,
    openLink: opensNothing,
    resolve: opensNothing,
    openSocket: opensNothing,
    session: new MemoryStore(),
    settings: new MemoryStore(),
    sensors: simulatedSensors(board, surroundings),
    pins: new SimulatedPins(board),
    openDriver: connected.open.bind(connected),
  };
  const broker = { host: "localhost", port: 1883 };
  try {
    new Mote(platform, { id: "check", broker, firmware: "", journal: silent, application: declared });
  } catch (error) {
    throw new UsageError(`--app ${file}: ${(error as Error).message}`);
  }
}
