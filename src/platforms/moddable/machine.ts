/** The machine itself. */

import getResetReason from "resetReason";
import instrumentation from "instrumentation";
import type { Machine } from "../../platform.js";

/** esp_reset_reason(), in the words of {@link Machine.restartReason}. */
const reasons: readonly string[] = Object.freeze([
  "unknown",
  "power on",
  "reset pin",
  "restart",
  "panic",
  "watchdog",
  "watchdog",
  "watchdog",
  "deep sleep",
  "brown-out",
  "SDIO",
]);
const SOFTWARE = 3;

/**
 * @param MAC of the radio, as `aa:bb:cc:dd:ee:ff`
 * @param abort why the last run was aborted, where it was: to ESP-IDF that is a restart by software like another
 */
export function deviceMachine(MAC: string | undefined, abort: string | undefined): Machine {
  const { reason } = getResetReason();
  return {
    id: (MAC ?? "").toLowerCase().replaceAll(":", "") || "0",
    restartReason: reason === SOFTWARE && abort !== undefined ? `abort: ${abort}` : (reasons[reason] ?? "unknown"),
    // Counted only in builds with instrumentation (mcconfig -d, or -i).
    freeMemory: () => instrumentation.get(instrumentation.map("System Free Memory")),
    random: Math.random,
    restart() {
      const { restart } = System as unknown as { restart?: () => void };
      if (restart === undefined) throw new Error("this platform cannot restart");
      restart();
    },
  };
}
