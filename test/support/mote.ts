/** Our client on real TCP, with all it tells written down, and times short enough for a test. */

import type { ClientOptions, ClientPlatform, Message, Outcome, QoS, SubscribeOptions } from "../../src/mqtt/api.js";
import { Client } from "../../src/mqtt/client.js";
import type { MqttError } from "../../src/mqtt/errors.js";
import { nodejsPlatform } from "../../src/platforms/nodejs/index.js";
import { Watch } from "./watch.js";

/** A message as it came, its pieces put together. */
export interface Arrived {
  readonly topic: string;
  readonly payload: Buffer;
  readonly QoS: QoS;
  readonly retain: boolean;
  readonly duplicate: boolean;
  /** How many pieces it came in. */
  readonly pieces: number;
  /** The filter whose handler it was given to; undefined: `onReadable`. */
  readonly filter: string | undefined;
}

export interface Address {
  readonly host: string;
  readonly port: number;
  /** Where there is one, the broker is reached over WebSocket. */
  readonly webSocketPort?: number | undefined;
  /** Whose client it is; without one, that of Node.js. */
  readonly platform?: ClientPlatform | undefined;
}

export interface MoteOptions extends Partial<Omit<ClientOptions, "platform">> {
  readonly id: string;
}

export class Mote {
  readonly client: Client;
  readonly messages: Arrived[] = [];
  /** For each connection, whether the broker had the session. */
  readonly sessions: boolean[] = [];
  readonly disconnects: (MqttError | undefined)[] = [];
  readonly outcomes = new Map<number, Outcome>();
  readonly granted = new Map<string, QoS | undefined>();
  readonly unsubscribed: string[] = [];
  readonly errors: MqttError[] = [];
  readonly aborted: string[] = [];
  readonly #watch = new Watch();
  readonly #pieces = new Map<string | undefined, Buffer[]>();

  constructor(broker: Address, options: MoteOptions, socketWindow?: number) {
    const noted = <A extends unknown[]>(note: (...values: A) => void) => {
      return (...values: A): void => {
        note(...values);
        this.#watch.changed();
      };
    };
    this.client = new Client({
      platform:
        broker.platform ??
        nodejsPlatform({
          ...(socketWindow === undefined ? {} : { window: socketWindow }),
          ...(broker.webSocketPort === undefined ? {} : { path: "/mqtt" }),
        }),
      host: broker.host,
      port: broker.webSocketPort ?? broker.port,
      backoff: { minimum: 2, maximum: 20 },
      responseTimeout: 5_000,
      onConnected: noted((sessionPresent) => this.sessions.push(sessionPresent)),
      onDisconnected: noted((error) => this.disconnects.push(error)),
      onPublished: noted((token, outcome) => {
        if (this.outcomes.has(token)) throw new Error(`a second outcome for message ${token}`);
        this.outcomes.set(token, outcome);
      }),
      onSubscribed: noted((filter, granted) => this.granted.set(filter, granted)),
      onUnsubscribed: noted((filter) => this.unsubscribed.push(filter)),
      onError: noted((error) => this.errors.push(error)),
      onAborted: noted(({ topic }) => this.aborted.push(topic)),
      onReadable: noted((_count, message) => this.#arrived(message, undefined)),
      onWritable: noted(() => {}),
      ...options,
    });
  }

  /**
   * Subscribes; messages go to {@link messages}.
   * @param piece is called for each piece of a message too
   */
  subscribe(filter: string | readonly string[], options: SubscribeOptions = {}, piece?: () => void): void {
    for (const one of typeof filter === "string" ? [filter] : filter) {
      this.client.subscribe(one, options, (message) => {
        this.#arrived(message, one);
        piece?.();
        this.#watch.changed();
      });
    }
  }

  /** Opens and resolves when the broker has accepted, and answered the subscriptions made before. */
  async connect(...filters: string[]): Promise<this> {
    this.client.open();
    await this.until(() => this.client.connected && filters.every((filter) => this.granted.has(filter)), "to connect");
    return this;
  }

  /** Resolves when the broker has answered. @returns what it grants */
  async subscribed(filter: string, options: SubscribeOptions = {}): Promise<QoS | undefined> {
    this.subscribe(filter, options);
    await this.until(() => this.granted.has(filter), `an answer about ${filter}`);
    return this.granted.get(filter);
  }

  /** Publishes and resolves with the outcome. */
  async published(...message: Parameters<Client["publish"]>): Promise<Outcome> {
    const token = this.client.publish(...message);
    await this.until(() => this.outcomes.has(token), `the outcome of message ${token}`);
    return this.outcomes.get(token) as Outcome;
  }

  /** Resolves when nothing accepted is pending. */
  async drained(): Promise<void> {
    await this.until(() => this.client.pending === 0, "that nothing is pending");
  }

  /** Closes and resolves when that is done. */
  async closed(): Promise<void> {
    const before = this.disconnects.length;
    this.client.close();
    await this.until(() => this.disconnects.slice(before).includes(undefined), "to be closed");
  }

  /** Resolves when there are so many messages. */
  async count(count: number): Promise<readonly Arrived[]> {
    await this.until(() => this.messages.length >= count, `${count} messages`);
    return this.messages;
  }

  /** Payloads, as text, in the order of arrival. */
  get payloads(): string[] {
    return this.messages.map(({ payload }) => payload.toString());
  }

  /** Resolves when the condition holds; it is looked at after every callback. */
  until(condition: () => boolean, what: string): Promise<void> {
    return this.#watch.until(condition, () => {
      const errors = [...this.disconnects, ...this.errors].slice(-5).map((error) => error?.message ?? "closed");
      return `${what}; ${this.messages.length} messages, ${this.client.pending} pending; last errors: ${errors.join("; ")}`;
    });
  }

  #arrived({ topic, payload, QoS, retain, duplicate, more, offset }: Message, filter: string | undefined): void {
    const pieces = offset === 0 ? [] : (this.#pieces.get(filter) ?? []);
    pieces.push(Buffer.from(payload));
    this.#pieces.set(filter, pieces);
    if (more) return;
    this.messages.push({
      topic,
      payload: Buffer.concat(pieces),
      QoS,
      retain,
      duplicate,
      pieces: pieces.length,
      filter,
    });
  }
}
