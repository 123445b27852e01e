/** Host names, as the SDK's `System.resolve` finds them (on ESP32 lwip's DNS client). */
import type { Report } from "../../mote/errors.js";
import type { Clock, Resolve } from "../../platform.js";

type SystemResolve = (host: string, found: (host: string, address: string | undefined) => void) => void;

export function resolver(clock: Clock, report: Report): Resolve {
  return (host, found) => {
    let answered = false;
    const answer = (address: string | undefined) => {
      if (answered) return;
      answered = true;
      try {
        found(address);
      } catch (error) {
        report(error, "resolve");
      }
    };
    try {
      (System as unknown as { resolve: SystemResolve }).resolve(host, (_host, address) => answer(address));
    } catch (error) {
      report(error, "resolve");
      clock.setTimer(() => answer(undefined), 0);
    }
  };
}
