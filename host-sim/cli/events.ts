/**
 * What a run tells, event by event: the one stream that the log and the JSON lines (`--json`) are made from.
 *
 * This is a public format. Events and fields are only ever added. Every event but the summary has `t`, milliseconds since
 * the run began; the summary is the last one. Payloads are text as sent, UTF-8.
 */
import type { Packet } from "mqtt-packet";
import type { DropReason } from "../../src/mote/journal.js";
import type { QoS } from "../../src/mqtt/api.js";
import type { ErrorKind } from "../../src/mqtt/errors.js";
import type { LinkState } from "../../src/platform.js";

/** The node is about to start. */
export interface Started {
  event: "started";
  board: string;
  id: string;
  /** The broker's URL, without user and password. */
  broker: string;
  /** Who the node is to the broker, where that is asked for. */
  user?: string;
  /** The broker belongs to this program and ends with it. */
  embedded: boolean;
  /** Where the embedded broker listens for WebSocket too: a URL. */
  webSocket?: string;
  /** Where a browser shows the node: a URL with the token that controls the simulator. */
  page?: string;
  /** With `--lan`: how others on the network come in. */
  lan?: {
    /** The page's URL at each of this computer's addresses. */
    pages: readonly string[];
    /** The broker's login. */
    user: string;
    password: string;
    /** Flashes a board of this kind; absent where the application has no manifest. */
    flash?: string;
  };
  seed: number;
  firmware: string;
}

/** The way to the network has changed. */
export interface Wifi {
  event: "wifi";
  state: LinkState;
  /** The network joined, the reason of a loss. */
  detail: string;
  address?: string;
  /** dBm */
  rssi?: number;
}

/** The broker has accepted the connection. */
export interface Connected {
  event: "connected";
  /** The broker still had the node's session. */
  sessionPresent: boolean;
}

/** The connection has ended or an attempt has failed. */
export interface Disconnected {
  event: "disconnected";
  reason: string;
  /** Milliseconds until the next attempt; absent when there will be none before the network is back. */
  delay?: number;
}

/** The client has taken a message. */
export interface Accepted {
  event: "accepted";
  /** Names the message until it is done with. */
  token: number;
  topic: string;
  QoS: QoS;
  retain: boolean;
  payload: string;
}

/** A message is done with. QoS 0: handed to the socket. Not told of messages accepted before this program started. */
export interface Acknowledged {
  event: "acknowledged";
  token: number;
  topic: string;
  QoS: QoS;
  /** Since it was accepted. */
  ms: number;
  /** The broker had lost its session meanwhile: it may have the message twice. */
  mayBeDuplicated?: true;
}

/** A message that was accepted and never sent has another payload from now on: its time was not known before. */
export interface Revised {
  event: "revised";
  token: number;
  topic: string;
  payload: string;
}

/** A message that was accepted and never sent is given up. */
export interface Dropped {
  event: "dropped";
  token: number;
  topic: string;
  payload: string;
  /** There was no room, or it was too old. */
  reason: DropReason;
}

/** A message has arrived at the node. */
export interface Received {
  event: "received";
  topic: string;
  QoS: QoS;
  retain: boolean;
  payload: string;
}

/** The node obeys a command. */
export interface Command {
  event: "command";
  name: string;
  id?: string;
}

/** The node answers a command. */
export interface Result {
  event: "result";
  name: string;
  /** As it goes to the result topic: JSON. */
  payload: string;
}

/** Something went wrong, and the run goes on. */
export interface Failure {
  event: "error";
  message: string;
  /** The part it happened in: `sensor climate`, `mqtt`, `observer`. */
  where: string;
  /** Of errors of the client: whose it is, and its lasting name. */
  kind?: ErrorKind;
  code?: string;
  /** Of an error that the firmware did not catch: where it comes from. */
  stack?: string;
}

/** Memory of the XS machine (`--engine xs`), after garbage was collected, in a device's terms: slots of 16 bytes. */
export interface Heap {
  event: "heap";
  /** `boot` before the first line of the firmware, `connected`, `running`, `exit`. */
  label: string;
  /** Bytes in use: slots, chunks and the stack. */
  used: number;
  /** Bytes that the board gives to XS. */
  size: number;
  slots: number;
  /** Bytes of strings, byte arrays and what else varies in size. */
  chunks: number;
  /** Of the stack, in use at most until now. */
  stackSlots: number;
}

/** The device's LED blinks in another colour than before; that it goes dark in between is not told. */
export interface LedEvent {
  event: "led";
  /** `#rrggbb`, as the node would have it; a plain LED shows all of them alike, each in its own rhythm. */
  colour: string;
}

/** Somebody has cut the simulated device's power, or given it back: its storage is as it was. */
export interface Power {
  event: "power";
  on: boolean;
}

/** The simulated device restarts, its storage as it was. */
export interface Restart {
  event: "restart";
  reason: string;
  /** Restarts until now, this one included. */
  count: number;
}

/** The run comes to its end: the node is stopped in order. */
export interface Stopping {
  event: "stopping";
  /** A signal's name, or words. */
  reason: string;
}

/** A packet on the wire (`--wire`), decoded by mqtt-packet. */
export interface Wire {
  event: "wire";
  /** From the node to the broker, or back. */
  direction: "sent" | "received";
  /** Counts the node's connections, from 1. */
  connection: number;
  /** Bytes. */
  length: number;
  /** As mqtt-packet has it; its payload as text. Absent when `problem` says why. */
  packet?: Packet;
  /** The bytes are no packet. */
  problem?: string;
}

/** How the run went. Counts of application messages. */
export interface Summary {
  event: "summary";
  /** Accepted by the client. */
  published: number;
  /** Of those, acknowledged; QoS 0: handed to the socket. */
  acknowledged: number;
  received: number;
  /** Accepted, not pending, and not seen by the observer on the broker. Null when it could not observe. */
  lost: number | null;
  /** Published with QoS 2 and seen more than once. Null when it could not be told. */
  duplicated: number | null;
  /** Connections after the first one of each start of the device. */
  reconnects: number;
  /** Restarts of the simulated device. */
  restarts: number;
  /** Accepted, by this run or one before it, never sent, and given up by the node's drop policy. Neither pending nor lost. */
  dropped: number;
  /** Readings that the client did not take, for want of room: they are not among the published. */
  refused: number;
  /** Accepted and not acknowledged at the end; with `--store` they are kept for the next run. */
  pending: number;
  seconds: number;
}

/** What happens while a run lasts. */
export type Happening =
  | Started
  | Wifi
  | Connected
  | Disconnected
  | Accepted
  | Acknowledged
  | Revised
  | Dropped
  | Received
  | Command
  | Result
  | Failure
  | LedEvent
  | Heap
  | Restart
  | Power
  | Stopping
  | Wire;

export type SimEvent = (Happening & { t: number }) | Summary;

/** Shows events to whoever ran the program. */
export interface Renderer {
  show(event: SimEvent): void;
}
