/** A simulated machine around whatever part a contract is about, the others being simulated too. */
import { VirtualClock } from "../../host-sim/core/clock.js";
import { Boot, machineId, type Parts } from "../../host-sim/core/machine.js";
import { MemoryStore } from "../../host-sim/core/memory-store.js";
import { Network } from "../../host-sim/core/network.js";
import { RandomStream } from "../../host-sim/core/random.js";
import { SimulatedWifi } from "../../host-sim/core/wifi.js";

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
    ...parts,
  });
}
