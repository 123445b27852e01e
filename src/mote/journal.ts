import type { Outcome, PayloadSource, QoS } from "../mqtt/api.js";
import type { LinkState } from "../platform.js";

/** Why a message was given up: for want of room, or too old. */
export type DropReason = "full" | "age";

/**
 * What the node tells whoever watches it: the trace of a device, the log of the simulator. Types only.
 *
 * The node calls it as things happen and expects it to return at once. A throw is dropped: watching does no harm.
 */
export interface Journal {
  /** The way to the network has changed. @param detail a few words: the network joined, the reason of a loss */
  link(state: LinkState, detail: string): void;
  /** The broker has accepted the connection. @param sessionPresent whether it still held the session */
  connected(sessionPresent: boolean): void;
  /**
   * The connection has ended or an attempt has failed.
   * @param reason a sentence for a person
   * @param delay milliseconds until the next attempt; undefined when there will be none before the network is back
   */
  disconnected(reason: string, delay: number | undefined): void;
  /**
   * The client has taken a message.
   * @param token names it until {@link published}
   * @param payload the text, or what it is read from; the source is as good later
   */
  accepted(token: number, topic: string, payload: string | PayloadSource, QoS: QoS, retain: boolean): void;
  /** An accepted message is done with. `delivered`: acknowledged, or at QoS 0 handed to the socket. */
  published(token: number, outcome: Outcome): void;
  /**
   * A message that was accepted, by this start or an earlier one, and never sent has another payload from now on.
   * Told before the store is asked: where it refuses, or power fails, the old one may stay.
   */
  revised(token: number, topic: string, payload: string): void;
  /** Such a message is given up; {@link published} will not follow. Told before the store is asked, as above. */
  dropped(token: number, topic: string, payload: string, reason: DropReason): void;
  /** A message has arrived. @param payload a view that is valid during the call only; copy what you keep */
  received(topic: string, payload: Uint8Array, QoS: QoS, retain: boolean): void;
  /** A command is well-formed as to its name and id and will be tried now. */
  command(name: string, id: string | undefined): void;
  /** The answer to a command, as it goes to the command's result topic. */
  result(name: string, payload: string): void;
  /** Something went wrong and the node goes on. @param where the part it happened in: `sensor climate`, `settings` … */
  error(error: Error, where: string): void;
}
