/** What the broker contract (test/integration/contract) asks of a broker, whoever made it. */
import type { QoS } from "../../src/mqtt/api.js";

export interface BrokerOptions {
  /** Passwords by user. Without it everybody may connect. */
  readonly users?: Readonly<Record<string, string>>;
  /** The first level of the topics that clients may use. Without it they may use all. */
  readonly only?: string;
}

/** A broker at work on the loopback. */
export interface RunningBroker {
  readonly host: string;
  readonly port: number;
  /** Where it listens for WebSocket too: then that is the road of the clients under test. */
  readonly webSocketPort?: number | undefined;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Starts it again on the same port, with what it has kept. */
  start(): Promise<void>;
  /** Ends it and leaves nothing behind. May be called again. */
  remove(): Promise<void>;
}

/** One whose sessions and retained messages outlive a restart. */
export interface LastingBroker extends RunningBroker {
  /** Ends it at once, in the middle of whatever it does. What it has not written down is lost. */
  kill(): Promise<void>;
  /** Resolves when all that it holds now is written down. */
  saved(): Promise<void>;
}

/** What a broker does where the specification leaves it a choice. */
export interface Manners {
  /** What it grants for a filter that its rules forbid; undefined: it refuses. */
  readonly forbiddenSubscription: QoS | undefined;
  /** What it does with a message that its rules forbid. */
  readonly forbiddenPublish: "acknowledged and dropped" | "connection closed";
  /** When it passes a QoS 2 message on: at PUBLISH, or at PUBREL, so that it is lost with its session before that. */
  readonly passesOn: "publish" | "release";
}

export interface BrokerKind {
  readonly name: string;
  readonly manners: Manners;
  /** Starts one that forgets all when it stops. */
  start(options?: BrokerOptions): Promise<RunningBroker>;
  /** Missing where it cannot. */
  startLasting?(): Promise<LastingBroker>;
}
