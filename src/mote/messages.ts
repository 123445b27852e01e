import type { QoS } from "../mqtt/api.js";
import type { AlertDeclaration } from "./application.js";
import type { FieldDescription } from "./field.js";

/**
 * What the payloads hold: every message is one flat JSON object, diagnostics and description excepted. Fields are only ever added.
 * Types only; which topic carries what is in topics.ts.
 */

/** When something was: the time of day, or as long as that is not known the start it belongs to and the time since. */
export interface Stamp {
  /** ISO 8601, UTC: `2026-11-23T08:15:00.000Z`. */
  time?: string;
  /** Instead of `time`: the {@link StatusMessage.instance} of this start. */
  boot?: string;
  /** Instead of `time`: milliseconds since the start. */
  uptime?: number;
}

/** The node's presence, retained. */
export interface StatusMessage {
  status: "online" | "offline";
  /**
   * One start of one device: `17-3fa9c2d1`, a count of the starts and a random number. Two instances that take turns
   * here are two devices with the same id.
   */
  instance: string;
  /** Offline: `connection lost` (the last will), `stopped` or `restart`. */
  reason?: string;
  /** Online: the firmware's version. */
  firmware?: string;
  /** Online: the board's id. */
  board?: string;
  /** Online: why the device started. */
  restartReason?: string;
}

/**
 * What one sensor measured: beside the fields here one for each quantity, by its ECMA-419 name. `temperature` in °C,
 * `humidity` in %, `pressure` in Pa, `voltage` in V; rounded to 3 decimals.
 */
export interface ReadingMessage extends Stamp {
  /**
   * Number of the sampling round since the start, from 1. All sensors of a round share it; a gap is a reading
   * that was lost, or that a `sample` command found no room for. A sensor with an `interval` or `change` of its own counts its
   * own readings: there each gap is a reading that was lost.
   */
  seq: number;
  [quantity: string]: number | string | undefined;
}

/** How something is, retained: an output, an input, an alert. The time is that of the change. */
export interface StateMessage extends Stamp {
  state: "on" | "off" | "raised" | "cleared";
  /** Of an alert: what was measured then. */
  value?: number;
}

/** What the node is, as its application declares it, retained. By name, what there is of each kind. */
export interface DescriptionMessage {
  version: 1;
  application?: string;
  firmware: string;
  board: string;
  /** The unit of each quantity of each sensor. */
  sensors: { [id: string]: { [quantity: string]: string } };
  inputs: { [name: string]: object };
  outputs: { [name: string]: object };
  alerts: { [name: string]: AlertDeclaration };
  /** Fields beside `id`; values as people write them. */
  commands: { [name: string]: { needsId?: true; fields: { [field: string]: FieldDescription } } };
  settings: { [name: string]: FieldDescription };
}

/** How the node fares. */
export interface DiagnosticsMessage {
  time?: string;
  boot: string;
  uptime: number;
  /** Received signal strength, dBm. */
  rssi?: number;
  address?: string;
  /** Bytes. */
  freeMemory?: number;
  /** Times the connection to the broker was made anew since the start. */
  reconnects: number;
  /** Why the device started. */
  restartReason: string;
  /** With which readings and diagnostics go out; less than the setting where the broker has no QoS 2. */
  QoS: QoS;
  /** Messages of this start: found + taken = delivered + lost + full + age + refused + waiting. This one does not count yet. */
  messages: {
    /** Accepted by an earlier start. */
    found: number;
    /** Made. */
    taken: number;
    delivered: number;
    /** QoS 0 whose connection broke. */
    lost: number;
    /** Given up to make room for others. */
    full: number;
    /** Given up for their age. */
    age: number;
    /** Given up at once, for the client did not take them. */
    refused: number;
    /** Accepted and not delivered. */
    waiting: number;
    /** Of those, messages that rest because the broker closed the connection whenever they were sent. */
    parked: number;
  };
  /** The three kinds of given up over all starts. After a loss of power those of the last moment may be missing. */
  dropped: { full: number; age: number; refused: number };
  counters: {
    /** Messages that were given up: full + age + refused. */
    dropped: number;
    /** Accepted messages that were lost: QoS 0 whose connection broke. */
    lost: number;
    /** Commands that were refused, whatever the reason. */
    refused: number;
    /** Of those, commands that came too fast, or for whose results there was no room. */
    busy: number;
    /** Samples that failed, and quantities that were no number. */
    failed: number;
    /** Sampling rounds that were skipped because the node was busy. */
    skipped: number;
  };
}

/** An order to the node; an empty payload is one without fields. At most 1,024 bytes, 32 fields. Which ones: commands.ts. */
export interface CommandMessage {
  /** 1 to 64 bytes of your choice, without control characters; comes back in the result. `restart` demands one. */
  id?: string;
  [field: string]: unknown;
}

/**
 * The answer to a command. An answer with QoS 0 (busy, or for want of room) is not stored: a broken connection may lose it.
 */
export interface ResultMessage {
  id?: string | undefined;
  ok: boolean;
  /** When not ok, and then nothing has changed: what is wrong and what would be right. `busy…`: send it again later. */
  error?: string;
  [field: string]: unknown;
}
