/** The sensor node as a program of the simulation. */

import garden from "../../../examples/garden/main.js";
import { type Application, application as declare } from "../../../src/mote/application.js";
import type { Journal } from "../../../src/mote/journal.js";
import { Mote } from "../../../src/mote/mote.js";
import { textOfPayload } from "../../../src/mote/text.js";
import type { Durability, QoS } from "../../../src/mqtt/api.js";
import type { Platform } from "../../../src/platform.js";
import { type Program, saysParked, type Witness } from "./program.js";

export interface MoteOptions {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Milliseconds from one reading to the next. */
  readonly interval: number;
  readonly QoS: QoS;
  readonly application: Application;
  /** Bytes that may wait, and when they are stored. Default: as the node has them. */
  readonly maximumQueued?: number;
  readonly durability?: Durability | undefined;
}

/** The client's defaults, which the node leaves as they are. */
const WINDOW = 8;
const MAXIMUM_QUEUED = 16_384;
const KEEP_ALIVE = 60_000;
/** The node's own choice. */
const RECEIVE_BUFFER = 1280;
/** What the node says of itself. */
const MAXIMUM_AGE = 7 * 86_400_000;
/** Milliseconds for what is accepted to be delivered before the node sleeps. */
const GRACE = 10_000;

/** What a mote's story may name. Pins: as the simulated device has them. */
export const applications = Object.freeze({
  // One of each part that a page shows.
  simulated: declare({
    name: "simulated",
    inputs: { motion: { pin: "D2" } },
    outputs: { lamp: { pin: "D1" } },
    alerts: { warm: { of: "climate.temperature", above: 15, clear: 14.5, for: "1m" } },
  }),
  // A late sensor, readings on change and in their own interval, settings, a command, a topic and timers of its own.
  garden,
});

export type ApplicationName = keyof typeof applications;

export function mote(platform: Platform, witness: Witness, options: MoteOptions): Program {
  const { id, host, port, interval, QoS, application, maximumQueued = MAXIMUM_QUEUED, durability } = options;
  const journal: Journal = {
    link: (state) => witness.link(state),
    connected: (sessionPresent) => witness.connected(sessionPresent),
    disconnected: (reason, delay) => witness.disconnected(reason, delay),
    accepted: (token, topic, payload, acceptedQoS, retain) =>
      witness.accepted(token, topic, textOfPayload(payload), acceptedQoS, retain),
    published: (token, outcome) => witness.published(token, outcome),
    revised: (token, topic, payload) => witness.revised(token, topic, payload),
    dropped: (token, topic, payload, reason) => witness.dropped(token, topic, payload, reason),
    received: (topic, payload, receivedQoS, retain) => witness.handed(0, topic, payload, receivedQoS, retain),
    command: () => witness.obeys(),
    result: () => undefined,
    error: (error, where) => {
      if (saysParked(error)) witness.parked(undefined);
      witness.error(error, where);
    },
  };
  const node = new Mote(platform, {
    broker: { host, port },
    id,
    firmware: "simulated",
    override: { interval, QoS },
    application,
    maximumQueued,
    ...(durability !== undefined && { durability }),
    journal,
  });
  return {
    id,
    window: WINDOW,
    maximumQueued,
    receiveBuffer: RECEIVE_BUFFER,
    keepAlive: KEEP_ALIVE,
    commandsShare: maximumQueued / 4,
    maximumAge: MAXIMUM_AGE,
    pending: undefined,
    start: () => node.start(),
    stop: (done) => node.stop(GRACE, done),
  };
}
