import type { QoS } from "../../../src/mqtt/api.js";
import type { BrokerMessage } from "./message.js";

/** Whoever watches the broker. `id` is the client identifier. */
export interface BrokerWatch {
  /** CONNECT was granted. @param present the session there was goes on */
  connected(id: string, present: boolean): void;
  disconnected(id: string, reason: string): void;
  /** A packet has come from the client (`up`) or is sent to it. @param length bytes of its body */
  packet(id: string, up: boolean, first: number, packetId: number, length: number): void;
  /**
   * PUBLISH has come from a client, or PUBREL for a message that is passed on then.
   * @param fresh the message is passed on; false: with QoS 2 it was before, or will be at PUBREL
   */
  arrived(id: string, message: BrokerMessage, duplicate: boolean, fresh: boolean): void;
  /** So many QoS 1 and 2 messages of this connection are not acknowledged to the end. */
  inFlight(id: string, count: number): void;
  /** A message was sent again after one that was first sent after it; both by their fingerprints. [MQTT-4.6.0-1] */
  disordered(id: string, packetId: number, print: number, before: number): void;
  /** A message with this QoS is the session's to deliver from now on. */
  routed(id: string, message: BrokerMessage, QoS: QoS): void;
  /** The client has sent PUBACK or PUBREC for a message. */
  acknowledged(id: string, message: BrokerMessage): void;
  /** The session has gone, with all that was in it. @param byClient the client has asked for it, by Clean Session 1 */
  sessionLost(id: string, byClient: boolean): void;
  /** The message cannot be queued: it is dropped. */
  dropped(id: string, message: BrokerMessage): void;
  /**
   * Something of the client's came that the broker does not bear: it closes the connection, or answers wrongly.
   * @param guilty what of it that is
   * @param print the fingerprint, where it is a message
   */
  refused(id: string, guilty: readonly string[], print: number | undefined): void;
  /** The client has done what a conforming broker closes the connection for. */
  rejected(id: string, rule: string, why: string): void;
  /** A connection has ended without DISCONNECT, and its will is published. @param clean its CONNECT had Clean Session 1 */
  willed(id: string, clean: boolean): void;
  /** The client was silent for one and a half times its keep alive. [MQTT-3.1.2-24] */
  silent(id: string, ms: number): void;
}

/** Of a broker that nobody watches. */
export const quietWatch: BrokerWatch = Object.freeze({
  connected() {},
  disconnected() {},
  packet() {},
  arrived() {},
  inFlight() {},
  disordered() {},
  routed() {},
  acknowledged() {},
  sessionLost() {},
  dropped() {},
  refused() {},
  rejected() {},
  willed() {},
  silent() {},
});
