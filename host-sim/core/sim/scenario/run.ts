/** Runs a scenario: its story, with what is set and what is expected on the way. */
import { utf8 } from "../../broker/message.js";
import type { Violation } from "../invariants.js";
import { type Result, Simulation } from "../simulation.js";
import type { Listener } from "../trace.js";
import type { Expectation, Measure, Scenario } from "./scenario.js";

/** Something was expected and is not so. */
export interface Disappointment {
  readonly at: number;
  /** Of the file. */
  readonly line: number;
  readonly text: string;
}

export interface ScenarioResult {
  readonly result: Result;
  readonly violations: readonly Violation[];
  readonly disappointments: readonly Disappointment[];
}

export function runScenario(scenario: Scenario, listener?: Listener): ScenarioResult {
  const simulation = new Simulation(scenario.story, { listener });
  const disappointments: Disappointment[] = [];
  for (const expectation of scenario.expectations) {
    simulation.at(expectation.at, () => disappointments.push(...look(simulation, expectation)));
  }
  for (const [index, { at, node, settings }] of scenario.settings.entries()) {
    simulation.at(at, () => {
      const { id } = simulation.judges[node] as { id: string };
      const command = JSON.stringify({ id: `set-${index}`, ...settings });
      simulation.broker.publish(`motewire/${id}/command/settings`, utf8(command), 1);
    });
  }
  const result = simulation.run();
  return { result, violations: result.violations, disappointments };
}

function look(simulation: Simulation, { at, line, node, what }: Expectation): Disappointment[] {
  const disappointments: Disappointment[] = [];
  for (const { measure, least, most } of what) {
    const seen = measured(simulation, measure, node);
    if (seen >= least && seen <= most) continue;
    const wanted = least === most ? `${least}` : `${least} to ${most === Number.MAX_SAFE_INTEGER ? "any" : most}`;
    disappointments.push({ at, line, text: `${measure} is ${seen}, expected is ${wanted}` });
  }
  return disappointments;
}

function measured({ judges, devices }: Simulation, measure: Measure, node: number | undefined): number {
  let sum = 0;
  for (const [index, { shakes, out, in: incoming, reconnects }] of judges.entries()) {
    if (node !== undefined && node !== index) continue;
    if (measure === "connected") sum += shakes.online ? 1 : 0;
    else if (measure === "missing") sum += out.missing;
    else if (measure === "accepted") sum += out.accepted;
    else if (measure === "arrived") sum += out.arrived;
    else if (measure === "handed") sum += incoming.handed;
    else if (measure === "connections") sum += reconnects;
    else if (measure === "parked") sum += out.parkings;
    else sum += devices[index]?.flash.commits ?? 0;
  }
  return sum;
}
