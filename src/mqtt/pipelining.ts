/** Which messages may be sent right behind CONNECT, without its answer. Section 3.1.4. */
import { isQoS2, wasSent } from "./inflight.js";
import type { Outbox } from "./outbox.js";

/**
 * All that waits or nothing: it must be in memory, have QoS 1, and never have been sent, so that it is new to whatever session
 * the broker turns out to have.
 * @param window messages at most
 * @param room bytes at most
 * @returns the token of the last one, 0 when none may be sent
 */
export function earlyMessages({ log, length }: Outbox, window: number, room: number): number {
  if (log.length !== length || length > window || log.byteLength > room) return 0;
  let last = 0;
  for (let index = 0; index < length; index++) {
    const entry = log.at(index);
    if (wasSent(entry) || entry.source !== undefined || isQoS2(entry.packet)) return 0;
    last = entry.token;
  }
  return last;
}
