/**
 * What must outlive a connection and, with a store, a restart: messages in flight and waiting, QoS 2 identifiers received,
 * what the broker's session knows of our subscriptions, and the counter that tokens and packet identifiers come from.
 */
import type { KeyValue } from "../platform.js";
import type { Durability, Outcome } from "./api.js";
import type { MqttError } from "./errors.js";
import { INCOMING_KEY, Inbox } from "./inbox.js";
import { identifierFor } from "./inflight.js";
import { Outbox } from "./outbox.js";
import { OUTGOING_KEY, PARKED_KEY } from "./outgoing-store.js";
import { SessionStore } from "./session-store.js";
import { type KnownSubscription, Subscriptions } from "./subscriptions.js";
import { readUtf8, utf8Length, writeUtf8 } from "./utf8.js";

const FORMAT = 1;
const SESSION_KEY = "s";
/** Tokens taken from the store at once: one write for so many. */
const RESERVATION = 1024;
const RADIX = 36;

interface StoredSession {
  readonly format: number;
  readonly identity: string;
  readonly next: number;
  readonly subscriptions: readonly KnownSubscription[];
  /** It may not be the session that the broker has by now. */
  readonly doubtful: boolean;
  /** Messages with QoS 2 up to this token, if they were sent, may have reached a session of the broker that is gone. */
  readonly risky: number;
}

export interface SessionOptions {
  /** Where to keep it; undefined: in memory only. */
  readonly store: KeyValue | undefined;
  readonly durability: Durability;
  /** Whom the session is between: one that is stored under another identity is not with this broker. */
  readonly identity: string;
  readonly window: number;
  readonly maximumReceived: number;
  /** Where the counter starts when nothing is stored. */
  readonly first: number;
}

export class Session {
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  readonly subscriptions = new Subscriptions();
  /**
   * Both sides have this session. Until then a session that the broker holds is not ours: packet identifiers, tried with
   * aedes and mosquitto, would meet those of its past.
   */
  established = false;
  /** Whose session the store says is established; "": nobody's. */
  #claimant = "";
  /** The store has refused what is kept under `s`: it is offered again whenever there may be room. */
  #unsaved = false;
  readonly #store: SessionStore | undefined;
  readonly #identity: string;
  #next: number;
  #reserved = 0;
  #online = false;
  /**
   * A CONNECT has gone out and was not seen answered. It may have begun a new session, of which the next CONNACK will say that
   * it is present; so this is stored before, for power may fail before the answer comes.
   */
  #asked = false;
  /** As found in the store. */
  #risky = 0;

  constructor(options: SessionOptions) {
    this.#store = options.store === undefined ? undefined : new SessionStore(options.store);
    this.#identity = options.identity;
    this.#next = options.first;
    this.outbox = new Outbox(this.#store, options.durability, options.window);
    this.inbox = new Inbox(this.#store, options.durability, options.maximumReceived);
    if (this.#store === undefined) return;
    this.#load(this.#store);
    this.#store.onDeleted = () => {
      if (this.#unsaved) this.#save();
    };
  }

  /** What of the store could not be used, and what it did not take, to be reported. Empties it. */
  takeDamage(): MqttError[] {
    return this.#store?.damage.splice(0) ?? [];
  }

  /**
   * A number that was never given before in this session, and whose packet identifier is not in use. [MQTT-2.3.1-2] While the
   * store refuses to reserve more of them, they are given all the same, and may be given again after a loss of power.
   */
  nextToken(): number {
    let token = this.#next;
    while (this.#inUse(identifierFor(token))) token++;
    if (token >= this.#reserved) {
      this.#reserved = token + RESERVATION;
      this.#save();
    } else if (this.#unsaved) this.#save();
    this.#next = token + 1;
    return token;
  }

  #inUse(id: number): boolean {
    return this.outbox.usesId(id) || this.subscriptions.usesId(id);
  }

  // ---- the connection

  /** CONNECT is about to be sent. */
  asking(): void {
    if (this.#asked) {
      this.subscriptions.doubt();
      this.inbox.doubt();
      this.outbox.doubt();
    }
    this.#asked = true;
    if (this.established) this.#save();
  }

  /** The broker has refused the connection: it has begun nothing. */
  refused(): void {
    this.#asked = false;
  }

  /**
   * The broker has accepted a connection.
   * @param resumed it still had our session
   * @param clean neither side keeps it
   */
  online(resumed: boolean, clean: boolean): void {
    this.#online = true;
    this.outbox.online();
    this.#asked = false;
    // Stored at once: of the subscriptions that the broker had in a session it has lost, none is known any more.
    if (resumed) this.#save();
    else if (!clean) this.#establish(true);
  }

  /**
   * Stores whether both sides have this session. Where the store does not take that, it goes on in memory; only what the
   * store says to the contrary must go, for it would be believed after a loss of power. @throws MqttError of kind `resource`
   */
  #establish(established: boolean): void {
    this.established = established;
    if (this.#save()) return;
    const claimant = this.#claimant;
    if (claimant === "" || (established && claimant === this.#identity)) return;
    this.#claimant = "";
    this.outbox.savedSession(false);
    try {
      this.#store?.delete(SESSION_KEY);
    } catch (error) {
      this.#claimant = claimant;
      this.established = false;
      throw error;
    }
  }

  /** The connection has ended. @throws MqttError of kind `resource` when the store does not take what is to be kept */
  offline(): void {
    const wasOnline = this.#online;
    this.#online = false;
    try {
      if (wasOnline) this.inbox.offline();
    } finally {
      this.outbox.offline();
    }
  }

  /** The broker's session is not ours, or gone. @throws MqttError of kind `resource` */
  startOver(published: (token: number, outcome: Outcome) => void): void {
    // Should power fail before the last of them is gone, the rest must not be taken for identifiers of the new session.
    if (!this.inbox.isEmpty && this.#claimant !== "") this.#establish(false);
    this.inbox.clear();
    this.outbox.startOver(published);
  }

  /**
   * The SUBSCRIBE or UNSUBSCRIBE that is due, encoded; it counts as sent at `now`. That its filters are unsure is stored
   * before, for its answer may never be seen.
   */
  subscriptionRequest(now: number): Uint8Array {
    const packet = this.subscriptions.request(identifierFor(this.nextToken()), now);
    this.saveSubscriptions();
    return packet;
  }

  /** The broker's subscriptions have changed. */
  saveSubscriptions(): void {
    if (this.established) this.#save();
  }

  // ---- the store

  /** Stores what has changed. @returns whether it is stored; if not, that is reported once, and tried again */
  #save(): boolean {
    if (this.#store === undefined) return true;
    const stored: StoredSession = {
      format: FORMAT,
      identity: this.established ? this.#identity : "",
      next: Math.max(this.#reserved, this.#next),
      subscriptions: this.subscriptions.known(),
      doubtful: this.#asked || this.inbox.doubtful,
      risky: this.outbox.riskyUntil,
    };
    const text = JSON.stringify(stored);
    if (this.#saved() !== text) {
      const value = new Uint8Array(utf8Length(text));
      writeUtf8(text, value, 0);
      try {
        this.#store.write(SESSION_KEY, value);
      } catch (error) {
        // A write that fails may have been done.
        if (this.#saved() !== text) {
          if (!this.#unsaved) this.#store.damage.push(error as MqttError);
          this.#unsaved = true;
          return false;
        }
      }
    }
    this.#unsaved = false;
    this.#claimant = stored.identity;
    this.outbox.savedSession(this.established);
    return true;
  }

  #saved(): string | undefined {
    return this.#store?.read(SESSION_KEY, (value) => readUtf8(value, 0, value.byteLength));
  }

  #load(store: SessionStore): void {
    store.read(SESSION_KEY, (value) => this.#loadSession(value));
    const tokens: number[] = [];
    const marked: number[] = [];
    for (const key of store.keys()) {
      const token = numberIn(key, OUTGOING_KEY);
      const mark = numberIn(key, PARKED_KEY);
      const id = numberIn(key, INCOMING_KEY);
      if (token > 0) tokens.push(token);
      else if (mark > 0) marked.push(mark);
      else if (id > 0 && id < 65_536) store.read(key, (value) => this.inbox.load(id, value));
    }
    this.#next = Math.max(this.#next, this.outbox.load(tokens, marked, this.#risky) + 1);
  }

  #loadSession(value: Uint8Array): void {
    const stored = JSON.parse(readUtf8(value, 0, value.byteLength)) as StoredSession;
    if (stored.format !== FORMAT) throw new Error(`its format is ${stored.format}, not ${FORMAT}`);
    if (!Number.isSafeInteger(stored.next) || stored.next < 1) throw new Error("its counter is not a number");
    if (!Array.isArray(stored.subscriptions)) throw new Error("its subscriptions are not a list");
    this.#next = this.#reserved = stored.next;
    this.#claimant = stored.identity;
    if (stored.identity !== this.#identity) return;
    this.established = true;
    this.outbox.savedSession(true);
    this.subscriptions.restore(stored.subscriptions);
    this.#asked = stored.doubtful;
    this.#risky = stored.risky;
  }
}

/** The number that a key of ours holds behind its prefix; 0 for a key that is not of ours. */
function numberIn(key: string, prefix: string): number {
  if (!key.startsWith(prefix)) return 0;
  const number = Number.parseInt(key.slice(prefix.length), RADIX);
  return Number.isSafeInteger(number) && prefix + number.toString(RADIX) === key ? number : 0;
}
