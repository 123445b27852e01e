/** What the parent wants the node to be. */
import type { MoteOptions } from "../../../src/mote/mote.js";

export function readOptions(): Omit<MoteOptions, "application" | "journal"> {
  return JSON.parse(host.ask("options") as string);
}
