/**
 * A broker that does by itself what MQTT 3.1.1 asks of one: sessions, acknowledgements, retained messages, wills and
 * redelivery. Without a clock or a network of its own: who has bytes gives them, on whichever engine the client runs.
 * Small, because a test must see through it.
 */
import type { Peer, PeerCallbacks } from "../../host-sim/core/network/link.js";
import { generate, type Packet, type PacketOf, PacketReader } from "./packets.js";

export interface Delivered {
  readonly topic: string;
  readonly payload: string;
  readonly QoS: 0 | 1 | 2;
  readonly retain: boolean;
}

/** A payload; the fields that tests name. */
export interface Json {
  readonly [field: string]: unknown;
  readonly instance?: string;
  readonly boot?: string;
  readonly time?: string;
  readonly ok?: boolean;
  readonly error?: string;
}

type QoS = 0 | 1 | 2;
interface Waiting extends Delivered {
  readonly messageId: number;
  /** PUBREC has come for it: PUBREL is what is sent for it now. */
  released: boolean;
}

interface Session {
  readonly filters: Map<string, QoS>;
  readonly unacknowledged: Map<number, Waiting>;
  /** Identifiers of QoS 2 messages that were received and not yet released. */
  readonly received: Set<number>;
  /** It ends with its connection. */
  readonly clean: boolean;
  nextId: number;
}

/** The client's end of a connection. */
type Far = Pick<Peer, "push" | "close">;

export class AutoBroker {
  /** Application messages, in the order of their arrival; wills too. */
  readonly messages: Delivered[] = [];
  readonly retained = new Map<string, Delivered>();
  /** CONNECT packets that were seen. */
  readonly connects: PacketOf<"connect">[] = [];
  /** Whether a PUBLISH is answered; one that is not comes again. */
  acknowledges: (packet: PacketOf<"publish">) => boolean = () => true;
  /** Called with each packet before it is dealt with. */
  onPacket: (packet: Packet) => void = () => {};
  /** Called when an answer has been sent, and the node has not seen it yet. */
  onAnswer: (packet: Packet) => void = () => {};
  /** Whether the connection is closed instead of a PUBLISH being taken. */
  closesOn: (packet: PacketOf<"publish">) => boolean = () => false;
  /** Whether the connection is closed instead of a packet being taken, other than CONNECT. */
  closesAt: (packet: Packet) => boolean = () => false;
  /** What a packet is answered with in place of what is due: nothing, or packets. The packet itself is not dealt with. */
  answersWith: (packet: Packet) => Packet[] | undefined = () => undefined;
  /** What a subscription is granted: a QoS, or 128. */
  grants: (QoS: QoS) => number = (QoS) => QoS;
  readonly #sessions = new Map<string, Session>();
  readonly #connections = new Map<string, BrokerConnection>();
  #held: (() => void)[] | undefined;

  accept = (peer: Far): PeerCallbacks => new BrokerConnection(this, peer).callbacks;

  /** Neither PUBLISH nor PUBREC is dealt with, until {@link release}. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const go of held) go();
  }

  /** @internal @returns whether it is held */
  holds({ cmd }: Packet, go: () => void): boolean {
    if (this.#held === undefined || (cmd !== "publish" && cmd !== "pubrec")) return false;
    this.#held.push(go);
    return true;
  }

  /** What came on this topic. */
  on(topic: string): Delivered[] {
    return this.messages.filter((message) => message.topic === topic);
  }

  /** The payloads of what came on this topic. */
  objects(topic: string): Json[] {
    return this.on(topic).map(({ payload }) => JSON.parse(payload));
  }

  connected(id: string): boolean {
    return this.#connections.has(id);
  }

  /** Ends the connection of a client from the broker's side; its will is published. */
  kick(id: string): void {
    this.#connections.get(id)?.kick();
  }

  /** Loses all sessions and all that it keeps, and with them the connections, as in a restart without persistence. */
  forget(): void {
    for (const connection of [...this.#connections.values()]) connection.kick();
    this.#sessions.clear();
    this.retained.clear();
  }

  /** Publishes a message, as any other client would. */
  publish(topic: string, payload: string | Buffer, QoS: QoS = 1, retain = false): void {
    // mqtt-packet takes bytes as well; only the messages that came from the node are looked at as text.
    const message = { topic, payload: payload as string, QoS, retain };
    if (retain) this.retained.set(topic, message);
    for (const [id, session] of this.#sessions) {
      const granted = granting(session, topic);
      if (granted !== undefined) this.#deliver(id, session, { ...message, QoS: least(QoS, granted), retain: false });
    }
  }

  /** @internal */
  arrived(message: Delivered): void {
    this.messages.push(message);
    this.publish(message.topic, message.payload, message.QoS, message.retain);
  }

  /** @internal @returns whether there was a session */
  enter(id: string, clean: boolean, connection: BrokerConnection): boolean {
    this.#connections.get(id)?.kick();
    this.#connections.set(id, connection);
    const present = !clean && this.#sessions.has(id);
    if (!present)
      this.#sessions.set(id, { filters: new Map(), unacknowledged: new Map(), received: new Set(), clean, nextId: 1 });
    return present;
  }

  /** @internal */
  leave(id: string, connection: BrokerConnection): void {
    if (this.#connections.get(id) !== connection) return;
    this.#connections.delete(id);
    if (this.#sessions.get(id)?.clean) this.#sessions.delete(id);
  }

  /** @internal */
  session(id: string): Session {
    return this.#sessions.get(id) as Session;
  }

  /** @internal */
  subscribe(id: string, filter: string, QoS: QoS): void {
    const session = this.session(id);
    session.filters.set(filter, QoS);
    for (const message of this.retained.values()) {
      if (matches(filter, message.topic)) this.#deliver(id, session, { ...message, QoS: least(QoS, message.QoS) });
    }
  }

  #deliver(id: string, session: Session, message: Delivered): void {
    const messageId = session.nextId;
    session.nextId = (messageId % 65_535) + 1;
    if (message.QoS > 0) session.unacknowledged.set(messageId, { ...message, messageId, released: false });
    this.#connections.get(id)?.deliver(message, messageId, false);
  }
}

class BrokerConnection {
  readonly #broker: AutoBroker;
  readonly #peer: Far;
  readonly #reader = new PacketReader();
  #id = "";
  #ended = false;
  #will: Delivered | undefined;
  readonly callbacks = {
    onBytes: (bytes: Uint8Array): void => {
      for (const packet of this.#reader.push(bytes)) this.#packet(packet);
      if (this.#reader.failure !== undefined) throw new Error(this.#reader.failure);
    },
    onClose: (): void => this.#gone(),
  };

  constructor(broker: AutoBroker, peer: Far) {
    this.#broker = broker;
    this.#peer = peer;
  }

  kick(): void {
    this.#peer.close();
    this.#gone();
  }

  deliver({ topic, payload, QoS, retain }: Delivered, messageId: number, dup: boolean): void {
    this.#send({ cmd: "publish", topic, payload, qos: QoS, retain, dup, ...(QoS > 0 && { messageId }) });
  }

  #send(packet: Packet): void {
    this.#peer.push(generate(packet));
    this.#broker.onAnswer(packet);
  }

  #gone(): void {
    this.#ended = true;
    this.#broker.leave(this.#id, this);
    const will = this.#will;
    this.#will = undefined;
    if (will !== undefined) this.#broker.arrived(will);
  }

  #packet(packet: Packet): void {
    if (this.#ended || this.#broker.holds(packet, () => this.#packet(packet))) return;
    this.#broker.onPacket(packet);
    const session = () => this.#broker.session(this.#id);
    const answers = packet.cmd === "connect" ? undefined : this.#broker.answersWith(packet);
    if (packet.cmd === "connect") this.#connect(packet);
    else if (this.#broker.closesAt(packet)) this.kick();
    else if (answers !== undefined) for (const answer of answers) this.#send(answer);
    else if (packet.cmd === "publish") this.#publish(packet);
    else if (packet.cmd === "pubrel") {
      session().received.delete(packet.messageId as number);
      this.#send({ cmd: "pubcomp", messageId: packet.messageId as number });
    } else if (packet.cmd === "puback" || packet.cmd === "pubcomp")
      session().unacknowledged.delete(packet.messageId as number);
    else if (packet.cmd === "pubrec") this.#received(session(), packet.messageId as number);
    else if (packet.cmd === "subscribe") this.#subscribe(packet);
    else if (packet.cmd === "unsubscribe") {
      for (const filter of packet.unsubscriptions) session().filters.delete(filter);
      this.#send({ cmd: "unsuback", messageId: packet.messageId as number } as Packet);
    } else if (packet.cmd === "pingreq") this.#send({ cmd: "pingresp" });
    else if (packet.cmd === "disconnect") this.#will = undefined;
    else throw new Error(`the broker was sent ${packet.cmd}`);
  }

  #subscribe(packet: PacketOf<"subscribe">): void {
    const { subscriptions, messageId } = packet;
    const granted = subscriptions.map(({ qos }) => this.#broker.grants(qos));
    this.#send({ cmd: "suback", messageId: messageId as number, granted });
    for (const { topic, qos } of subscriptions) {
      if (this.#broker.grants(qos) < 128) this.#broker.subscribe(this.#id, topic, qos);
    }
  }

  #connect(packet: PacketOf<"connect">): void {
    this.#id = packet.clientId;
    this.#broker.connects.push(packet);
    const sessionPresent = this.#broker.enter(this.#id, packet.clean === true, this);
    const { will } = packet;
    if (will) {
      const { topic, payload, qos: QoS = 0, retain = false } = will;
      this.#will = { topic, payload: String(payload), QoS, retain };
    }
    this.#send({ cmd: "connack", returnCode: 0, sessionPresent });
    for (const message of this.#broker.session(this.#id).unacknowledged.values()) {
      if (message.released) this.#send({ cmd: "pubrel", messageId: message.messageId });
      else this.deliver(message, message.messageId, true);
    }
  }

  #received(session: Session, messageId: number): void {
    const message = session.unacknowledged.get(messageId);
    if (message !== undefined) message.released = true;
    this.#send({ cmd: "pubrel", messageId });
  }

  #publish(packet: PacketOf<"publish">): void {
    if (this.#broker.closesOn(packet)) {
      this.kick();
      return;
    }
    const { topic, payload, qos: QoS, retain, messageId = 0 } = packet;
    const message = { topic, payload: String(payload), QoS, retain };
    const { received } = this.#broker.session(this.#id);
    if (QoS === 2 ? !received.has(messageId) : true) this.#broker.arrived(message);
    if (QoS === 2) received.add(messageId);
    if (QoS > 0 && this.#broker.acknowledges(packet)) this.#send({ cmd: QoS === 1 ? "puback" : "pubrec", messageId });
  }
}

function granting(session: Session, topic: string): QoS | undefined {
  for (const [filter, QoS] of session.filters) if (matches(filter, topic)) return QoS;
  return undefined;
}

function least(a: QoS, b: QoS): QoS {
  return a < b ? a : b;
}

/** No `#` here: the node does not use it. */
function matches(filter: string, topic: string): boolean {
  const levels = topic.split("/");
  const wanted = filter.split("/");
  return wanted.length === levels.length && wanted.every((level, at) => level === "+" || level === levels[at]);
}
