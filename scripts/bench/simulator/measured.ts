/** A process that runs stories and says how long they took it. */
import { Simulation } from "../../../host-sim/core/sim/simulation.js";
import { drawStory } from "../../../host-sim/core/sim/story.js";

/** What it was told to run. */
interface Order {
  readonly hours: number;
  readonly seeds: number;
  readonly from: number;
}

export interface Pace {
  /** Virtual. */
  readonly hours: number;
  readonly accepted: number;
  readonly cpuSeconds: number;
}

const { hours, seeds, from } = JSON.parse(process.argv[2] as string) as Order;

function run(seed: number): { readonly hours: number; readonly accepted: number } {
  const { duration, accepted, violations } = new Simulation(drawStory({ seed: String(seed), hours, nodes: 1 })).run();
  if (violations.length > 0) throw new Error(`seed ${seed} breaks the promise: npm run sim -- replay`);
  return { hours: duration / 3_600_000, accepted };
}

// Once for the compiler.
run(from);
const before = process.cpuUsage();
const results = Array.from({ length: seeds }, (_, index) => run(from + index));
const { user, system } = process.cpuUsage(before);
process.send?.({
  hours: results.reduce((sum, result) => sum + result.hours, 0),
  accepted: results.reduce((sum, result) => sum + result.accepted, 0),
  cpuSeconds: (user + system) / 1e6,
} satisfies Pace);
