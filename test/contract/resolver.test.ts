import { Network } from "../../host-sim/core/network/network.js";
import type { VirtualClock } from "../../host-sim/core/world/clock.js";
import type { Resolve } from "../../src/platform.js";
import { resolve } from "../../src/platforms/nodejs/resolve.js";
import { clockAtTheWrap, runContract, runDefects, untilReal, untilVirtual } from "./contract.js";
import { bootOf } from "./harness.js";
import { type ResolverHarness, resolverContract } from "./resolver.contract.js";

function virtual(change: (resolve: Resolve, clock: VirtualClock) => Resolve = (same) => same): ResolverHarness {
  const clock = clockAtTheWrap();
  const network = new Network({ clock });
  network.name("broker.test", "192.0.2.1");
  return {
    resolve: change(network.station().resolve, clock),
    known: { host: "broker.test", addresses: ["192.0.2.1"] },
    unknown: "nobody.test",
    until: untilVirtual(clock),
  };
}

runContract("resolver in memory", resolverContract, () => virtual());

runContract("resolver of a simulated machine", resolverContract, () =>
  virtual((resolve, clock) => bootOf({ resolve, clock }).platform.resolve),
);

runContract("resolver of Node.js", resolverContract, () => ({
  resolve,
  known: { host: "localhost", addresses: ["127.0.0.1", "::1"] },
  // A label is 63 bytes at most: no server is asked.
  unknown: `${"x".repeat(64)}.test`,
  until: untilReal,
}));

runDefects("the resolver's contract", resolverContract, [
  ["finds nothing", "finds an address for a name", () => virtual((r) => (_, found) => r("nobody.test", found))],
  [
    "looks at capitals",
    "knows a name in capitals too",
    () => virtual((r) => (host, found) => r(/[A-Z]/.test(host) ? "nobody.test" : host, found)),
  ],
  [
    "does not know an address when it sees one",
    "takes an address for its own answer",
    () => virtual((r) => (host, found) => r(/^\d/.test(host) ? "nobody.test" : host, found)),
  ],
  [
    "knows everybody",
    "answers undefined for a name that has no address, and for what is no name",
    () => virtual((r) => (host, found) => r(host, (address) => found(address ?? "192.0.2.9"))),
  ],
  [
    "throws at what is no name",
    "answers undefined for a name that has no address, and for what is no name",
    () =>
      virtual((r) => (host, found) => {
        if (host === "") throw new Error("not a name");
        r(host, found);
      }),
  ],
  [
    "answers addresses at once",
    "calls back later, never from inside the call",
    () => virtual((r) => (host, found) => (host === "127.0.0.1" ? found(host) : r(host, found))),
  ],
  [
    "answers twice",
    "calls back exactly once for each question, and keeps questions apart",
    () =>
      virtual((r) => (host, found) => {
        r(host, found);
        r(host, found);
      }),
  ],
  [
    "gives everybody the last answer",
    "calls back exactly once for each question, and keeps questions apart",
    () =>
      virtual((r) => {
        let last = "";
        return (host, found) => {
          last = host;
          r(host, () => r(last, found));
        };
      }),
  ],
]);
