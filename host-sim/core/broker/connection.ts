/**
 * One client's connection, as the broker sees it: reads packets strictly, answers them in its manner, and delivers what
 * the session holds. Chapters 3 and 4.
 */
import type { QoS } from "../../../src/mqtt/api.js";
import { encodePublish, writeAcknowledgement } from "../../../src/mqtt/wire/encode.js";
import {
  CONNACK,
  CONNECT,
  DISCONNECT,
  DUP,
  PACKET_NAMES,
  PINGREQ,
  PINGRESP,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
  RESERVED_FLAGS,
  RETAIN,
  SUBACK,
  SUBSCRIBE,
  SUBSCRIBE_FAILURE,
  UNSUBACK,
  UNSUBSCRIBE,
} from "../../../src/mqtt/wire/packet.js";
import { checkTopicFilter } from "../../../src/mqtt/wire/topic.js";
import { utf8Length } from "../../../src/mqtt/wire/utf8.js";
import type { Peer, PeerCallbacks } from "../network/link.js";
import { Answers } from "./answers.js";
import type { Broker } from "./broker.js";
import { type Connect, readConnect, topicName } from "./connect.js";
import { forbiddenOf } from "./forbidden.js";
import { type BrokerMessage, fingerprint } from "./message.js";
import { Fields, PacketReader, Rejected } from "./reader.js";
import { type BrokerSession, type Delivery, PUBLISHED, RELEASED } from "./session.js";

/** CONNACK's return codes. Section 3.2.2.3. */
const SERVER_UNAVAILABLE = 3;
const BAD_USER_NAME_OR_PASSWORD = 4;
/** Milliseconds within which CONNECT must come. Section 3.1. */
const CONNECT_TIME = 60_000;

export class BrokerConnection implements PeerCallbacks {
  readonly #broker: Broker;
  readonly #peer: Peer;
  readonly #reader = new PacketReader();
  readonly #answers: Answers;
  readonly #take = (first: number, body: Uint8Array): boolean => this.#packet(first, body);
  #connect: Connect | undefined;
  #session: BrokerSession | undefined;
  /** CONNACK has been sent. */
  #ready = false;
  /** DISCONNECT has come: nothing may follow. */
  #left = false;
  #ended = false;
  /** Deliveries at the head of the session's list that were sent on this connection. */
  #sent = 0;
  /** What PUBACK must come for, and PUBREC: in the order sent. [MQTT-4.6.0-2], [MQTT-4.6.0-3] */
  readonly #awaitPuback: number[] = [];
  readonly #awaitPubrec: number[] = [];
  /** SUBSCRIBE and UNSUBSCRIBE that are not answered. */
  readonly #requests = new Set<number>();
  #silence: unknown;
  #heardAt: number;

  constructor(broker: Broker, peer: Peer) {
    this.#broker = broker;
    this.#peer = peer;
    this.#answers = new Answers(broker);
    this.#heardAt = broker.clock.now();
    this.#silence = broker.clock.setTimer(() => this.#silent(), CONNECT_TIME);
  }

  get id(): string {
    return this.#connect?.id ?? "";
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#ended) return;
    try {
      if (this.#left) throw new Rejected("MQTT-3.14.4-2", "bytes come after DISCONNECT");
      this.#reader.push(bytes, this.#take);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      this.#broker.watch.rejected(this.id, error.rule, error.message);
      this.close(`rejected: ${error.message}`);
    }
  }

  onClose(reason: string): void {
    this.#end(reason);
  }

  /** The broker closes the connection. */
  close(reason: string, how: "close" | "reset" = "close", withWill = true): void {
    if (this.#ended) return;
    if (how === "close") this.#peer.close();
    else this.#peer.reset();
    this.#end(reason, withWill);
  }

  // ---- out

  /** Sends what is due of the session's messages. */
  deliver(): void {
    const session = this.#session;
    if (session === undefined || !this.#ready || this.#ended) return;
    const { deliveries } = session;
    const { window } = this.#broker.manners;
    while (!this.#ended && this.#sent < deliveries.length && this.#sent < window) {
      this.#sendDelivery(session, deliveries[this.#sent] as Delivery);
    }
  }

  /** Sends a message with QoS 0. */
  sendQoS0(message: BrokerMessage, retain: boolean): void {
    if (this.#ready && !this.#ended) this.#sendPublish(message, 0, retain, 0, false);
  }

  #sendDelivery(session: BrokerSession, delivery: Delivery): void {
    this.#sent++;
    if (delivery.state === RELEASED) {
      this.#sendAck(PUBREL, delivery.id);
      return;
    }
    const again = delivery.state === PUBLISHED;
    if (!again) delivery.id = this.#broker.identifier(session);
    delivery.state = PUBLISHED;
    (delivery.QoS === 1 ? this.#awaitPuback : this.#awaitPubrec).push(delivery.id);
    this.#sendPublish(delivery.message, delivery.QoS, delivery.retain, delivery.id, again);
  }

  #sendPublish({ topic, payload }: BrokerMessage, QoS: QoS, retain: boolean, id: number, again: boolean): void {
    // A topic with U+0000 as it came, as aedes does.
    const packet = encodePublish(topic, utf8Length(topic, true), payload, QoS, retain, id);
    if (again) packet[0] = (packet[0] as number) | DUP;
    this.#send(packet, id);
  }

  #send(packet: Uint8Array, id = 0): void {
    this.#broker.watch.packet(this.id, false, packet[0] as number, id, packet.length);
    this.#peer.push(packet);
  }

  #sendAck(type: number, id: number): void {
    const packet = new Uint8Array(4);
    writeAcknowledgement(type, type === PUBREL ? RESERVED_FLAGS : 0, id, packet);
    this.#send(packet, id);
  }

  // ---- in

  #packet(first: number, body: Uint8Array): boolean {
    const type = first >> 4;
    this.#heardAt = this.#broker.clock.now();
    if (type === CONNECT) {
      this.#connects(body);
      return !this.#ended;
    }
    const session = this.#session;
    if (session === undefined) {
      // Nothing is made of what comes behind a CONNECT that is being refused. [MQTT-3.1.4-5]
      if (this.#connect !== undefined) return true;
      throw new Rejected("MQTT-3.1.0-1", `${PACKET_NAMES[type]} comes before CONNECT`);
    }
    if (type !== PUBLISH) {
      const id = body.length >= 2 ? (body[0] as number) * 256 + (body[1] as number) : 0;
      this.#broker.watch.packet(session.id, true, first, id, body.length);
    }
    switch (type) {
      case PUBLISH:
        this.#publish(session, first, body);
        break;
      case SUBSCRIBE:
        this.#subscribe(session, body);
        break;
      case UNSUBSCRIBE:
        this.#unsubscribe(session, body);
        break;
      case PINGREQ:
        this.#answers.give(PINGRESP, () => this.#send(Uint8Array.of(PINGRESP << 4, 0)));
        break;
      case DISCONNECT:
        this.#left = true;
        this.#connect = { ...(this.#connect as Connect), will: undefined };
        break;
      default:
        this.#acknowledged(session, type, new Fields(body, PACKET_NAMES[type] as string).identifier());
    }
    return !this.#ended;
  }

  #connects(body: Uint8Array): void {
    if (this.#connect !== undefined) throw new Rejected("MQTT-3.1.0-2", "CONNECT comes a second time");
    const connect = readConnect(body);
    this.#connect = connect;
    const broker = this.#broker;
    broker.watch.packet(connect.id, true, CONNECT << 4, 0, body.length);
    broker.clock.clearTimer(this.#silence);
    if (connect.keepAlive > 0) this.#watchSilence(connect.keepAlive * 1500);
    const barred = broker.rules?.mayConnect(connect.user, connect.password) === false;
    if (broker.manners.refusing || barred) {
      this.#answers.give(CONNACK, () => {
        this.#send(Uint8Array.of(CONNACK << 4, 2, 0, barred ? BAD_USER_NAME_OR_PASSWORD : SERVER_UNAVAILABLE));
        this.close("refused");
      });
      return;
    }
    const { session, present } = broker.enter(connect, this);
    this.#session = session;
    session.conduct.connected();
    broker.watch.connected(session.id, present);
    this.#answers.give(CONNACK, () => {
      this.#ready = true;
      this.#send(Uint8Array.of(CONNACK << 4, 2, present ? 1 : 0, 0));
      this.deliver();
    });
  }

  #publish(session: BrokerSession, first: number, body: Uint8Array): void {
    const fields = new Fields(body, "PUBLISH");
    const topic = topicName(fields, "PUBLISH");
    const QoS = ((first >> 1) & 3) as QoS;
    const id = QoS > 0 ? fields.identifier() : 0;
    const payload = fields.rest();
    const print = fingerprint(topic, payload);
    const duplicate = (first & DUP) !== 0;
    const broker = this.#broker;
    broker.watch.packet(session.id, true, first, id, body.length);
    const message = { topic, payload, QoS, retain: (first & RETAIN) !== 0, print };
    if (QoS > 0 && this.#refuses(session, message, QoS === 2 ? PUBACK : PUBREC, id)) return;
    if (QoS > 0) {
      if (this.#requests.has(id)) {
        throw new Rejected("MQTT-2.3.1-2", `packet identifier ${id} is used for PUBLISH and a request at once`);
      }
      const late = session.conduct.publish(id, print, `${QoS}${topic}`, duplicate);
      if (late !== undefined) broker.watch.disordered(session.id, id, print, late);
      broker.watch.inFlight(session.id, session.conduct.inFlight);
    }
    const known = QoS === 2 && session.received.has(id);
    if (QoS === 2 && !known) session.received.set(id, { ...message, payload: payload.slice() });
    broker.arrived(session, message, duplicate, !known && (QoS < 2 || broker.manners.passesOn === "publish"));
    if (this.#ended) return;
    if (QoS === 1) {
      this.#answers.give(PUBACK, () => {
        session.conduct.ended(id);
        this.#sendAck(PUBACK, id);
      });
    } else if (QoS === 2) {
      this.#answers.give(PUBREC, () => {
        session.conduct.sendsPubrec(id);
        this.#sendAck(PUBREC, id);
      });
    }
  }

  /** Whether it is forbidden; then that is done. @param wrong the type of an answer that is none to what has come */
  #refuses(session: BrokerSession, what: BrokerMessage | readonly string[], wrong: number, id: number): boolean {
    const forbidden = this.#broker.forbidden.get(session.id);
    const guilty = forbidden === undefined ? [] : forbiddenOf(forbidden, what);
    if (guilty.length === 0) return false;
    this.#broker.watch.refused(session.id, guilty, "print" in what ? what.print : undefined);
    if (forbidden?.how === "close") this.close("forbidden");
    else this.#sendAck(wrong, id);
    return true;
  }

  /** PUBACK, PUBREC, PUBREL or PUBCOMP. */
  #acknowledged(session: BrokerSession, type: number, id: number): void {
    if (type === PUBREL) {
      session.conduct.pubrel(id);
      const held = session.received.get(id);
      session.received.delete(id);
      if (held !== undefined && this.#broker.manners.passesOn === "release") {
        this.#broker.arrived(session, held, false, true);
        if (this.#ended) return;
      }
      this.#answers.give(PUBCOMP, () => {
        session.conduct.ended(id);
        this.#sendAck(PUBCOMP, id);
      });
      return;
    }
    const delivery = session.find(id);
    if (type === PUBCOMP) {
      const index = delivery === undefined ? -1 : session.deliveries.indexOf(delivery);
      if (index < 0 || index >= this.#sent || (delivery as Delivery).state !== RELEASED) {
        throw new Rejected("MQTT-4.3.3-2", `PUBCOMP ${id} comes without a PUBREL`);
      }
      this.#done(session, delivery as Delivery);
      return;
    }
    const queue = type === PUBACK ? this.#awaitPuback : this.#awaitPubrec;
    const expected = queue.shift();
    if (expected !== id || delivery === undefined || delivery.state !== PUBLISHED) {
      const rule = type === PUBACK ? "MQTT-4.6.0-2" : "MQTT-4.6.0-3";
      throw new Rejected(rule, `${PACKET_NAMES[type]} ${id} comes where ${expected ?? "none"} is due`);
    }
    if (!delivery.retain) this.#broker.watch.acknowledged(session.id, delivery.message);
    if (type === PUBACK) this.#done(session, delivery);
    else {
      delivery.state = RELEASED;
      this.#answers.give(PUBREL, () => this.#sendAck(PUBREL, id));
    }
  }

  #done(session: BrokerSession, delivery: Delivery): void {
    session.remove(delivery);
    this.#sent--;
    this.deliver();
  }

  #request(session: BrokerSession, fields: Fields): number {
    const id = fields.identifier();
    if (session.conduct.uses(id) || this.#requests.has(id)) {
      throw new Rejected("MQTT-2.3.1-2", `packet identifier ${id} is used for a request while it is in use`);
    }
    this.#requests.add(id);
    return id;
  }

  #subscribe(session: BrokerSession, body: Uint8Array): void {
    const fields = new Fields(body, "SUBSCRIBE");
    const id = this.#request(session, fields);
    const codes: number[] = [];
    const filters: string[] = [];
    do {
      filters.push(topicFilter(fields, "SUBSCRIBE"));
      const QoS = fields.uint8();
      if (QoS > 2) throw new Rejected("MQTT-3.8.3-4", `SUBSCRIBE asks for QoS ${QoS}`);
      codes.push(QoS);
    } while (fields.left > 0);
    if (this.#refuses(session, filters, UNSUBACK, id)) return;
    const granted = filters.map((filter, index) => {
      const QoS = this.#broker.grant(session, filter, codes[index] as QoS);
      return QoS ?? SUBSCRIBE_FAILURE;
    });
    this.#answers.give(SUBACK, () => {
      this.#requests.delete(id);
      this.#send(Uint8Array.of(SUBACK << 4, 2 + granted.length, id >> 8, id & 0xff, ...granted), id);
      for (const filter of filters) this.#broker.sendRetained(session, filter);
    });
  }

  #unsubscribe(session: BrokerSession, body: Uint8Array): void {
    const fields = new Fields(body, "UNSUBSCRIBE");
    const id = this.#request(session, fields);
    do this.#broker.withdraw(session, topicFilter(fields, "UNSUBSCRIBE"));
    while (fields.left > 0);
    this.#answers.give(UNSUBACK, () => {
      this.#requests.delete(id);
      this.#sendAck(UNSUBACK, id);
    });
  }

  // ---- time

  #watchSilence(limit: number): void {
    const { clock } = this.#broker;
    const quiet = (clock.now() - this.#heardAt) | 0;
    if (quiet >= limit) {
      this.#broker.watch.silent(this.id, quiet);
      this.close("keep alive expired");
      return;
    }
    this.#silence = clock.setTimer(() => this.#watchSilence(limit), limit - quiet);
  }

  /** No CONNECT has come. */
  #silent(): void {
    this.close("no CONNECT");
  }

  #end(reason: string, withWill = true): void {
    if (this.#ended) return;
    this.#ended = this.#answers.ended = true;
    this.#broker.clock.clearTimer(this.#silence);
    const session = this.#session;
    if (session !== undefined) this.#broker.leave(session, this, reason, withWill ? this.#connect?.will : undefined);
  }
}

function topicFilter(fields: Fields, what: string): string {
  const filter = fields.text();
  try {
    checkTopicFilter(filter);
  } catch (error) {
    throw new Rejected("MQTT-4.7.1", `${what}: ${(error as Error).message}`);
  }
  return filter;
}
