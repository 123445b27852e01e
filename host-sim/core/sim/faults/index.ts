/** Every fault there is. */
import { brokerFaults } from "./broker.js";
import { deviceFaults } from "./device.js";
import type { Fault } from "./fault.js";
import { floodFaults } from "./flood.js";
import { networkFaults } from "./network.js";
import { strangerFaults } from "./stranger.js";

export const faults: readonly Fault[] = Object.freeze([
  ...networkFaults,
  ...deviceFaults,
  ...brokerFaults,
  ...strangerFaults,
  ...floodFaults,
]);

export function findFault(name: string): Fault | undefined {
  return faults.find((fault) => fault.name === name);
}
