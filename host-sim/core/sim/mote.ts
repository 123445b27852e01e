/** The sensor node as a program of the simulation. */
import type { QoS } from "../../../src/mqtt/api.js";
import type { Journal } from "../../../src/node/journal.js";
import { SensorNode } from "../../../src/node/node.js";
import type { Platform } from "../../../src/platform.js";
import { type Program, saysParked, type Witness } from "./program.js";

export interface MoteOptions {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Milliseconds from one reading to the next. */
  readonly interval: number;
  readonly QoS: QoS;
}

/** The client's defaults, which the node leaves as they are. */
const WINDOW = 8;
const MAXIMUM_QUEUED = 16_384;
const KEEP_ALIVE = 60_000;
/** The node's own choice. */
const RECEIVE_BUFFER = 1280;
/** Milliseconds for what is accepted to be delivered before the node sleeps. */
const GRACE = 10_000;

export function mote(platform: Platform, witness: Witness, options: MoteOptions): Program {
  const { id, host, port, interval, QoS } = options;
  const journal: Journal = {
    link: (state) => witness.link(state),
    connected: (sessionPresent) => witness.connected(sessionPresent),
    disconnected: (reason, delay) => witness.disconnected(reason, delay),
    accepted: (token, topic, payload, acceptedQoS) => witness.accepted(token, topic, payload, acceptedQoS),
    published: (token, outcome) => witness.published(token, outcome),
    revised: (token, topic, payload) => witness.revised(token, topic, payload),
    dropped: (token, topic, payload) => witness.dropped(token, topic, payload),
    received: (topic, payload, receivedQoS, retain) => witness.handed(0, topic, payload, receivedQoS, retain),
    command: () => undefined,
    result: () => undefined,
    error: (error, where) => {
      if (saysParked(error)) witness.parked(undefined);
      witness.error(error, where);
    },
  };
  const node = new SensorNode(platform, {
    broker: { host, port },
    id,
    firmware: "simulated",
    override: { interval, QoS },
    journal,
  });
  return {
    id,
    window: WINDOW,
    maximumQueued: MAXIMUM_QUEUED,
    receiveBuffer: RECEIVE_BUFFER,
    keepAlive: KEEP_ALIVE,
    pending: undefined,
    start: () => node.start(),
    stop: (done) => node.stop(GRACE, done),
  };
}
