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
import { NOTE_KEY, OUTGOING_KEY } from "./outgoing-store.js";
import { SessionStore } from "./session-store.js";
import { type KnownSubscription, Subscriptions } from "./subscriptions.js";
import { readUtf8, utf8Length, writeUtf8 } from "./wire/utf8.js";

const FORMAT = 3;
/** In which PUBREL stood in the place of a message that PUBREC had come for. It is read, and never written. */
const FORMAT_BEFORE = 2;
const SESSION_KEY = "s";
/**
 * There while what the store says of the broker's session holds. It goes before CONNECT is sent, for that may begin a new
 * session and its answer may never be seen; and a full store takes a delete, where it would refuse a note.
 */
const CERTAIN_KEY = "c";
/** Tokens taken from the store at once: one write for so many. */
const RESERVATION = 1024;
/** Milliseconds that a SUBSCRIBE or UNSUBSCRIBE waits for room in the store: to hear nothing at all would be worse. */
const NOTE_PATIENCE = 150_000;
const RADIX = 36;

interface StoredSession {
  readonly format: number;
  readonly identity: string;
  readonly next: number;
  readonly subscriptions: readonly KnownSubscription[];
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
  private claimant = "";
  /** The store has refused what is kept under `s`: it is offered again whenever there may be room. */
  private unsaved = false;
  private readonly store: SessionStore | undefined;
  private readonly identity: string;
  private next: number;
  private reserved = 0;
  private _online = false;
  /**
   * A CONNECT has gone out and was not seen answered. It may have begun a new session, of which the next CONNACK will say that
   * it is present.
   */
  private asked = false;
  /** So it was with the one before the last, which the network may still hold: it may begin a session after the last, too. */
  private lingers = false;
  /** {@link CERTAIN_KEY} is stored. */
  private certain = false;
  /** Since when a request waits for the store. */
  private waitsSince: number | undefined;
  /** As found in the store. */
  private risky = 0;

  constructor(options: SessionOptions) {
    this.store = options.store === undefined ? undefined : new SessionStore(options.store);
    this.identity = options.identity;
    this.next = options.first;
    this.outbox = new Outbox(this.store, options.durability, options.window);
    this.inbox = new Inbox(this.store, options.durability, options.maximumReceived);
    if (this.store === undefined) return;
    this.load(this.store);
    this.store.onDeleted = () => {
      if (this.unsaved) this.save();
    };
  }

  /** Whether changes of the store last only after {@link sync}. */
  get defers(): boolean {
    return this.store?.defers === true;
  }

  /**
   * Has all that was stored outlast a loss of power: before bytes leave, or the application is told, because of it.
   * @throws MqttError of kind `resource`
   */
  sync(): void {
    this.store?.sync();
  }

  /** What of the store could not be used, and what it did not take, to be reported. Empties it. */
  takeDamage(): MqttError[] {
    return this.store?.damage.splice(0) ?? [];
  }

  /**
   * A number that was never given before in this session, and whose packet identifier is not in use. [MQTT-2.3.1-2] While the
   * store refuses to reserve more of them, they are given all the same, and may be given again after a loss of power.
   */
  nextToken(): number {
    let token = this.next;
    while (this.inUse(identifierFor(token))) token++;
    if (token >= this.reserved) {
      this.reserved = token + RESERVATION;
      if (this.save()) this.syncReservation();
    } else if (this.unsaved) this.save();
    this.next = token + 1;
    return token;
  }

  private syncReservation(): void {
    try {
      this.sync();
    } catch (error) {
      this.refusedBy(error as MqttError);
    }
  }

  private inUse(id: number): boolean {
    return this.outbox.usesId(id) || this.subscriptions.usesId(id);
  }

  // ---- the connection

  /** CONNECT is about to be sent. @throws MqttError of kind `resource`: then it must not be */
  asking(): void {
    if (this.certain) this.store?.delete(CERTAIN_KEY);
    this.certain = false;
    if (this.asked || this.lingers) {
      this.subscriptions.doubt();
      this.inbox.doubt();
      this.outbox.doubt();
    }
    this.lingers = this.asked;
    this.asked = true;
  }

  /** CONNACK has come. */
  answered(): void {
    this.asked = false;
  }

  /**
   * The broker has accepted a connection.
   * @param resumed it still had our session
   * @param clean neither side keeps it
   */
  online(resumed: boolean, clean: boolean): void {
    this._online = true;
    this.outbox.online();
    // Stored at once: of the subscriptions that the broker had in a session it has lost, none is known any more.
    if (resumed) this.save();
    else if (!clean) this.establish(true);
  }

  /**
   * Stores whether both sides have this session. Where the store does not take that, it goes on in memory; only what the
   * store says to the contrary must go, for it would be believed after a loss of power. @throws MqttError of kind `resource`
   */
  private establish(established: boolean): void {
    this.established = established;
    if (this.save()) return;
    const claimant = this.claimant;
    if (claimant === "" || (established && claimant === this.identity)) return;
    this.claimant = "";
    try {
      this.store?.delete(SESSION_KEY);
    } catch (error) {
      this.claimant = claimant;
      this.established = false;
      throw error;
    }
  }

  /** The connection has ended. @throws MqttError of kind `resource` when the store does not take what is to be kept */
  offline(): void {
    const wasOnline = this._online;
    this._online = false;
    try {
      if (wasOnline) this.inbox.offline();
    } finally {
      this.outbox.offline();
    }
  }

  /** The broker's session is not ours, or gone. @throws MqttError of kind `resource` */
  startOver(published: (token: number, outcome: Outcome) => void): void {
    // Should power fail before the last of them is gone, the rest must not be taken for hand-shakes of the new session.
    if ((!this.inbox.isEmpty || this.outbox.isReleasing) && this.claimant !== "") this.establish(false);
    this.inbox.clear();
    this.outbox.startOver(published);
  }

  /**
   * The SUBSCRIBE or UNSUBSCRIBE that is due, encoded; it counts as sent at `now`. That its filters are unsure is stored
   * before, for its answer may never be seen. While the store refuses that, the request waits, for a time.
   * @param single of one filter only
   */
  subscriptionRequest(now: number, single = false): Uint8Array | undefined {
    if (!this.subscriptions.due) return undefined;
    if (this.unsaved && !this.save() && this.mustWait(now)) return undefined;
    const id = identifierFor(this.nextToken());
    const packet = this.subscriptions.request(id, now, single);
    if (!this.established || this.save()) this.waitsSince = undefined;
    else if (this.mustWait(now)) {
      this.subscriptions.withdraw(id);
      return undefined;
    }
    return packet;
  }

  /** Whether a request is to wait until the store takes its note: where the store claims something, it would be believed. */
  private mustWait(now: number): boolean {
    if (this.claimant !== this.identity) return false;
    this.waitsSince ??= now;
    return ((now - this.waitsSince) | 0) < NOTE_PATIENCE;
  }

  /** Milliseconds from `now` until a request that waits for the store goes all the same, -1 when none does. */
  patience(now: number): number {
    if (this.waitsSince === undefined || !this.subscriptions.due) return -1;
    const left = NOTE_PATIENCE - ((now - this.waitsSince) | 0);
    // One that has waited for long enough goes as soon as there is room.
    return left > 0 ? left : -1;
  }

  /** The broker's subscriptions have changed. */
  saveSubscriptions(): void {
    if (this.established) this.save();
  }

  // ---- the store

  /** Stores what has changed. @returns whether it is stored; if not, that is reported once, and tried again */
  private save(): boolean {
    if (this.store === undefined) return true;
    const stored: StoredSession = {
      format: FORMAT,
      identity: this.established ? this.identity : "",
      next: Math.max(this.reserved, this.next),
      subscriptions: this.subscriptions.known(),
      risky: this.outbox.riskyUntil,
    };
    const text = JSON.stringify(stored);
    if (this.saved() !== text) {
      const value = new Uint8Array(utf8Length(text));
      writeUtf8(text, value, 0);
      try {
        this.store.write(SESSION_KEY, value);
      } catch (error) {
        // A write that fails may have been done.
        if (this.saved() !== text) return this.refusedBy(error as MqttError);
      }
    }
    this.claimant = stored.identity;
    try {
      this.certify(this.store);
      this.unsaved = false;
    } catch (error) {
      this.refusedBy(error as MqttError);
    }
    return true;
  }

  /** Reports it, the first time, and has it tried again. */
  private refusedBy(error: MqttError): false {
    if (!this.unsaved) this.store?.damage.push(error);
    this.unsaved = true;
    return false;
  }

  private certify(store: SessionStore): void {
    const { established, inbox } = this;
    if (!established || this.asked || this.lingers || inbox.doubtful || (this.certain && !this.unsaved)) return;
    // First, for a write that fails may have been done: it is deleted before it can mislead.
    this.certain = true;
    store.write(CERTAIN_KEY, Uint8Array.of(1));
  }

  private saved(): string | undefined {
    return this.store?.read(SESSION_KEY, (value) => readUtf8(value, 0, value.byteLength));
  }

  private load(store: SessionStore): void {
    store.read(SESSION_KEY, (value) => this.loadSession(value));
    const tokens: number[] = [];
    const marked: number[] = [];
    store.keys().forEach((key) => {
      const token = numberIn(key, OUTGOING_KEY);
      const mark = numberIn(key, NOTE_KEY);
      const id = numberIn(key, INCOMING_KEY);
      if (token > 0) tokens.push(token);
      else if (mark > 0) marked.push(mark);
      else if (id > 0 && id < 65_536) store.read(key, (value) => this.inbox.load(id, value));
    });
    // While it is not certain, what was in doubt may not have been noted.
    const risky = this.asked ? Number.POSITIVE_INFINITY : this.risky;
    this.next = Math.max(this.next, this.outbox.load(tokens, marked, risky) + 1);
  }

  private loadSession(value: Uint8Array): void {
    const stored = JSON.parse(readUtf8(value, 0, value.byteLength)) as StoredSession;
    if (stored.format !== FORMAT && stored.format !== FORMAT_BEFORE)
      throw new Error(`its format is ${stored.format}, not ${FORMAT}`);
    if (!Number.isSafeInteger(stored.next) || stored.next < 1) throw new Error("its counter is not a number");
    if (!Array.isArray(stored.subscriptions)) throw new Error("its subscriptions are not a list");
    this.next = this.reserved = stored.next;
    this.claimant = stored.identity;
    this.certain = this.store?.read(CERTAIN_KEY, () => true) === true;
    if (stored.identity !== this.identity) return;
    this.established = true;
    this.subscriptions.restore(stored.subscriptions);
    this.asked = !this.certain;
    this.risky = stored.risky;
  }
}

/** The number that a key of ours holds behind its prefix; 0 for a key that is not of ours. */
function numberIn(key: string, prefix: string): number {
  const number = Number.parseInt(key.slice(prefix.length), RADIX);
  return Number.isSafeInteger(number) && prefix + number.toString(RADIX) === key ? number : 0;
}
