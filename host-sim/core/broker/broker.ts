/**
 * A small MQTT 3.1.1 broker for virtual time: sessions, retained messages, wills, QoS 0 to 2 both ways. It is strict where
 * a broker may close the connection, and draws where it may choose ({@link Manners}). Connections come from a
 * {@link Network}; nothing here touches a machine.
 */
import type { QoS } from "../../../src/mqtt/api.js";
import { matches } from "../../../src/mqtt/wire/topic.js";
import type { Clock } from "../../../src/platform.js";
import type { Peer, PeerCallbacks } from "../network/link.js";
import type { RandomStream } from "../world/random.js";
import type { Connect } from "./connect.js";
import { BrokerConnection } from "./connection.js";
import type { Forbidden } from "./forbidden.js";
import type { Manners } from "./manners.js";
import { type BrokerMessage, fingerprint } from "./message.js";
import { BrokerSession, QUEUED } from "./session.js";
import type { BrokerWatch } from "./watch.js";

/** Who may do what. */
export interface BrokerRules {
  mayConnect(user: string | undefined, password: Uint8Array | undefined): boolean;
  /** A message on another topic is acknowledged and dropped, a subscription with another filter is refused. */
  mayUse(topicOrFilter: string): boolean;
}

export interface BrokerOptions {
  /** Default: everybody may do everything. */
  readonly rules?: BrokerRules | undefined;
  readonly clock: Clock;
  readonly random: RandomStream;
  readonly manners: Manners;
  readonly watch: BrokerWatch;
}

/** Who gets a message on a topic. */
interface Route {
  readonly session: BrokerSession;
  readonly QoS: QoS;
}

export class Broker {
  readonly clock: Clock;
  readonly manners: Manners;
  readonly watch: BrokerWatch;
  readonly rules: BrokerRules | undefined;
  readonly #random: RandomStream;
  readonly #connections = new Map<string, BrokerConnection>();
  /** Of connections that have not said who they are, too. */
  readonly #all = new Set<BrokerConnection>();
  readonly #sessions = new Map<string, BrokerSession>();
  readonly #retained = new Map<string, BrokerMessage>();
  /** By topic; forgotten when a subscription changes. */
  readonly #routes = new Map<string, readonly Route[]>();
  readonly #nextId = new Map<string, number>();
  /** Milliseconds that answers take longer, at most. */
  late = 0;
  /** What it does not bear, by client identifier. */
  readonly forbidden = new Map<string, Forbidden>();

  constructor(options: BrokerOptions) {
    this.clock = options.clock;
    this.manners = options.manners;
    this.watch = options.watch;
    this.rules = options.rules;
    this.#random = options.random;
  }

  /** Takes a connection: for `Network.listen`. */
  readonly accept = (peer: Peer): PeerCallbacks => {
    const connection = new BrokerConnection(this, peer);
    this.#all.add(connection);
    const [least, most] = this.manners.reading;
    const lag = most === 0 ? 0 : this.#random.integer(least, most);
    const read = (action: () => void): void => {
      if (lag === 0) action();
      else this.clock.setTimer(action, lag);
    };
    return {
      onBytes: (bytes) => read(() => connection.onBytes(bytes)),
      onClose: (reason) =>
        read(() => {
          this.#all.delete(connection);
          connection.onClose(reason);
        }),
    };
  };

  /** Publishes as a client would that is always there. */
  publish(topic: string, payload: Uint8Array, QoS: QoS, retain = false): void {
    this.#route({ topic, payload, QoS, retain, print: fingerprint(topic, payload) });
  }

  /** Whether there is a connection of that client. */
  isConnected(id: string): boolean {
    return this.#connections.has(id);
  }

  /** The filters of the client's session. */
  filtersOf(id: string): ReadonlySet<string> {
    return new Set(this.#sessions.get(id)?.subscriptions.keys());
  }

  /** The retained messages. */
  get kept(): Iterable<BrokerMessage> {
    return this.#retained.values();
  }

  // ---- what it suffers from

  /** It crashes: every connection is reset, no will is published. @param sessions whether its sessions outlive that */
  crash(sessions: "kept" | "lost"): void {
    for (const connection of this.#all) connection.close("broker crashed", "reset", false);
    this.#all.clear();
    if (sessions === "lost") {
      for (const id of [...this.#sessions.keys()]) this.#discard(id);
      this.#retained.clear();
    }
  }

  /** Closes the client's connection for no reason that it gives. */
  kick(id: string, how: "close" | "reset" = "close"): void {
    this.#connections.get(id)?.close("kicked", how);
  }

  /** Forgets the client's session, as when it has expired or somebody connected with its identifier and Clean Session. */
  forget(id: string): void {
    this.#connections.get(id)?.close("session taken over");
    this.#discard(id);
  }

  /** Whether it holds such a message for a client. */
  holds(isIt: (message: BrokerMessage) => boolean): boolean {
    return [...this.#sessions.values()].some(({ deliveries }) => deliveries.some(({ message }) => isIt(message)));
  }

  /** Forgets messages as if they had never come; clients that may have been sent one have their connection closed. */
  purge(isBad: (message: BrokerMessage) => boolean): void {
    for (const session of this.#sessions.values()) {
      const bad = session.deliveries.filter(({ message }) => isBad(message));
      if (bad.length === 0) continue;
      this.#connections.get(session.id)?.close("purged");
      for (const delivery of bad) session.remove(delivery);
    }
    for (const [topic, message] of this.#retained) if (isBad(message)) this.#retained.delete(topic);
  }

  // ---- what its connections call

  /** A client is granted its connection. Section 3.1.4. */
  enter(connect: Connect, connection: BrokerConnection): { session: BrokerSession; present: boolean } {
    // [MQTT-3.1.4-2]
    this.#connections.get(connect.id)?.close("taken over");
    const kept = this.#sessions.get(connect.id);
    const present = kept !== undefined && !connect.clean;
    if (kept !== undefined && !present) this.#discard(connect.id, true);
    const session = present ? kept : new BrokerSession(connect.id, connect.clean);
    this.#sessions.set(connect.id, session);
    this.#connections.set(connect.id, connection);
    return { session, present };
  }

  leave(session: BrokerSession, connection: BrokerConnection, reason: string, will: Connect["will"]): void {
    this.#all.delete(connection);
    if (this.#connections.get(session.id) !== connection) return;
    this.#connections.delete(session.id);
    this.watch.disconnected(session.id, reason);
    if (session.clean) this.#discard(session.id);
    if (will !== undefined) {
      this.watch.willed(session.id, session.clean);
      this.#route({ ...will, print: fingerprint(will.topic, will.payload) });
    }
  }

  arrived(session: BrokerSession, message: BrokerMessage, duplicate: boolean, fresh: boolean): void {
    this.watch.arrived(session.id, message, duplicate, fresh);
    if (fresh && this.rules?.mayUse(message.topic) !== false) this.#route(message);
  }

  /** @returns the granted QoS, or undefined: refused */
  grant(session: BrokerSession, filter: string, wanted: QoS): QoS | undefined {
    if (this.rules?.mayUse(filter) === false) return undefined;
    const QoS = Math.min(wanted, this.manners.maximumQoS) as QoS;
    session.subscriptions.set(filter, QoS);
    this.#routes.clear();
    return QoS;
  }

  /** [MQTT-3.3.1-6]: to a new subscription, and to one that is repeated [MQTT-3.8.4-3]. */
  sendRetained(session: BrokerSession, filter: string): void {
    const granted = session.subscriptions.get(filter);
    if (granted === undefined) return;
    for (const message of this.#retained.values()) {
      if (matches(filter, message.topic)) this.#enqueue(session, message, granted, true);
    }
  }

  withdraw(session: BrokerSession, filter: string): void {
    session.subscriptions.delete(filter);
    this.#routes.clear();
  }

  /** A packet identifier for a message to the client, in the broker's manner. */
  identifier(session: BrokerSession): number {
    const { identifiers } = this.manners;
    let id = identifiers === "counted" ? (this.#nextId.get(session.id) ?? 0) % 65_535 : 0;
    if (identifiers === "random") id = this.#random.integer(0, 65_534);
    do id = (id % 65_535) + 1;
    while (session.find(id) !== undefined);
    this.#nextId.set(session.id, id);
    return id;
  }

  /** Milliseconds until an answer. */
  delay(): number {
    const [least, most] = this.manners.delay;
    const longest = most + this.late;
    return longest === 0 ? 0 : this.#random.integer(least, longest);
  }

  // ---- routing

  #discard(id: string, byClient = false): void {
    if (!this.#sessions.delete(id)) return;
    this.#routes.clear();
    this.watch.sessionLost(id, byClient);
  }

  #route(message: BrokerMessage): void {
    const { topic } = message;
    if (message.retain) {
      if (message.payload.length === 0) this.#retained.delete(topic);
      else this.#retained.set(topic, { ...message, payload: message.payload.slice() });
    }
    let routes = this.#routes.get(topic);
    if (routes === undefined) {
      routes = this.#findRoutes(topic);
      this.#routes.set(topic, routes);
    }
    for (const { session, QoS } of routes) this.#enqueue(session, message, QoS, false);
  }

  /** One copy a session, with the highest QoS granted. [MQTT-3.3.5-1] */
  #findRoutes(topic: string): Route[] {
    const routes: Route[] = [];
    for (const session of this.#sessions.values()) {
      let QoS = -1;
      for (const [filter, granted] of session.subscriptions) {
        if (granted > QoS && matches(filter, topic)) QoS = granted;
      }
      if (QoS >= 0) routes.push({ session, QoS: QoS as QoS });
    }
    return routes;
  }

  #enqueue(session: BrokerSession, message: BrokerMessage, granted: QoS, retain: boolean): void {
    const QoS = Math.min(granted, message.QoS) as QoS;
    const connection = this.#connections.get(session.id);
    if (QoS === 0) {
      connection?.sendQoS0(message, retain);
      return;
    }
    if (session.deliveries.length >= this.manners.queue) {
      this.watch.dropped(session.id, message);
      return;
    }
    session.deliveries.push({ message, QoS, retain, id: 0, state: QUEUED });
    if (!retain) this.watch.routed(session.id, message, QoS);
    connection?.deliver();
  }
}
