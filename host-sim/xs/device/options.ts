/** What the parent wants the node to be. */
import type { NodeOptions } from "../../../src/node/node.js";

export function readOptions(): Omit<NodeOptions, "journal"> {
  return JSON.parse(host.ask("options") as string);
}
