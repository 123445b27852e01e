/** What runs on a simulated device, and what it tells of itself to whoever watches. */

import type { DropReason } from "../../../src/mote/journal.js";
import type { Outcome, QoS } from "../../../src/mqtt/api.js";
import type { LinkState, Platform } from "../../../src/platform.js";

/** Takes what a program tells. Payloads are valid during the call only. */
export interface Witness {
  link(state: LinkState): void;
  connected(sessionPresent: boolean): void;
  disconnected(reason: string, delay: number | undefined): void;
  accepted(token: number, topic: string, payload: string | Uint8Array, QoS: QoS, retain?: boolean): void;
  published(token: number, outcome: Outcome): void;
  /** A message never sent has another payload from now on; told before the flash is written. */
  revised(token: number, topic: string, payload: string): void;
  /** A message never sent is given up, the flash permitting; told before it is written. */
  dropped(token: number, topic: string, payload: string, reason: DropReason): void;
  /** A message was handed over. @param token 0 where the program does not know it */
  handed(token: number, topic: string, payload: Uint8Array, QoS: QoS, retain: boolean): void;
  /** A command is about to be obeyed: what is accepted from now on is what it asks for, its result comes last. */
  obeys(): void;
  /** Filters that are wanted and not granted, and that are not wanted and not yet withdrawn. */
  requests(subscribing: number, unsubscribing: number): void;
  /**
   * The client has put messages aside.
   * @param tokens of all that rest; undefined where the program cannot know: it may be any
   */
  parked(tokens: readonly number[] | undefined): void;
  error(error: Error, where: string): void;
}

export interface Program {
  /** The client identifier. */
  readonly id: string;
  /** Most messages with QoS 1 and 2 in flight, and most bytes of accepted messages held. */
  readonly window: number;
  readonly maximumQueued: number;
  /** Bytes of the client's receive buffer. */
  readonly receiveBuffer: number;
  /** Milliseconds. */
  readonly keepAlive: number;
  /** Of `maximumQueued`, what commands ask for may take so many bytes, where the program says so. */
  readonly commandsShare?: number;
  /** Milliseconds for which a message is not too old to be sent, where the program says so. */
  readonly maximumAge?: number;
  /** Accepted messages that are not delivered, where the program knows. */
  readonly pending: number | undefined;
  /** Filters that the application wants, where it says so. */
  readonly filters?: ReadonlySet<string>;
  /** Those that the client has put aside. */
  readonly resting?: readonly string[];
  /** Opens what it needs and runs from then on. */
  start(): void;
  /** Ends in order, where the program can. @param done called when it has ended */
  stop?(done: () => void): void;
}

/** Codes of the errors by which the client says that it puts messages aside. */
export function saysParked(error: Error): boolean {
  const { code } = error as Error & { readonly code?: string };
  return code === "message-parked" || code === "qos-2-refused";
}

export type StartProgram = (platform: Platform, witness: Witness) => Program;
