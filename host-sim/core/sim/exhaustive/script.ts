/** A program that does one thing at a time, when it is told to. */
import type { Message, QoS } from "../../../../src/mqtt/api.js";
import { Client } from "../../../../src/mqtt/client.js";
import type { Platform } from "../../../../src/platform.js";
import type { Program, Witness } from "../program.js";

export interface ScriptOptions {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Filters that it subscribes to at every start. Outlives starts: what the application wants, it goes on to want. */
  readonly wanted: Map<string, QoS>;
}

export class Script implements Program {
  readonly id: string;
  readonly window = 8;
  readonly maximumQueued = 16_384;
  readonly receiveBuffer = 2048;
  readonly keepAlive = 60_000;
  readonly #options: ScriptOptions;
  readonly #platform: Platform;
  readonly #witness: Witness;
  readonly #client: Client;

  constructor(platform: Platform, witness: Witness, options: ScriptOptions) {
    const { clock, resolve, openSocket, machine, session } = platform;
    const { id, host, port } = options;
    this.id = id;
    this.#options = options;
    this.#platform = platform;
    this.#witness = witness;
    this.#client = new Client({
      platform: { clock, resolve, openSocket, random: machine.random },
      host,
      port,
      id,
      store: session,
      keepAlive: this.keepAlive,
      onConnected: (sessionPresent) => witness.connected(sessionPresent),
      onDisconnected: (error, delay) => witness.disconnected(error?.message ?? "closed", delay),
      onPublished: (token, outcome) => witness.published(token, outcome),
      onReadable: (_count, message) => this.#received(message),
      onError: (error) => witness.error(error, "mqtt"),
    });
  }

  get filters(): ReadonlySet<string> {
    return new Set(this.#options.wanted.keys());
  }

  get pending(): number {
    return this.#client.pending;
  }

  start(): void {
    for (const [filter, QoS] of this.#options.wanted) this.#subscribe(filter, QoS);
    const link = this.#platform.openLink({ onChanged: (state) => this.#client.link(state === "up") });
    this.#client.link(link.state === "up");
    this.#client.open();
  }

  /** @returns whether it was accepted */
  publish(topic: string, payload: string, QoS: QoS): boolean {
    try {
      this.#witness.accepted(this.#client.publish(topic, payload, { QoS }), topic, payload, QoS);
      return true;
    } catch {
      return false;
    }
  }

  subscribe(filter: string, QoS: QoS): void {
    this.#options.wanted.set(filter, QoS);
    this.#subscribe(filter, QoS);
  }

  unsubscribe(filter: string): void {
    this.#options.wanted.delete(filter);
    this.#client.unsubscribe(filter);
  }

  #subscribe(filter: string, QoS: QoS): void {
    this.#client.subscribe(filter, { QoS }, (message) => this.#received(message));
  }

  #received({ token, topic, payload, QoS, retain }: Message): void {
    this.#witness.handed(token, topic, payload, QoS, retain);
  }
}
