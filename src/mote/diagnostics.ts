import type { Client } from "../mqtt/client.js";
import type { Machine, NetworkLink } from "../platform.js";
import type { DiagnosticsMessage } from "./messages.js";
import type { Parts } from "./parts.js";
import { timeOfDay } from "./stamp.js";

/**
 * Says how the node fares. What it says is true of the moment only, so it is not queued while there is no connection or no
 * room: the message that was due then is made when there is.
 */
export class Diagnostics {
  private readonly parts: Parts;
  private readonly machine: Machine;
  private due = true;

  constructor(machine: Machine, parts: Parts) {
    this.machine = machine;
    this.parts = parts;
  }

  /** It is time for one. */
  beat(): void {
    this.due = true;
  }

  /** Publishes if one is due. Call it when connected, and when there is room again. */
  publish(client: Client, link: NetworkLink | undefined, reconnects: number): void {
    if (!this.due) return;
    const { topics, publisher, settings } = this.parts;
    const message = JSON.stringify(this.message(client, link, reconnects));
    this.due = publisher.offer(topics.diagnostics, message, settings.QoS) === 0;
  }

  private message(client: Client, link: NetworkLink | undefined, reconnects: number): DiagnosticsMessage {
    const { clock, uptime, instance, settings, publisher, tally, counters } = this.parts;
    const time = timeOfDay(clock);
    const rssi = link?.rssi;
    const address = link?.address;
    const freeMemory = this.machine.freeMemory();
    return {
      ...(time !== undefined && { time }),
      boot: instance,
      uptime: uptime.now(),
      // What is no number would be null in JSON.
      ...(isNumber(rssi) && { rssi }),
      ...(address !== undefined && { address }),
      ...(isNumber(freeMemory) && { freeMemory }),
      reconnects,
      restartReason: this.machine.restartReason,
      QoS: publisher.QoS(settings.QoS),
      messages: tally.messages(client.pending, client.parked.length),
      dropped: tally.total(),
      counters: counters.snapshot(tally),
    };
  }
}

function isNumber(value: number | undefined): value is number {
  return Number.isFinite(value);
}
