/**
 * A porch: how warm it is, how wet the pot of herbs, who comes, and a lamp. One file, for the simulator and for each board:
 *
 *     npm start -- --app examples/porch/main.ts
 */
import { application } from "motewire/application";

/** Volts of the probe in dry soil and in water, and what that means. */
const DRY = 2.2;
const WET = 0.9;

export default application({
  name: "porch",
  sensors: {
    // The board's own, by what it measures: each board has another.
    air: { board: "temperature" },
    herbs: { analog: "A1", volts: [DRY, WET], values: [0, 100], quantity: "moisture", unit: "%" },
    daylight: { read: brightness, quantity: "light", unit: "%" },
  },
  inputs: {
    motion: { pin: "D2" },
  },
  outputs: {
    lamp: { pin: "D1" },
  },
  alerts: {
    hot: { of: "air.temperature", above: 30, clear: 28.5, for: "30s" },
    thirsty: { of: "herbs.moisture", below: 20, clear: 35 },
  },
});

/** How light it is at this time of day, without a sensor for it. */
function brightness(): number {
  const hour = (Date.now() / 3_600_000) % 24;
  return Math.max(0, 100 * Math.sin(((hour - 6) * Math.PI) / 12));
}
