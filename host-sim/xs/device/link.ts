/** The parent's radio. */
import type { LinkState, NetworkLink, NetworkLinkOptions } from "../../../src/platform.js";

export class ParentLink implements NetworkLink {
  state: LinkState = "down";
  address: string | undefined;
  #options: NetworkLinkOptions | undefined;

  get rssi(): number | undefined {
    return host.ask("rssi") as number | undefined;
  }

  open(options: NetworkLinkOptions): NetworkLink {
    this.#options = options;
    host.tell("join");
    return this;
  }

  /** @param text `<state> <address or -> <detail>` */
  hear(text: string): void {
    const [state, address, ...detail] = text.split(" ");
    this.state = state as LinkState;
    this.address = address === "-" ? undefined : address;
    this.#options?.onChanged(this.state, detail.join(" "));
  }

  close(): void {
    this.#options = undefined;
    host.tell("leave");
  }
}
