/**
 * What must outlive a connection and, with a store, a restart: messages in flight and waiting, QoS 2 identifiers received,
 * what the broker's session knows of our subscriptions, and the counter that tokens and packet identifiers come from.
 *
 * The store's form, one key a thing, so that every change is one atomic write:
 * - `s`      who the session is with, the counter's reservation, the subscriptions; JSON
 * - `o<token, base 36>`  the packet to be sent next for an accepted message, as it goes over the wire
 * - `i<id, base 36>`     an incoming QoS 2 message: state, token, flags, topic, payload
 */
import type { KeyValue } from "../platform.js";
import type { PayloadSource, QoS } from "./api.js";
import { identifierOf } from "./encode.js";
import { type MqttError, resource } from "./errors.js";
import { type Outgoing, OutgoingLog, pubrel, ReceivedIds } from "./inflight.js";
import { type KnownSubscription, Subscriptions } from "./subscriptions.js";
import { readUtf8, utf8Length, writeUtf8 } from "./utf8.js";

const FORMAT = 1;
const SESSION_KEY = "s";
const OUTGOING_KEY = "o";
const INCOMING_KEY = "i";
/** Tokens taken from the store at once: one write for so many. */
const RESERVATION = 1024;
const RADIX = 36;

const INCOMING_HELD = 0;
const INCOMING_DONE = 1;
/** State (1 byte), token (6 bytes). */
const INCOMING_HEADER = 7;

/** An incoming QoS 2 message that is stored and has not been processed. */
export interface HeldMessage {
  readonly id: number;
  readonly token: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

interface StoredSession {
  readonly format: number;
  readonly identity: string;
  readonly next: number;
  readonly subscriptions: [string, number][];
}

export class Session {
  readonly outgoing = new OutgoingLog();
  readonly received: ReceivedIds;
  readonly subscriptions = new Subscriptions();
  /**
   * Both sides have this session. Until then a session that the broker holds is not ours: packet identifiers, tried with
   * aedes and mosquitto, would meet those of its past.
   */
  established = false;
  /** Messages found in the store, to be handed over. */
  held: HeldMessage[] = [];
  /** What of the store could not be used, to be reported. */
  readonly damage: MqttError[] = [];

  readonly #store: KeyValue | undefined;
  readonly #identity: string;
  #next: number;
  #reserved = 0;

  /**
   * @param store where to keep it; undefined: in memory only
   * @param identity whom the session is between: a session stored under another is not with this broker
   * @param maximumReceived bound of {@link received}
   * @param first where the counter starts when there is nothing stored
   */
  constructor(store: KeyValue | undefined, identity: string, maximumReceived: number, first: number) {
    this.#store = store;
    this.#identity = identity;
    this.#next = first;
    this.received = new ReceivedIds(maximumReceived);
    if (store !== undefined) this.#load(store);
  }

  /** A number that was never given before in this session. @throws MqttError `store-failed` */
  nextToken(): number {
    const token = this.#next;
    if (this.#store !== undefined && token >= this.#reserved) {
      this.#reserved = token + RESERVATION;
      try {
        this.#save();
      } catch (error) {
        this.#reserved = token;
        throw error;
      }
    }
    this.#next = token + 1;
    return token;
  }

  /** The packet identifier that goes with a token: the counter's, unless it is still in use. [MQTT-2.3.1-2] */
  identifierFor(token: number): number {
    let id = ((token - 1) % 65_535) + 1;
    while (this.outgoing.indexOf(id) >= 0 || this.subscriptions.usesId(id)) id = (id % 65_535) + 1;
    return id;
  }

  /**
   * Accepts a message: when this returns it is stored; one from a source is as durable as its source, which no store keeps.
   * @throws MqttError of kind `resource`; then nothing was accepted
   */
  accept(token: number, id: number, packet: Uint8Array, source: PayloadSource | undefined): void {
    const { byteLength } = packet;
    if (source === undefined && this.#store !== undefined) {
      const most = this.#store.maximumLength;
      if (byteLength > most) {
        throw resource(
          "message-too-large",
          `the message takes ${byteLength} bytes and the store ${most}: use a source`,
        );
      }
      this.#write(OUTGOING_KEY + token.toString(RADIX), packet);
    }
    this.outgoing.append({ token, id, packet, source, byteLength, attempted: false, risky: false, sentAt: 0 });
  }

  /** PUBREC has come: the payload is no longer ours to keep. */
  release(entry: Outgoing): void {
    const packet = pubrel(entry.id);
    if (entry.source === undefined) this.#write(OUTGOING_KEY + entry.token.toString(RADIX), packet);
    entry.packet = packet;
    entry.source = undefined;
  }

  /** The message at `index` is delivered or given up. */
  complete(index: number): Outgoing {
    const entry = this.outgoing.at(index);
    this.#delete(OUTGOING_KEY + entry.token.toString(RADIX));
    return this.outgoing.remove(index);
  }

  /** Stores an incoming QoS 2 message before PUBREC is sent for it. */
  hold(id: number, token: number, topic: string, payload: Uint8Array, retain: boolean): void {
    if (this.#store !== undefined) {
      const topicLength = utf8Length(topic);
      const value = new Uint8Array(INCOMING_HEADER + 3 + topicLength + payload.byteLength);
      writeIncomingHeader(value, INCOMING_HELD, token);
      value[7] = retain ? 1 : 0;
      value[8] = topicLength >> 8;
      value[9] = topicLength & 0xff;
      value.set(payload, writeUtf8(topic, value, 10));
      this.#write(INCOMING_KEY + id.toString(RADIX), value);
    }
    this.received.add(id);
  }

  /** The handlers of an incoming QoS 2 message are done: it will not be handed over again. */
  processed(id: number, token: number): void {
    if (this.#store !== undefined) {
      const value = new Uint8Array(INCOMING_HEADER);
      writeIncomingHeader(value, INCOMING_DONE, token);
      this.#write(INCOMING_KEY + id.toString(RADIX), value);
    }
    if (!this.received.has(id)) this.received.add(id);
  }

  /** PUBREL has come. */
  forget(id: number): void {
    if (this.received.delete(id)) this.#delete(INCOMING_KEY + id.toString(RADIX));
  }

  /** The broker has accepted a connection with a session that both sides keep. */
  establish(): void {
    if (this.established) return;
    this.established = true;
    this.#save();
  }

  /** The broker's subscriptions have changed. */
  saveSubscriptions(): void {
    if (this.established) this.#save();
  }

  /** The broker does not have the session any more: what it had received is its past. */
  lost(): void {
    for (const id of this.received.clear()) this.#delete(INCOMING_KEY + id.toString(RADIX));
  }

  #save(): void {
    if (this.#store === undefined) return;
    const subscriptions: [string, number][] = [];
    for (const { filter, QoS } of this.subscriptions.known()) subscriptions.push([filter, QoS]);
    const stored: StoredSession = {
      format: FORMAT,
      identity: this.established ? this.#identity : "",
      next: this.#reserved,
      subscriptions,
    };
    const text = JSON.stringify(stored);
    const value = new Uint8Array(utf8Length(text));
    writeUtf8(text, value, 0);
    this.#write(SESSION_KEY, value);
  }

  #write(key: string, value: Uint8Array): void {
    try {
      this.#store?.write(key, value);
    } catch (error) {
      const full = (error as { storage?: string }).storage === "full";
      throw resource(
        full ? "store-full" : "store-failed",
        `the session's store refused a write: ${text(error)}`,
        error,
      );
    }
  }

  #delete(key: string): void {
    try {
      this.#store?.delete(key);
    } catch (error) {
      throw resource("store-failed", `the session's store refused a delete: ${text(error)}`, error);
    }
  }

  #load(store: KeyValue): void {
    const outgoing: Outgoing[] = [];
    for (const key of store.keys()) {
      try {
        const value = store.read(key);
        if (value === undefined) continue;
        if (key === SESSION_KEY) this.#loadSession(value);
        else if (key.startsWith(OUTGOING_KEY)) outgoing.push(loadOutgoing(key, value));
        else if (key.startsWith(INCOMING_KEY)) this.#loadIncoming(key, value);
      } catch (error) {
        this.damage.push(resource("store-damaged", `the stored value "${key}" cannot be used: ${text(error)}`, error));
      }
    }
    outgoing.sort((a, b) => a.token - b.token);
    for (const entry of outgoing) {
      this.outgoing.append(entry);
      if (entry.token >= this.#next) this.#next = entry.token + 1;
    }
  }

  #loadSession(value: Uint8Array): void {
    const stored = JSON.parse(readUtf8(value, 0, value.byteLength)) as StoredSession;
    if (stored.format !== FORMAT) throw new Error(`its format is ${stored.format}, not ${FORMAT}`);
    if (!Number.isSafeInteger(stored.next) || stored.next < 1) throw new Error("its counter is not a number");
    const known: KnownSubscription[] = [];
    for (const [filter, QoS] of stored.subscriptions) known.push({ filter, QoS: QoS as QoS });
    this.#next = this.#reserved = stored.next;
    if (stored.identity !== this.#identity) return;
    this.established = true;
    this.subscriptions.restore(known);
  }

  #loadIncoming(key: string, value: Uint8Array): void {
    const id = Number.parseInt(key.slice(1), RADIX);
    const token = readToken(value);
    if (!(id > 0 && id < 65_536) || value.byteLength < INCOMING_HEADER) throw new Error("it is too short");
    if (value[0] === INCOMING_HELD) {
      const payload = 10 + (((value[8] as number) << 8) | (value[9] as number));
      if (!(payload <= value.byteLength)) throw new Error("it is too short");
      const topic = readUtf8(value, 10, payload);
      this.held.push({ id, token, topic, payload: value.subarray(payload), retain: value[7] === 1 });
    }
    this.received.add(id);
  }
}

/** As the packet was the last that could be sent, it may have been. */
function loadOutgoing(key: string, packet: Uint8Array): Outgoing {
  const token = Number.parseInt(key.slice(1), RADIX);
  const id = identifierOf(packet);
  if (!(token > 0) || !(id > 0)) throw new Error("it is not a packet");
  const { byteLength } = packet;
  return { token, id, packet, source: undefined, byteLength, attempted: true, risky: false, sentAt: 0 };
}

function writeIncomingHeader(value: Uint8Array, state: number, token: number): void {
  value[0] = state;
  let rest = token;
  for (let index = INCOMING_HEADER - 1; index > 0; index--) {
    value[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

function readToken(value: Uint8Array): number {
  let token = 0;
  for (let index = 1; index < INCOMING_HEADER; index++) token = token * 256 + (value[index] as number);
  return token;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
