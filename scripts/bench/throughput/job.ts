/** What a measured process is told, and what it answers. */
import type { QoS } from "../../../src/mqtt/api.js";

/** The three that are compared: two clients, and a loop of nothing but bytes. */
export const contenders = ["motewire", "mqtt.js", "raw"] as const;
export type ContenderName = (typeof contenders)[number];

export interface Job {
  readonly contender: ContenderName;
  readonly direction: "publish" | "receive";
  readonly host: string;
  readonly port: number;
  readonly topic: string;
  readonly QoS: QoS;
  /** Bytes of a payload. */
  readonly size: number;
  /** Messages under way at most: the same for all contenders, and for what the broker sends. */
  readonly window: number;
  /** Milliseconds before anything counts. */
  readonly warmUp: number;
  /** Milliseconds that count. */
  readonly counted: number;
}

export interface Measurement {
  readonly messages: number;
  readonly milliseconds: number;
  /** Processor time of the whole process, its garbage collector's and compiler's included. */
  readonly cpuMicroseconds: number;
  /** Bytes of the process at the end. */
  readonly residentBytes: number;
  /** Bytes by which the JavaScript heap has grown while it counted, both ends after a collection. */
  readonly heapGrowth: number;
}

/** A receiver tells now and then how much it has, so that nobody publishes more than it takes. */
export interface Progress {
  readonly received: number;
}

/** A receiver has its subscription. */
export interface Ready {
  readonly ready: true;
}

/** Messages that a feeder may be ahead of the receiver. */
export const AHEAD = 1024;
/** Messages after which a receiver says how far it is. */
export const REPORTED = 256;
