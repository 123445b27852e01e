/** The node's journal, told to the parent: nothing of it is kept on XS. */

import type { DropReason, Journal } from "../../../src/mote/journal.js";
import type { Outcome, PayloadSource, QoS } from "../../../src/mqtt/api.js";
import type { MqttError } from "../../../src/mqtt/errors.js";
import type { LinkState } from "../../../src/platform.js";

export class ParentJournal implements Journal {
  link(state: LinkState, detail: string): void {
    host.tell("link", state, detail);
  }

  connected(sessionPresent: boolean): void {
    host.tell("connected", sessionPresent);
  }

  disconnected(reason: string, delay: number | undefined): void {
    host.tell("disconnected", reason, delay);
  }

  accepted(token: number, topic: string, payload: string | PayloadSource, QoS: QoS, retain: boolean): void {
    // What is read piece by piece is told so: the parent puts it together.
    if (typeof payload !== "string") tellPieces(payload);
    host.tell("accepted", token, topic, typeof payload === "string" ? payload : undefined, QoS, retain);
  }

  published(token: number, outcome: Outcome): void {
    host.tell("published", token, outcome);
  }

  revised(token: number, topic: string, payload: string): void {
    host.tell("revised", token, topic, payload);
  }

  dropped(token: number, topic: string, payload: string, reason: DropReason): void {
    host.tell("dropped", token, topic, payload, reason);
  }

  received(topic: string, payload: Uint8Array, QoS: QoS, retain: boolean): void {
    host.tell("received", topic, payload, QoS, retain);
  }

  command(name: string, id: string | undefined): void {
    host.tell("command", name, id);
  }

  result(name: string, payload: string): void {
    host.tell("result", name, payload);
  }

  error(error: Error, where: string): void {
    const { kind, code } = error as Partial<MqttError>;
    host.tell("error", error.message, where, kind, code);
  }
}

/** Bytes of a piece. */
const PIECE = 128;

function tellPieces(source: PayloadSource): void {
  for (let at = 0; at < source.byteLength; at += PIECE) {
    const piece = new Uint8Array(Math.min(PIECE, source.byteLength - at));
    source.read(piece, at);
    host.tell("piece", piece);
  }
}
