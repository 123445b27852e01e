/** A witness that passes on to another what a program tells, and says of it what a person would want to know. */
import type { DropReason } from "../../../src/mote/journal.js";
import type { Outcome, QoS } from "../../../src/mqtt/api.js";
import type { LinkState } from "../../../src/platform.js";
import type { Witness } from "./program.js";
import type { Told } from "./simulation.js";

export class Overheard implements Witness {
  readonly #witness: Witness;
  readonly #tell: (told: Told) => void;

  constructor(witness: Witness, tell: (told: Told) => void) {
    this.#witness = witness;
    this.#tell = tell;
  }

  link(state: LinkState): void {
    this.#witness.link(state);
  }

  connected(sessionPresent: boolean): void {
    this.#witness.connected(sessionPresent);
    this.#tell({ type: "connected" });
  }

  disconnected(reason: string, delay: number | undefined): void {
    this.#witness.disconnected(reason, delay);
    this.#tell({ type: "disconnected", reason });
  }

  accepted(token: number, topic: string, payload: string | Uint8Array, QoS: QoS, retain?: boolean): void {
    this.#witness.accepted(token, topic, payload, QoS, retain);
  }

  published(token: number, outcome: Outcome): void {
    this.#witness.published(token, outcome);
  }

  revised(token: number, topic: string, payload: string): void {
    this.#witness.revised(token, topic, payload);
  }

  dropped(token: number, topic: string, payload: string, reason: DropReason): void {
    this.#witness.dropped(token, topic, payload, reason);
    this.#tell({ type: "dropped", topic, reason });
  }

  obeys(): void {
    this.#witness.obeys();
  }

  handed(token: number, topic: string, payload: Uint8Array, QoS: QoS, retain: boolean): void {
    this.#witness.handed(token, topic, payload, QoS, retain);
  }

  requests(subscribing: number, unsubscribing: number): void {
    this.#witness.requests(subscribing, unsubscribing);
  }

  parked(tokens: readonly number[] | undefined): void {
    this.#witness.parked(tokens);
  }

  error(error: Error, where: string): void {
    this.#witness.error(error, where);
    this.#tell({ type: "error", where, message: error.message });
  }
}
