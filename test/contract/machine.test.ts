import { Boot, machineId } from "../../host-sim/core/world/machine.js";
import { RandomStream } from "../../host-sim/core/world/random.js";
import type { Machine } from "../../src/platform.js";
import { runContract, runDefects, untilReal } from "./contract.js";
import { bootOf } from "./harness.js";
import { type MachineHarness, machineContract } from "./machine.contract.js";

function simulated(
  spoil: (machine: Machine) => Partial<Machine> = () => ({}),
  freeMemory?: () => number,
): MachineHarness {
  const harness = {
    restarts: 0,
    start: starter("one"),
    another: starter("two"),
    until: untilReal,
  };
  function starter(seed: string): MachineHarness["start"] {
    const stream = new RandomStream(seed);
    const id = machineId(stream);
    return (run) => {
      const machine = { id, random: stream.stream("machine").random, ...(freeMemory && { freeMemory }) };
      const boot = new Boot({ ...bootOf({}).platform, machine }, { onRestart: () => harness.restarts++ });
      const own = boot.platform.machine;
      boot.run(() => run({ ...own, ...spoil(own) }));
    };
  }
  return harness;
}

runContract("simulated machine", machineContract, () => simulated());
runContract("simulated machine that counts its memory", machineContract, () => simulated(undefined, () => 41_000));

runDefects("the machine's contract", machineContract, [
  ["has a name for an id", "has an id of 1 to 12 characters of 0-9 a-f", () => simulated(() => ({ id: "kitchen" }))],
  [
    "has a fresh id at every start",
    "has the same id at every start, and no other machine has it",
    () => {
      let count = 0;
      return simulated(() => ({ id: (++count).toString(16) }));
    },
  ],
  [
    "has the id of all its kind",
    "has the same id at every start, and no other machine has it",
    () => simulated(() => ({ id: "c0ffee" })),
  ],
  ["does not say why", "says why it started", () => simulated(() => ({ restartReason: "" }))],
  [
    "counts in kilobytes",
    "counts its free memory in bytes, or says that nobody does",
    () => simulated(() => ({ freeMemory: () => 41.2 })),
  ],
  [
    "throws the same dice for ever",
    "gives random numbers from 0 to 1, the 1 excluded, and needs no `this` for it",
    () => simulated(() => ({ random: () => 0.5 })),
  ],
  [
    "throws dice of six",
    "gives random numbers from 0 to 1, the 1 excluded, and needs no `this` for it",
    () => simulated(({ random }) => ({ random: () => 1 + Math.floor(6 * random()) })),
  ],
  [
    "restarts later and goes on until then",
    "restarts, and does not return control to what runs on it",
    () =>
      simulated((machine) => ({
        restart: () => {
          try {
            machine.restart();
          } catch {
            // goes on
          }
        },
      })),
  ],
  [
    "does not restart",
    "restarts once, though the program catches what it can and asks again",
    () => ({ ...simulated(() => ({ restart: () => {} })), until: async () => {} }),
  ],
]);
