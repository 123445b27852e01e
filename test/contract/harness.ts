/** A simulated machine around whatever part a contract is about, the others being simulated too. */

import { Network } from "../../host-sim/core/network/network.js";
import { SimulatedWifi } from "../../host-sim/core/network/wifi.js";
import { MemoryStore } from "../../host-sim/core/storage/memory-store.js";
import { VirtualClock } from "../../host-sim/core/world/clock.js";
import { Boot, machineId, type Parts } from "../../host-sim/core/world/machine.js";
import { SimulatedPins } from "../../host-sim/core/world/pins.js";
import { RandomStream } from "../../host-sim/core/world/random.js";

export function bootOf(parts: Partial<Parts>): Boot {
  const random = new RandomStream("contract");
  const clock = parts.clock ?? new VirtualClock();
  const station = new Network({ clock }).station();
  return new Boot({
    board: "lin",
    machine: { id: machineId(random), random: random.random },
    clock,
    openLink: new SimulatedWifi({ clock, random, signal: () => -60 }).open,
    resolve: station.resolve,
    openSocket: station.openSocket,
    session: new MemoryStore(),
    settings: new MemoryStore(),
    sensors: [],
    pins: new SimulatedPins({ id: "lin", pins: {} }),
    openDriver: () => {
      throw new Error("nothing is connected");
    },
    ...parts,
  });
}
