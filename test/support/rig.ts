/** A client on a scripted broker, with everything written down that it tells its application. */
import { expect, onTestFinished } from "vitest";
import type { ClientOptions, Message, MessageHandler, Payload, PayloadSource } from "../../src/mqtt/api.js";
import { Client, type MqttError } from "../../src/mqtt/index.js";
import type { Random } from "../../src/platform.js";
import { type Connection, ScriptedBroker, type ScriptedBrokerOptions } from "./scripted-broker.js";

/** What was told: the callback's name without `on`, and what it was given in short. */
export type Told = readonly [name: string, ...what: unknown[]];

/** A message as handed over, copied. */
export interface Copy extends Omit<Message, "payload"> {
  readonly text: string;
}

export interface RigOptions extends Partial<Omit<ClientOptions, "platform" | "host" | "port">> {
  /** Takes the place of the seeded randomness. */
  random?: Random;
}

/** Fails the test when the client calls the application from inside a method that the application has called. */
class WatchedClient extends Client {
  inside = 0;

  #within<T>(method: () => T): T {
    this.inside++;
    try {
      return method();
    } finally {
      this.inside--;
    }
  }

  override open(): void {
    this.#within(() => super.open());
  }
  override close(): void {
    this.#within(() => super.close());
  }
  override link(up: boolean): void {
    this.#within(() => super.link(up));
  }
  override publish(...args: Parameters<Client["publish"]>): number {
    return this.#within(() => super.publish(...args));
  }
  override subscribe(...args: Parameters<Client["subscribe"]>): void {
    this.#within(() => super.subscribe(...args));
  }
  override unsubscribe(...args: Parameters<Client["unsubscribe"]>): void {
    this.#within(() => super.unsubscribe(...args));
  }
}

export class Rig {
  readonly broker: ScriptedBroker;
  readonly client: Client;
  /** All that was told, in order. */
  readonly told: Told[] = [];
  /** All messages and pieces handed over, in order. */
  readonly messages: Copy[] = [];
  /** The errors of onDisconnected and onError, in order. */
  readonly errors: MqttError[] = [];
  /** Hands a message to whoever records. */
  readonly handler: MessageHandler = (message) => this.#message("message", message);
  readonly #early: string[] = [];
  readonly #watched: WatchedClient;

  constructor({ random, ...options }: RigOptions = {}, broker: ScriptedBroker | ScriptedBrokerOptions = {}) {
    // With Clean Session there is no session to introduce itself with.
    const showsIntroductions = options.clean === true;
    this.broker = broker instanceof ScriptedBroker ? broker : new ScriptedBroker({ showsIntroductions, ...broker });
    const { platform, ...address } = this.broker.clientOptions;
    this.#watched = new WatchedClient({
      id: "mote",
      ...options,
      ...address,
      platform: random === undefined ? platform : { ...platform, random },
      onConnected: (sessionPresent) => {
        this.#tell("connected", sessionPresent);
        return options.onConnected?.(sessionPresent);
      },
      onDisconnected: (error, delay) => {
        if (error !== undefined) this.errors.push(error);
        this.#tell("disconnected", error?.code, delay);
        return options.onDisconnected?.(error, delay);
      },
      onPublished: (token, outcome) => {
        this.#tell("published", token, outcome);
        return options.onPublished?.(token, outcome);
      },
      onSubscribed: (filter, granted) => {
        this.#tell("subscribed", filter, granted);
        return options.onSubscribed?.(filter, granted);
      },
      onUnsubscribed: (filter) => {
        this.#tell("unsubscribed", filter);
        return options.onUnsubscribed?.(filter);
      },
      onReadable: (count, message) => {
        expect(count).toBe(message.payload.byteLength);
        this.#message("readable", message);
        return options.onReadable?.(count, message);
      },
      onAborted: (message) => {
        this.#tell("aborted", message.topic, message.token);
        return options.onAborted?.(message);
      },
      onWritable: () => {
        this.#tell("writable");
        return options.onWritable?.();
      },
      onError: (error) => {
        this.errors.push(error);
        this.#tell("error", error.code);
        return options.onError?.(error);
      },
    });
    this.client = this.#watched;
    onTestFinished(() => {
      expect(this.#early, "called from inside a method of the client").toEqual([]);
    });
  }

  #tell(name: string, ...what: unknown[]): void {
    if (this.#watched.inside > 0) this.#early.push(name);
    this.told.push([name, ...what]);
  }

  #message(name: string, { payload, ...rest }: Message): void {
    const text = Buffer.from(payload).toString("latin1");
    this.messages.push({ ...rest, text });
    this.#tell(name, rest.topic, text.length > 40 ? text.length : text);
  }

  /** What was told since the last call, of these kinds only when any are named. */
  news(...names: string[]): Told[] {
    const all = this.told.splice(0);
    return names.length === 0 ? all : all.filter(([name]) => names.includes(name));
  }

  /** Opens the client and grants its first connection; what was told by then is forgotten. */
  connect(options: { sessionPresent?: boolean } = {}): Connection {
    this.client.open();
    const connection = this.broker.welcome(options);
    this.told.length = 0;
    return connection;
  }

  /** Ends the connection from the broker's side and grants the next one. */
  reconnect(connection: Connection, options: { sessionPresent?: boolean } = {}): Connection {
    connection.reset();
    return this.broker.welcome({ sessionPresent: true, within: 70_000, ...options });
  }

  /** Publishes and lets it go out. */
  publish(topic: string, payload: Payload | PayloadSource, QoS: 0 | 1 | 2 = 1, retain = false): number {
    const token = this.client.publish(topic, payload, { QoS, retain });
    this.broker.settle();
    return token;
  }

  settle(): void {
    this.broker.settle();
  }

  advance(ms: number): void {
    this.broker.clock.advance(ms);
  }
}

/** What `action` throws. */
export function thrownBy(action: () => unknown): MqttError {
  try {
    action();
  } catch (error) {
    return error as MqttError;
  }
  throw new Error("nothing was thrown");
}
