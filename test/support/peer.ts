/** A client made of mqtt-packet and `node:net`, nothing of `src/mqtt`: what it sees and says is beyond our mistakes. */

import type { IPublishPacket, Packet } from "mqtt-packet";
import { CONNACK_WORDS, RawMqtt } from "../../host-sim/cli/raw-mqtt.js";
import type { QoS } from "../../src/mqtt/api.js";
import type { BrokerAddress } from "../../src/platforms/broker-url.js";
import { Watch } from "./watch.js";

export interface Seen {
  readonly topic: string;
  readonly payload: Buffer;
  readonly QoS: QoS;
  readonly retain: boolean;
}

export interface PeerOptions {
  readonly id: string;
  /** Default true. */
  readonly clean?: boolean;
}

export class Peer {
  /** What has arrived; QoS 2 once each. */
  readonly messages: Seen[] = [];
  sessionPresent = false;
  readonly #watch = new Watch();
  readonly #received = new Set<number>();
  readonly #answers = new Map<number, (packet: Packet) => void>();
  readonly #link: RawMqtt;
  #accepted = false;
  #failure: string | undefined;
  #lastId = 0;

  private constructor(broker: BrokerAddress, { id, clean = true }: PeerOptions) {
    this.#link = new RawMqtt(broker, id, clean, {
      bound: Number.POSITIVE_INFINITY,
      onPacket: (packet) => {
        this.#onPacket(packet);
        this.#watch.changed();
      },
      onClose: (reason) => {
        this.#failure ??= reason;
        this.#watch.changed();
      },
    });
  }

  /** Resolves when the broker has accepted it. */
  static async connect(broker: BrokerAddress, options: PeerOptions): Promise<Peer> {
    const peer = new Peer(broker, options);
    await peer.until(() => peer.#accepted, "CONNACK");
    return peer;
  }

  /** @returns what the broker grants; 128 when it refuses */
  async subscribe(topic: string, QoS: QoS): Promise<number> {
    const messageId = this.#nextId();
    const suback = await this.#ask({ cmd: "subscribe", messageId, subscriptions: [{ topic, qos: QoS }] }, messageId);
    return (suback as { granted: number[] }).granted[0] as number;
  }

  /** Resolves when the hand-shake is done; QoS 0: when it is sent. */
  async publish(topic: string, payload: string | Buffer, QoS: QoS = 0, retain = false): Promise<void> {
    const packet: IPublishPacket = { cmd: "publish", topic, payload, qos: QoS, retain, dup: false };
    if (QoS === 0) {
      this.#link.send(packet);
      return;
    }
    const messageId = this.#nextId();
    await this.#ask({ ...packet, messageId }, messageId);
    if (QoS === 2) await this.#ask({ cmd: "pubrel", messageId }, messageId);
  }

  /** Resolves when the condition holds; it is looked at after every packet. */
  async until(condition: () => boolean, what: string): Promise<void> {
    await this.#watch.until(
      () => condition() || this.#failure !== undefined,
      () => `${what}; messages so far: ${this.messages.length}`,
    );
    if (!condition()) throw new Error(`waiting for ${what}: ${this.#failure}`);
  }

  /** Resolves when there are so many messages. */
  async count(count: number): Promise<readonly Seen[]> {
    await this.until(() => this.messages.length >= count, `${count} messages`);
    return this.messages;
  }

  /** Payloads, as text, in the order of arrival. */
  get payloads(): string[] {
    return this.messages.map(({ payload }) => payload.toString());
  }

  /** DISCONNECT. */
  leave(): void {
    this.#link.end();
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId % 65_535) + 1;
    while (this.#answers.has(this.#lastId));
    return this.#lastId;
  }

  async #ask(packet: Packet, id: number): Promise<Packet> {
    let answer: Packet | undefined;
    this.#answers.set(id, (packet) => {
      answer = packet;
    });
    this.#link.send(packet);
    await this.until(() => answer !== undefined, `the answer to ${packet.cmd}`);
    return answer as unknown as Packet;
  }

  #onPacket(packet: Packet): void {
    const { messageId = 0 } = packet;
    switch (packet.cmd) {
      case "connack":
        if (packet.returnCode === 0) this.#accepted = true;
        else this.#failure = CONNACK_WORDS[packet.returnCode ?? -1] ?? "refused";
        this.sessionPresent = packet.sessionPresent;
        break;
      case "publish":
        this.#onPublish(packet, messageId);
        break;
      case "pubrel":
        this.#received.delete(messageId);
        this.#link.send({ cmd: "pubcomp", messageId });
        break;
      case "suback":
      case "puback":
      case "pubrec":
      case "pubcomp": {
        const answered = this.#answers.get(messageId);
        this.#answers.delete(messageId);
        answered?.(packet);
      }
    }
  }

  #onPublish({ topic, payload, qos, retain }: IPublishPacket, messageId: number): void {
    if (!(qos === 2 && this.#received.has(messageId)))
      this.messages.push({ topic, payload: Buffer.from(payload as Buffer), QoS: qos, retain });
    if (qos === 1) this.#link.send({ cmd: "puback", messageId });
    if (qos === 2) {
      this.#received.add(messageId);
      this.#link.send({ cmd: "pubrec", messageId });
    }
  }
}

const LAST = "(last)";

/**
 * Watches a topic with a session that stays behind at the broker, so that nothing of what a test does to links, clients
 * and brokers meanwhile can disturb what it sees.
 */
export class Collector {
  readonly #broker: BrokerAddress;
  readonly #id: string;
  readonly #topic: string;

  private constructor(broker: BrokerAddress, id: string, topic: string) {
    this.#broker = broker;
    this.#id = id;
    this.#topic = topic;
  }

  /** Resolves when the session stands. */
  static async start(broker: BrokerAddress, id: string, topic: string): Promise<Collector> {
    const peer = await Peer.connect(broker, { id, clean: false });
    await peer.subscribe(topic, 2);
    peer.leave();
    return new Collector(broker, id, topic);
  }

  /** The payloads that have been published to the topic since the start, in the broker's order. */
  async payloads(): Promise<string[]> {
    const publisher = await Peer.connect(this.#broker, { id: `${this.#id}-last` });
    await publisher.publish(this.#topic, LAST, 2);
    publisher.leave();
    const peer = await Peer.connect(this.#broker, { id: this.#id, clean: false });
    await peer.until(() => peer.payloads.includes(LAST), "the last message");
    peer.leave();
    if (!peer.sessionPresent) throw new Error("the broker has lost the collector's session");
    return peer.payloads.slice(0, -1);
  }
}
