/** Host names, as this computer resolves them. */
import { lookup } from "node:dns";
import { isIP } from "node:net";
import type { Resolve } from "../../platform.js";

/** All addresses of a name. IPv4 goes first, as on the device: a broker often listens there only, and `localhost` is both. */
export const resolve: Resolve = (host, found) => {
  if (isIP(host) !== 0 || host === "") {
    setImmediate(found, host === "" ? undefined : host);
    return;
  }
  try {
    lookup(host, { all: true, order: "ipv4first" }, (_error, addresses) => {
      const [first, ...others] = (addresses ?? []).map(({ address }) => address);
      found(first, others);
    });
  } catch {
    // A name that no resolver can be asked for.
    setImmediate(found, undefined);
  }
};
