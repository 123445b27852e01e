import type { BoardProvider } from "../../../src/platforms/moddable/provider.js";
import { board } from "../board.js";
import { Simulated, SimulatedAnalog, SimulatedDigital } from "./simulated.js";

const device: BoardProvider = {
  board,
  I2C: {},
  io: { Analog: SimulatedAnalog, Digital: SimulatedDigital },
  sensor: { simulated: { Sensor: Simulated } },
};

// All the way down, which is XS's own; on a device the SDK's module "system" does it.
(Object.freeze as (object: object, deep: boolean) => void)(device, true);

export default device;
