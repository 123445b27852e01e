/** A process that runs stories for `explore`: it is sent a seed and answers with what came of it. */
import { shrink } from "../../core/sim/shrink.js";
import { Simulation } from "../../core/sim/simulation.js";
import { drawStory } from "../../core/sim/story.js";
import type { Answer, Order } from "./pool.js";

process.on("message", ({ seed, hours, nodes, shrinks, enough }: Order) => {
  const before = process.cpuUsage();
  const excerpt = { seed, hours, nodes, steps: undefined };
  const result = new Simulation(drawStory(excerpt), enough === undefined ? {} : { enough }).run();
  const { user, system } = process.cpuUsage(before);
  const milliseconds = (user + system) / 1000;
  const [first] = result.violations;
  const shrunk = first === undefined || !shrinks ? undefined : shrink(excerpt, first);
  process.send?.({ result, milliseconds, shrunk } satisfies Answer);
});

// Whoever started it has ended.
process.on("disconnect", () => process.exit());
