/**
 * The log of accepted messages, of which the store holds what must outlive a restart.
 *
 * Its head is in memory ({@link OutgoingLog}); of what is stored, no more than a window is held there, and the rest, the
 * backlog, is read when its turn comes. There is no second queue that messages would have to be moved to.
 */
import type { Durability, Outcome, PayloadSource } from "./api.js";
import { bytesOf, doubt, entryOf, forgetAttempt, isQoS2, type Outgoing, OutgoingLog, wasSent } from "./inflight.js";
import { OutgoingStore, PARKED, PARKED_SENT, PUBREC_CAME } from "./outgoing-store.js";
import { judge, type Visit } from "./review.js";
import type { SessionStore } from "./session-store.js";
import { TokenRuns } from "./token-runs.js";
import { isPublish } from "./wire/encode.js";

export class Outbox {
  readonly log = new OutgoingLog();
  /** Messages that had the connection closed: they rest until {@link unpark}. */
  readonly parked: Outgoing[] = [];
  /** Whether a message is to be parked when its turn comes, for others like it are. Not asked of what PUBREC has come for. */
  rests: ((message: Outgoing) => boolean) | undefined;
  /** Told of each message that is parked for that. */
  onRest: ((message: Outgoing) => void) | undefined;
  /** Whether a message waits for one that is held back; then all behind it do. */
  waitsFor: ((message: Outgoing) => boolean) | undefined;

  private readonly store: OutgoingStore | undefined;
  private readonly durability: Durability;
  /** Stored messages that are held in memory at most. */
  private readonly window: number;
  private _online = false;

  /** The backlog: stored messages that are not in memory, and the bytes they take. */
  private readonly backlog = new TokenRuns();
  private _byteLength = 0;
  /** Messages that no store can hold and that stand behind or among those of the backlog, by their tokens. */
  private readonly sources: Outgoing[] = [];

  constructor(store: SessionStore | undefined, durability: Durability, window: number) {
    this.store = store === undefined ? undefined : new OutgoingStore(store);
    this.durability = durability;
    this.window = window;
  }

  /** Messages accepted and not yet delivered. */
  get length(): number {
    return this.log.length + this.backlog.length + this.sources.length + this.parked.length;
  }

  /** Whether all of them rest, so that none can leave. */
  get isResting(): boolean {
    return this.length === this.parked.length;
  }

  /** Bytes they take. */
  get byteLength(): number {
    return this.log.byteLength + this._byteLength + bytesOf(this.sources) + bytesOf(this.parked);
  }

  /** Whether a packet identifier belongs to one of them. [MQTT-2.3.1-4] */
  usesId(id: number): boolean {
    const isIts = (entry: Outgoing) => entry.id === id;
    return (
      this.log.indexOf(id) >= 0 || this.parked.some(isIts) || this.sources.some(isIts) || this.backlog.hasIdentifier(id)
    );
  }

  // ---- from and to the store

  /**
   * @param tokens of the messages in the store; sorted here
   * @param noted those that a note was found for
   * @param risky as {@link riskyUntil} was when they were stored
   * @returns the last that can be used, 0 when there is none
   */
  load(tokens: number[], noted: readonly number[], risky: number): number {
    let last = 0;
    let room = this.window; // those that were parked once went beside it
    tokens.sort((a, b) => a - b);
    tokens.forEach((token) => {
      const marked = noted.includes(token);
      const note = marked ? this.store?.note(token) : undefined;
      if (marked || room > 0) {
        if (!marked || note === PUBREC_CAME) room--;
        const entry = this._load(token);
        if (entry === undefined) return;
        const isQoS2Message = isQoS2(entry.packet);
        entry.marked = marked;
        if (note === PUBREC_CAME && isQoS2Message) entry.released = true;
        // Within a window of the head it may have been sent before power was lost; behind that it cannot.
        entry.attempted = note !== PARKED;
        // A note that is damaged may have said that PUBREC had come.
        entry.risky = isQoS2Message && entry.attempted && (token <= risky || (marked && note === undefined));
        if (note === undefined || entry.released) this.log.append(entry);
        else this.parked.push(entry);
      } else {
        const packet = this.store?.read(token);
        if (packet === undefined) return;
        this.defer(token, packet.byteLength);
      }
      last = token;
    });
    // Power may have been lost between the end of a message and that of its note, or before the message was stored. A note
    // that stays must not be found beside another message.
    noted.forEach((token) => {
      if (!tokens.includes(token) && !this.unmark(token) && token > last) last = token;
    });
    return last;
  }

  /** Reads one message into memory. */
  private _load(token: number): Outgoing | undefined {
    const packet = this.store?.read(token);
    return packet === undefined ? undefined : entryOf(token, packet, undefined, true);
  }

  private defer(token: number, byteLength: number): void {
    this.backlog.add(token);
    this._byteLength += byteLength;
  }

  /** Whether a message accepted now must be stored. */
  private get durable(): boolean {
    if (this.store === undefined || this.durability === "never") return false;
    // What comes behind a backlog is stored too, for it is sent after it.
    return this.durability === "always" || !this._online || this.waits;
  }

  /** Whether there is a backlog. */
  private get waits(): boolean {
    return this.backlog.length > 0 || this.sources.length > 0;
  }

  /** The broker has accepted a connection. */
  online(): void {
    this._online = true;
    // What could not be noted, while the store was full, is noted when it takes it.
    this.parked.every((entry) => !entry.stored || entry.marked || this.mark(entry, wasSent(entry)));
  }

  /**
   * The connection has ended: all is to be sent again, and what was not stored because it was about to be delivered now is.
   * @throws MqttError of kind `resource` when the store does not take it; it stays in memory
   */
  offline(): void {
    const log = this.log;
    log.rewind();
    this._online = false;
    if (this.durability === "offline") for (let index = 0; index < log.length; index++) this.keep(log.at(index));
    // What need not be in memory leaves it, from the end, as far as it is stored.
    while (log.length > this.window && log.at(log.length - 1).stored && !wasSent(log.at(log.length - 1))) {
      const { token, byteLength } = log.remove(log.length - 1);
      this.defer(token, byteLength);
    }
  }

  private keep(entry: Outgoing): void {
    if (entry.stored || entry.source !== undefined) return;
    // First: a message without its note would be published a second time after a loss of power.
    if (entry.released) this.noteRelease(entry);
    this.store?.write(entry.token, entry.packet);
    entry.stored = this.store !== undefined;
  }

  private noteRelease(entry: Outgoing): void {
    this.store?.mark(entry.token, PUBREC_CAME);
    entry.marked = this.store !== undefined;
  }

  // ---- a message's life

  /**
   * Accepts a message: when this returns it is stored, as far as the durability asks for it; one from a source is as durable
   * as its source, which no store keeps.
   * @throws MqttError of kind `resource`; then nothing was accepted
   */
  accept(token: number, packet: Uint8Array, source: PayloadSource | undefined): void {
    if (source === undefined && this.durable) {
      this.store?.accept(token, packet);
      if (this.waits || this.log.length >= this.window) this.defer(token, packet.byteLength);
      else this.log.append(entryOf(token, packet, undefined, true));
      return;
    }
    const entry = entryOf(token, packet, source, false);
    if (this.waits) this.sources.push(entry);
    else this.log.append(entry);
  }

  /** The next to be sent on this connection, now counted as sent; undefined when there is none. */
  next(): Outgoing | undefined {
    const log = this.log;
    for (;;) {
      if (log.sent === log.length) {
        if (!this.waits) return undefined;
        this.loadNext();
        continue;
      }
      const entry = log.at(log.sent);
      if (this.rests === undefined || entry.released || !this.rests(entry)) {
        if (this.waitsFor?.(entry) === true) return undefined;
        log.advance();
        return entry;
      }
      this.park(log.sent);
      this.onRest?.(entry);
    }
  }

  /** Moves on by one message in the backlog. */
  private loadNext(): void {
    const backlog = this.backlog;
    const [source] = this.sources;
    for (let token = backlog.after(0); token > 0; token = backlog.after(token)) {
      if (source !== undefined && source.token < token) break;
      const entry = this._load(token);
      backlog.delete(token);
      // Values that were found damaged since they were counted have been reported; their bytes go with the last one.
      this._byteLength = backlog.length === 0 ? 0 : this._byteLength - (entry?.byteLength ?? 0);
      if (entry === undefined) continue;
      this.log.append(entry);
      return;
    }
    if (source === undefined) return;
    this.sources.shift();
    this.log.append(source);
  }

  /** PUBREC has come. The message is kept beside the note of it until PUBCOMP. @throws MqttError of kind `resource` */
  release(entry: Outgoing): void {
    if (entry.stored) this.noteRelease(entry);
    entry.released = true;
  }

  /** Whether there is a message that PUBREC has come for. */
  get isReleasing(): boolean {
    const log = this.log;
    for (let index = 0; index < log.length; index++) if (log.at(index).released) return true;
    return false;
  }

  /** The message at `index` of the log is delivered or given up. @throws MqttError of kind `resource` */
  complete(index: number): Outgoing {
    this.forget(this.log.at(index));
    return this.log.remove(index);
  }

  private forget(entry: Outgoing): void {
    const { stored, marked, token } = entry;
    // First, for what is deleted makes room for the session, and that has releases stored.
    entry.stored = false;
    try {
      if (stored) this.store?.delete(token);
    } catch (error) {
      entry.stored = stored;
      throw error;
    }
    if (marked) this.store?.unmark(token);
  }

  /**
   * The broker has lost its session, or never had it: all is sent anew, what PUBREC has come for too, because a broker may
   * pass a message on at PUBREL only. The identifier is kept: to a broker without a session all are free, and one that is
   * stored need not be written again. @throws MqttError of kind `resource`
   */
  startOver(published: (token: number, outcome: Outcome) => void): void {
    const log = this.log;
    for (let index = 0; index < log.length; ) {
      const entry = log.at(index);
      if (!isPublish(entry.packet)) {
        // Kept by the version before, without its payload: there is nothing to publish again.
        this.complete(index);
        published(entry.token, "lost");
      } else {
        // First the note goes: PUBREL alone, in the new session, would lose the message.
        if (entry.released && entry.marked) {
          this.store?.unmark(entry.token);
          entry.marked = false;
        }
        // What went out right behind this connection's CONNECT is in the broker's new session.
        if (index++ >= log.sent) forgetAttempt(entry);
      }
    }
    this.parked.forEach(forgetAttempt);
  }

  /** A CONNECT was not seen answered: to the session that the broker says it has, what is sent again may be new. */
  doubt(): void {
    this.eachInMemory(doubt);
  }

  /** The last token of a message that is reported as risky, 0 when there is none. */
  get riskyUntil(): number {
    let last = 0;
    this.eachInMemory(({ token, risky }) => {
      if (risky && token > last) last = token;
    });
    return last;
  }

  /** Visits all that may have been sent. */
  private eachInMemory(visit: (entry: Outgoing) => void): void {
    const log = this.log;
    for (let index = 0; index < log.length; index++) visit(log.at(index));
    this.parked.forEach(visit);
  }

  /** Takes the message at `index` of the log out of the way of the others. */
  park(index: number): void {
    const entry = this.log.remove(index);
    this.parked.push(entry);
    if (entry.stored && !entry.marked) this.mark(entry, wasSent(entry));
  }

  /** @returns whether it is noted */
  private mark(entry: Outgoing, sent: boolean): boolean {
    try {
      this.store?.mark(entry.token, sent ? PARKED_SENT : PARKED);
      entry.marked = true;
      return true;
    } catch {
      // Without the mark a restart tries it again at once, and another message that was sent may be taken for one that was not.
      return false;
    }
  }

  /** @returns whether the note is gone */
  private unmark(token: number): boolean {
    try {
      this.store?.note(token); // sets aside what is not ours
      this.store?.unmark(token);
      return true;
    } catch {
      return false;
    }
  }

  /** Gives a parked message another chance, at its place among those not yet sent. @param strikes it begins with */
  unpark(entry: Outgoing, strikes: number): void {
    this.parked.splice(this.parked.indexOf(entry), 1);
    if (entry.marked && !wasSent(entry)) this.mark(entry, true);
    entry.strikes = strikes;
    this.log.insert(entry);
  }

  // ---- what the application decides

  /** Visits the messages never sent, oldest first. @throws MqttError of kind `misuse` or `resource` */
  review(visit: Visit): void {
    const { log, parked } = this;
    // What rests was in front of all others when its turn came.
    for (let index = 0; index < parked.length; ) {
      const entry = parked[index] as Outgoing;
      const reviewed = this.reviewed(entry, visit);
      if (reviewed === null) parked.splice(index, 1);
      else parked[index++] = reviewed;
    }
    for (let index = log.sent; index < log.length; ) {
      const entry = log.at(index);
      const reviewed = this.reviewed(entry, visit);
      if (reviewed === null) log.remove(index);
      else {
        if (reviewed !== entry) log.replace(index, reviewed);
        index++;
      }
    }
    const backlog = this.backlog;
    for (let token = backlog.after(0); token > 0; token = backlog.after(token)) this.reviewStored(token, visit);
  }

  /** What `visit` makes of a message in memory: the message, another in its place, or null. */
  private reviewed(entry: Outgoing, visit: Visit): Outgoing | null {
    if (wasSent(entry) || entry.released || entry.source !== undefined) return entry;
    const packet = judge(entry.token, entry.packet, visit, this.store?.maximumLength);
    if (packet === null) {
      this.forget(entry);
      return null;
    }
    if (packet === entry.packet) return entry;
    if (entry.stored) this.store?.write(entry.token, packet);
    return { ...entry, packet, byteLength: packet.byteLength };
  }

  private reviewStored(token: number, visit: Visit): void {
    const before = this.store?.read(token);
    if (before === undefined || !isPublish(before)) return;
    const packet = judge(token, before, visit, this.store?.maximumLength);
    if (packet === before) return;
    if (packet === null) {
      this.store?.delete(token);
      this.backlog.delete(token);
    } else this.store?.write(token, packet);
    this._byteLength += (packet?.byteLength ?? 0) - before.byteLength;
  }
}
