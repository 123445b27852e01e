/**
 * An independent eye on the broker: subscribes to all that the node publishes, with QoS 2, and does the hand-shakes
 * itself. On a broker that can be stopped it holds a persistent session, so that it misses nothing meanwhile.
 */

import { randomBytes } from "node:crypto";
import type { IConnackPacket, IPublishPacket, ISubackPacket, Packet } from "mqtt-packet";
import type { QoS } from "../../src/mqtt/api.js";
import type { BrokerAddress } from "../../src/platforms/broker-url.js";
import { deferred } from "./deferred.js";
import { CONNACK_WORDS, RawMqtt, removeSession } from "./raw-mqtt.js";

export interface ObserverOptions {
  readonly broker: BrokerAddress;
  /** Topic filter of what to watch. */
  readonly filter: string;
  /** Keep a session at the broker, and remove it at the end. */
  readonly persistent: boolean;
  /** A message has passed the broker. Once each, as far as the broker's grant of QoS 2 goes. */
  onSeen(topic: string, payload: string, QoS: QoS): void;
  /** Something keeps the observer (`it`) from seeing all. Words for a person; each comes once. */
  onProblem(problem: string): void;
}

/**
 * - `connecting`: not subscribed yet, or disconnected; it tries again by itself.
 * - `watching`: subscribed and connected.
 * - `refused`: the broker does not let it watch; it has given up.
 */
export type ObserverState = "connecting" | "watching" | "refused";

/** Milliseconds until the first new attempt; each later one waits twice as long, up to the most. */
const RETRY = { first: 250, most: 30_000 };
const PING = 20_000;
/** Milliseconds that others wait for an attempt at most. */
const PATIENCE = 3_000;

/** CONNACK: the broker may accept later. */
const SERVER_UNAVAILABLE = 3;

export class Observer {
  readonly #options: ObserverOptions;
  readonly #id = `mw-observer-${randomBytes(5).toString("hex")}`;
  #state: ObserverState = "connecting";
  #link: RawMqtt | undefined;
  #granted: QoS | undefined;
  #ended = false;
  #retry: NodeJS.Timeout | undefined;
  #delay = RETRY.first;
  /** Messages may have passed unseen; such of QoS 0. */
  #missed = false;
  #wasAway = false;
  readonly #ping: NodeJS.Timeout;
  readonly #told = new Set<string>();
  /** QoS 2 identifiers received and not yet released: what comes with one of them is a repetition. */
  readonly #received = new Set<number>();
  /** Those who wait for a change of state; those who wait for the end of an attempt too; and those for a PINGRESP. */
  #waiting: (() => void)[] = [];
  #impatient: (() => void)[] = [];
  #pinged: (() => void)[] = [];

  /** Starts at once. */
  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#ping = setInterval(() => this.#link?.ask({ cmd: "pingreq" }), PING);
    this.#connect();
  }

  get state(): ObserverState {
    return this.#state;
  }

  /** What the broker has granted: below 2 it may deliver twice by itself. Undefined: nothing yet, or never. */
  get granted(): QoS | undefined {
    return this.#granted;
  }

  /** Whether it can tell what passed the broker, from the first connection that it was asked for until now. */
  get isReliable(): boolean {
    return this.#state === "watching" && !this.#missed;
  }

  /** Whether it was away at times: then messages of QoS 0 may have passed unseen, which no broker keeps for it. */
  get wasAway(): boolean {
    return this.#wasAway;
  }

  /** Resolves when it watches, or will never. */
  settled(): Promise<void> {
    return this.#state === "connecting"
      ? new Promise((settle) => {
          this.#waiting.push(settle);
        })
      : Promise.resolve();
  }

  /**
   * Tries at once, where it would wait a little longer, for somebody else has come through to the broker. Resolves when it
   * watches, or when that attempt has failed or takes long: nobody is kept out by what keeps the observer out.
   */
  async hurry(): Promise<void> {
    const late = deferred<void>();
    const timer = setTimeout(late.resolve, PATIENCE);
    // An attempt that is under way already may have met the broker before it was ready.
    if (this.#retry === undefined) await Promise.race([this.#attempt(), late.promise]);
    if (this.#retry !== undefined) {
      clearTimeout(this.#retry);
      this.#connect();
      await Promise.race([this.#attempt(), late.promise]);
    }
    clearTimeout(timer);
  }

  /** Resolves at the end of the attempt that is under way. */
  #attempt(): Promise<void> {
    return this.#state === "connecting"
      ? new Promise((settle) => {
          this.#impatient.push(settle);
        })
      : Promise.resolve();
  }

  /** The node is connected: before the broker holds a session for the observer, it does not see what is published. */
  nodeConnected(): void {
    if (this.#granted !== undefined || this.#state === "refused") return;
    this.#missed = true;
    this.#problem("the node was connected before it: messages may have passed unseen");
  }

  /** Resolves when the broker has sent what it had for the observer, or cannot be asked. */
  flush(): Promise<void> {
    const link = this.#link;
    if (link === undefined || this.#state !== "watching") return Promise.resolve();
    return new Promise((settle) => {
      this.#pinged.push(settle);
      link.ask({ cmd: "pingreq" });
    });
  }

  /** Stops watching and leaves nothing behind at the broker, where it answers. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#retry);
    clearInterval(this.#ping);
    this.#link?.end();
    this.#release();
    if (this.#options.persistent && this.#granted !== undefined) await removeSession(this.#options.broker, this.#id);
  }

  #connect(): void {
    this.#retry = undefined;
    const link = new RawMqtt(this.#options.broker, this.#id, !this.#options.persistent, {
      onPacket: (packet) => this.#onPacket(link, packet),
      onClose: () => this.#onClose(),
    });
    this.#link = link;
  }

  #onClose(): void {
    this.#link = undefined;
    if (this.#state === "refused" || this.#ended) return;
    this.#state = "connecting";
    if (this.#granted !== undefined) this.#wasAway = true;
    for (const pinged of this.#pinged.splice(0)) pinged();
    this.#retry = setTimeout(() => this.#connect(), this.#delay);
    this.#delay = Math.min(this.#delay * 2, RETRY.most);
    for (const settle of this.#impatient.splice(0)) settle();
  }

  #onPacket(link: RawMqtt, packet: Packet): void {
    switch (packet.cmd) {
      case "connack":
        this.#onConnack(link, packet);
        break;
      case "suback":
        this.#onSuback(packet);
        break;
      case "publish":
        this.#onPublish(link, packet);
        break;
      case "pubrel":
        this.#received.delete(packet.messageId as number);
        link.send({ cmd: "pubcomp", messageId: packet.messageId as number });
        break;
      case "pingresp":
        this.#pinged.shift()?.();
    }
  }

  #onConnack(link: RawMqtt, { returnCode = 0, sessionPresent }: IConnackPacket): void {
    if (returnCode !== 0) {
      // Unavailable: the broker closes the connection now, and it is tried again.
      if (returnCode !== SERVER_UNAVAILABLE) this.#refuse(`the broker refuses it: ${CONNACK_WORDS[returnCode]}`);
      return;
    }
    if (this.#granted !== undefined && sessionPresent) {
      this.#watch();
      return;
    }
    if (this.#granted !== undefined) {
      this.#received.clear();
      this.#missed = true;
      this.#problem("the broker has forgotten its session: messages may have passed unseen");
    }
    link.ask({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: this.#options.filter, qos: 2 }] });
  }

  #onSuback({ granted }: ISubackPacket): void {
    const [QoS] = granted as number[];
    if (QoS === 0 || QoS === 1 || QoS === 2) {
      this.#granted = QoS;
      if (QoS < 2) this.#problem(`the broker grants QoS ${QoS} instead of 2: what it delivers twice cannot be told`);
      this.#watch();
    } else {
      this.#refuse(`the broker refuses its subscription to ${this.#options.filter}`);
    }
  }

  #onPublish(link: RawMqtt, { qos, messageId = 0, topic, payload, retain }: IPublishPacket): void {
    const repeated = qos === 2 && this.#received.has(messageId);
    // Retained: was there before the subscription, an earlier run's.
    if (!repeated && !retain) this.#options.onSeen(topic, payload.toString(), qos);
    if (qos === 1) link.send({ cmd: "puback", messageId });
    if (qos === 2) {
      this.#received.add(messageId);
      link.send({ cmd: "pubrec", messageId });
    }
  }

  #watch(): void {
    this.#state = "watching";
    this.#delay = RETRY.first;
    this.#release();
  }

  #refuse(problem: string): void {
    this.#state = "refused";
    this.#link?.end();
    this.#problem(problem);
    this.#release();
  }

  #release(): void {
    for (const settle of [...this.#waiting.splice(0), ...this.#impatient.splice(0)]) settle();
    for (const pinged of this.#pinged.splice(0)) pinged();
  }

  #problem(problem: string): void {
    if (this.#told.has(problem)) return;
    this.#told.add(problem);
    this.#options.onProblem(problem);
  }
}
