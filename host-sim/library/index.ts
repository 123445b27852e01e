/** `motewire/simulator`: nodes of an application for somebody's tests. docs/testing.md */

export type { MessageEvent, NodeEvent, SimulatedEvent } from "./events.js";
export type { Position, PowerCutOptions } from "./power-cuts.js";
export { survivesPowerCuts } from "./power-cuts.js";
export type { Simulated, SimulatedBroker, SimulatedNode, SimulateOptions } from "./virtual.js";
export { simulate } from "./virtual.js";
