/** The node's journal as lines of the SDK's trace: the console of xsbug, the serial port, the simulator's output. */

import type { DropReason, Journal } from "../../mote/journal.js";
import { Uptime } from "../../mote/uptime.js";
import type { Outcome, QoS } from "../../mqtt/api.js";
import type { Clock, LinkState } from "../../platform.js";

export class TraceJournal implements Journal {
  readonly #uptime: Uptime;

  constructor(clock: Clock) {
    this.#uptime = new Uptime(clock);
  }

  link(state: LinkState, detail: string): void {
    this.#line("wifi", `${state}: ${detail}`);
  }

  connected(sessionPresent: boolean): void {
    this.#line("connected", sessionPresent ? "session present" : "new session");
  }

  disconnected(reason: string, delay: number | undefined): void {
    this.#line("disconnected", delay === undefined ? reason : `${reason}; next attempt in ${delay} ms`);
  }

  accepted(token: number, topic: string, payload: string, QoS: QoS, retain: boolean): void {
    this.#line("accepted", `#${token} QoS ${QoS}${retain ? " retain" : ""} ${topic} ${payload}`);
  }

  published(token: number, outcome: Outcome): void {
    this.#line("published", `#${token} ${outcome}`);
  }

  revised(token: number, topic: string, payload: string): void {
    this.#line("revised", `#${token} ${topic} ${payload}`);
  }

  dropped(token: number, topic: string, _payload: string, reason: DropReason): void {
    this.#line("dropped", `#${token} ${topic} ${reason}`);
  }

  received(topic: string, payload: Uint8Array, QoS: QoS, retain: boolean): void {
    this.#line("received", `QoS ${QoS}${retain ? " retain" : ""} ${topic} ${payload.byteLength} bytes`);
  }

  command(name: string, id: string | undefined): void {
    this.#line("command", id === undefined ? name : `${name} ${id}`);
  }

  result(name: string, payload: string): void {
    this.#line("result", `${name} ${payload}`);
  }

  error(error: Error, where: string): void {
    this.#line("error", `${where}: ${error.message}`);
  }

  /** Something for a person to read that is no error. */
  note(text: string): void {
    this.#line("note", text);
  }

  #line(event: string, text: string): void {
    trace(`${(this.#uptime.now() / 1000).toFixed(3)} ${event} ${text}\n`);
  }
}
