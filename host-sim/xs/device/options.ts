/** What the parent wants the node to be. */
import type { MoteOptions } from "../../../src/mote/mote.js";

export interface DeviceOptions extends Omit<MoteOptions, "application" | "journal"> {
  /** @see MoteOptions.broker; with `path` it is reached over WebSocket, there on its server. */
  readonly broker: MoteOptions["broker"] & { readonly path?: string };
}

export function readOptions(): DeviceOptions {
  return JSON.parse(host.ask("options") as string);
}
