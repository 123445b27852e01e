/**
 * Incoming QoS 2 messages between their first arrival and their release: which identifiers are taken, and what of it the
 * store holds, so that each message is handed over once. Section 4.3.3.
 */
import type { Durability } from "./api.js";
import type { MqttError } from "./errors.js";
import { ReceivedIds } from "./inflight.js";
import type { SessionStore } from "./session-store.js";
import { uint16At } from "./wire/packet.js";
import { readUtf8, utf8Length, writeUtf8 } from "./wire/utf8.js";

export const INCOMING_KEY = "i";
const RADIX = 36;

/** Handed over in pieces, not to its end. */
const BEGUN = 2;
/** Stored whole, not processed. */
const HELD = 0;
/** Processed, not released. */
const DONE = 1;
/** State (1 byte), token (6 bytes), print (2 bytes). */
const HEADER = 9;
const TOKEN_END = 7;

/** A message that is stored and has not been processed. */
export interface HeldMessage {
  readonly id: number;
  readonly token: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

export class Inbox {
  /** Identifiers of messages that have been handed over, or are held to be, and are not released. */
  readonly received: ReceivedIds;
  /** Messages found in the store, to be handed over. */
  readonly held: HeldMessage[] = [];
  /** Tokens of messages whose hand-over in pieces was begun. */
  private readonly _begun: { readonly id: number; readonly token: number; readonly print: number }[] = [];
  /**
   * A CONNECT was not seen answered, so the session that the broker has may be a new one, in which the identifiers held here
   * mean nothing. What a broker sends again from the old one carries DUP [MQTT-3.3.1-1]; so does what it has sent in the new
   * one and we have not seen, so the message must be the same, too.
   */
  private _doubtful = false;

  /**
   * The identifier of a message whose store failed, and may have been done all the same; or 0. It was not taken, so it must
   * not be found at the next start: by then the broker may have another session and newer messages.
   */
  private refused = 0;

  private readonly store: SessionStore | undefined;
  private readonly durability: Durability;

  constructor(store: SessionStore | undefined, durability: Durability, maximum: number) {
    this.store = store;
    this.durability = durability;
    this.received = new ReceivedIds(maximum);
  }

  /** Takes in a stored value. @throws Error when it is none of ours */
  load(id: number, value: Uint8Array): void {
    if (value.byteLength < HEADER) throw new Error("it is not an incoming message");
    const token = readToken(value);
    const print = uint16At(value, HEADER - 2);
    if (value[0] === BEGUN) {
      this._begun.push({ id, token, print });
      return;
    }
    if (value[0] === HELD) {
      const payload = HEADER + 3 + uint16At(value, HEADER + 1);
      if (!(payload <= value.byteLength)) throw new Error("it is too short");
      const topic = readUtf8(value, HEADER + 3, payload);
      this.held.push({ id, token, topic, payload: value.slice(payload), retain: value[HEADER] === 1 });
    }
    this.received.add(id, print);
  }

  get doubtful(): boolean {
    return this._doubtful;
  }

  /** A CONNECT was not seen answered. */
  doubt(): void {
    if (this.received.length > 0 || this._begun.length > 0) this._doubtful = true;
  }

  /** The connection has ended, which durability `offline` stores. @throws MqttError of kind `resource` */
  offline(): void {
    if (this.durability === "offline")
      this.received.all().forEach((id) => {
        this.write(id, this.header(DONE, id, 0));
      });
  }

  /** Whether there is anything of the broker's session. */
  get isEmpty(): boolean {
    return this.received.length === 0 && this._begun.length === 0;
  }

  /** The broker's session is gone. @throws MqttError of kind `resource` */
  clear(): void {
    this.forgetRefused(0);
    this.received.all().forEach((id) => {
      this.delete(id);
    });
    this._begun.forEach(({ id }) => {
      this.delete(id);
    });
    this.received.clear();
    this._begun.length = 0;
    this._doubtful = false;
  }

  /**
   * Whether a message that comes was handed over before.
   * @param duplicate its DUP flag
   * @param print of it
   */
  isRepeated(id: number, duplicate: boolean, print: number): boolean {
    if (!this.received.has(id)) return false;
    if (!this._doubtful || (duplicate && print === this.received.printOf(id))) return true;
    this.received.delete(id);
    return false;
  }

  /** The token of a message whose hand-over was begun before; undefined when it was not. */
  begun(id: number, duplicate: boolean, print: number): number | undefined {
    const before = this._begun.find((entry) => entry.id === id);
    if (before === undefined) return undefined;
    if (!this._doubtful || (duplicate && before.print === print)) return before.token;
    this._begun.splice(this._begun.indexOf(before), 1);
    return undefined;
  }

  /** The hand-over of a message in pieces begins. @throws MqttError of kind `resource` */
  begin(id: number, token: number, print: number): void {
    if (this.durable) this.write(id, headerOf(BEGUN, token, print));
    this._begun.push({ id, token, print });
  }

  /**
   * Stores a message before PUBREC is sent for it. One that no value of the store can hold is like one that comes in pieces:
   * of it only that it was processed is stored. @throws MqttError of kind `resource`
   */
  hold(id: number, print: number, { token, topic, payload, retain }: Omit<HeldMessage, "id">): void {
    const topicLength = utf8Length(topic);
    const length = HEADER + 3 + topicLength + payload.byteLength;
    if (this.durable && length <= (this.store as SessionStore).maximumLength) {
      const value = new Uint8Array(length);
      value.set(headerOf(HELD, token, print));
      value[HEADER] = retain ? 1 : 0;
      value[HEADER + 1] = topicLength >> 8;
      value[HEADER + 2] = topicLength & 0xff;
      value.set(payload, writeUtf8(topic, value, HEADER + 3));
      this.keep(id, value, headerOf(BEGUN, token, print));
    }
    this.received.add(id, print);
  }

  /** A full store may still have room for a note that the message is handed over, and with which token. */
  private keep(id: number, value: Uint8Array, note: Uint8Array): void {
    try {
      this.write(id, value);
    } catch (error) {
      if ((error as MqttError).code !== "store-full") throw error;
      this.write(id, note);
    }
  }

  /** A message is not handed over at all. @throws MqttError of kind `resource` */
  skip(id: number, print: number): void {
    this.received.add(id, print);
    this.processed(id, 0);
  }

  /** The handlers of a message are done: it will not be handed over again. @throws MqttError of kind `resource` */
  processed(id: number, token: number): void {
    const index = this._begun.findIndex((entry) => entry.id === id);
    const [begun] = index < 0 ? [] : this._begun.splice(index, 1);
    // First, for it was handed over: should the store refuse, only a loss of power may bring it again.
    if (!this.received.has(id)) this.received.add(id, begun?.print ?? 0);
    if (this.durable) this.write(id, this.header(DONE, id, token));
  }

  /** PUBREL has come. @throws MqttError of kind `resource` */
  forget(id: number): void {
    if (!this.received.has(id)) return;
    this.delete(id);
    this.received.delete(id);
    if (this.isEmpty) this._doubtful = false;
  }

  private header(state: number, id: number, token: number): Uint8Array {
    return headerOf(state, token, this.received.printOf(id));
  }

  /** Whether messages are stored as they come. */
  private get durable(): boolean {
    return this.store !== undefined && this.durability === "always";
  }

  private write(id: number, value: Uint8Array): void {
    this.forgetRefused(id);
    try {
      this.store?.write(INCOMING_KEY + id.toString(RADIX), value);
    } catch (error) {
      if (!this.received.has(id)) this.refused = id;
      throw error;
    }
  }

  /** @param except the identifier whose value is about to be written */
  private forgetRefused(except: number): void {
    if (this.refused > 0 && this.refused !== except) this.delete(this.refused);
    this.refused = 0;
  }

  private delete(id: number): void {
    this.store?.delete(INCOMING_KEY + id.toString(RADIX));
  }
}

function headerOf(state: number, token: number, print: number): Uint8Array {
  const header = new Uint8Array(HEADER);
  header[0] = state;
  let rest = token;
  for (let index = TOKEN_END - 1; index > 0; index--) {
    header[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  header[TOKEN_END] = print >> 8;
  header[TOKEN_END + 1] = print & 0xff;
  return header;
}

function readToken(value: Uint8Array): number {
  let token = 0;
  for (let index = 1; index < TOKEN_END; index++) token = token * 256 + (value[index] as number);
  return token;
}
