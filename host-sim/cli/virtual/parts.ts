/** The device around a firmware on XS in virtual time: the parts of a board, in a world of its own that is the same each time. */
import type { Board } from "../../../boards/board.js";
import type { VirtualClock } from "../../core/world/clock.js";
import { ConnectedSensors } from "../../core/world/connected.js";
import { SimulatedPins } from "../../core/world/pins.js";
import { RandomStream } from "../../core/world/random.js";
import { simulatedSensors } from "../../core/world/sensors.js";
import { World } from "../../core/world/world.js";
import { XsParts } from "../xs-parts.js";

/** 2026-11-23, and from then on the time of the clock. */
const EPOCH = 1_795_392_000_000;

/** One start of a device. */
export function virtualParts(board: Board, clock: VirtualClock): XsParts {
  const surroundings = {
    place: new World({ seed: 1 }).place(board.id),
    random: new RandomStream(1),
    time: () => EPOCH + clock.elapsed,
  };
  const connected = new ConnectedSensors(board, clock, surroundings);
  return new XsParts(
    {
      board,
      id: "24a1603f0c10",
      sensors: simulatedSensors(board, surroundings),
      pins: new SimulatedPins(board),
      openDriver: connected.open.bind(connected),
      rssi: () => -60,
    },
    "power on",
  );
}
