/** The promise about messages that a node sends: what was accepted, what has reached the broker, in which order. */
import type { Outcome, QoS } from "../../../src/mqtt/api.js";
import type { BrokerMessage } from "../broker/message.js";
import type { Accuse } from "./invariants.js";

interface Sent {
  readonly topic: string;
  readonly QoS: QoS;
  /** Its place among the messages of its topic and QoS; -1 where that is not known. */
  index: number;
  /** Its place among all: where it was first accepted, and where last. */
  place: number;
  lastPlace: number;
  /** When it was accepted last. */
  since: number;
  byteLength: number;
  /** How often this very message was accepted, and how often it has arrived (no more than that is counted). */
  accepted: number;
  arrived: number;
  /** The broker's session it arrived in last, and whether it arrived again after that was lost. */
  session: number;
  repeated: boolean;
  /** The broker's session that its PUBLISH came in last, whether it was passed on or not. */
  came: number;
  /** That session is lost, and the message with it where the broker had not passed it on. */
  withheld: boolean;
  /** Nobody could tell the client of that: see {@link OutLedger.sessionGranted}. */
  excused: boolean;
  /** The client has put it aside, or may have: it comes when it comes. */
  parked: boolean;
  /** The broker has not taken it, where it may have taken what came behind it. */
  refused: boolean;
  /** Where the same was accepted several times, those that were put aside. */
  resting: Set<number> | undefined;
  /** The start of the machine in which it was accepted last. */
  boot: number;
}

interface Stream {
  next: number;
  last: number;
  /** What arrived as number `last`. */
  lead: Sent | undefined;
}

export class OutLedger {
  readonly #accuse: Accuse;
  readonly #sent = new Map<number, Sent>();
  readonly #missing = new Set<Sent>();
  readonly #tokens = new Map<number, Sent>();
  /** Of those, the ones accepted since the machine's last start, and when: they must have an outcome. */
  readonly #unanswered = new Map<number, number>();
  readonly #streams = new Map<string, Stream>();
  /** Tokens of QoS 1 and 2 messages whose outcome was told. */
  readonly #told = new Set<number>();
  /** Operations of the flash that broke off: each may have stored a message that nobody was told is accepted. */
  #unsaid = 0;
  /** Counts the sessions that the broker had of this client. */
  #session = 0;
  /** A session was begun by a CONNECT, and the client has not said that it knows. */
  #unseen = false;
  #heldBytes = 0;
  #boot = 0;
  #acceptedCount = 0;
  #arrivedCount = 0;
  #parkings = 0;
  /** Accepted and not delivered, by QoS; what a power cut has left unclear is not counted. */
  readonly pending: [number, number, number] = [0, 0, 0];

  constructor(accuse: Accuse) {
    this.#accuse = accuse;
  }

  get accepted(): number {
    return this.#acceptedCount;
  }

  get arrived(): number {
    return this.#arrivedCount;
  }

  /** Payload bytes of QoS 1 and 2 messages that were accepted and are not delivered. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  accept(token: number, topic: string, print: number, QoS: QoS, byteLength: number, now: number): void {
    this.#acceptedCount++;
    const key = keyOf(print, QoS);
    let sent = this.#sent.get(key);
    if (sent === undefined) {
      const stream = this.#stream(topic, QoS);
      sent = {
        topic,
        QoS,
        index: stream.next++,
        place: this.#acceptedCount,
        lastPlace: this.#acceptedCount,
        since: now,
        byteLength,
        accepted: 0,
        arrived: 0,
        session: -1,
        repeated: false,
        came: -1,
        withheld: false,
        excused: false,
        parked: false,
        refused: false,
        resting: undefined,
        boot: this.#boot,
      };
      this.#sent.set(key, sent);
    }
    sent.accepted++;
    sent.lastPlace = this.#acceptedCount;
    sent.boot = this.#boot;
    sent.since = now;
    this.#tokens.set(token, sent);
    this.#told.delete(token);
    if (QoS > 0) this.#unanswered.set(token, now);
    this.pending[QoS]++;
    if (QoS > 0) {
      this.#heldBytes += byteLength;
      if (sent.arrived < expected(sent)) this.#missing.add(sent);
    }
  }

  publish(token: number, outcome: Outcome): void {
    this.#unanswered.delete(token);
    const sent = this.#tokens.get(token);
    if (sent === undefined) {
      if (this.#told.has(token)) this.#accuse("outcome-twice", `message ${token} was reported as ${outcome} again`);
      return;
    }
    this.#tokens.delete(token);
    if (sent.QoS > 0) this.#told.add(token);
    if (sent.boot === this.#boot) {
      this.pending[sent.QoS]--;
      if (sent.QoS > 0) this.#heldBytes -= sent.byteLength;
    }
    if (sent.QoS === 0) return;
    if (sent.arrived === 0 && !sent.excused)
      this.#accuse("acknowledged-unsent", `${describe(sent)} was reported as ${outcome}`);
    if (sent.repeated && outcome === "delivered") {
      this.#accuse("duplicate-untold", `${describe(sent)} arrived twice and was reported as delivered`);
    }
  }

  /**
   * A message never sent says something else from now on; should power fail, it may be the old one that is sent. Where the same
   * was accepted before, the two are one from now on: what arrives of them cannot be told apart.
   */
  revise(token: number, print: number, byteLength: number): void {
    const sent = this.#tokens.get(token);
    if (sent === undefined) return;
    this.#heldBytes += byteLength - sent.byteLength;
    sent.byteLength = byteLength;
    const same = this.#sent.get(print);
    if (same !== undefined && same !== sent) this.#unite(sent, same);
    this.#sent.set(print, sent);
  }

  #unite(sent: Sent, same: Sent): void {
    sent.accepted += same.accepted;
    sent.arrived += same.arrived;
    sent.index = Math.min(sent.index, same.index);
    sent.place = Math.min(sent.place, same.place);
    sent.lastPlace = Math.max(sent.lastPlace, same.lastPlace);
    sent.parked ||= same.parked;
    sent.refused ||= same.refused;
    for (const token of same.resting ?? []) {
      sent.resting ??= new Set();
      sent.resting.add(token);
    }
    for (const [token, one] of this.#tokens) if (one === same) this.#tokens.set(token, sent);
    for (const [key, one] of this.#sent) if (one === same) this.#sent.set(key, sent);
    this.#missing.delete(same);
    if (sent.QoS > 0 && sent.arrived < expected(sent)) this.#missing.add(sent);
  }

  /**
   * A message is given up; should power fail, it may be sent after all.
   * @param time it was accepted by then, where it was accepted since the machine's last start
   */
  drop(token: number, print: number, time = Number.POSITIVE_INFINITY): void {
    const sent = this.#tokens.get(token) ?? this.#sent.get(print);
    if (sent === undefined) return;
    if (sent.boot === this.#boot && sent.since > time)
      this.#accuse("aged", `${describe(sent)} was given up as too old`);
    if (sent.accepted === 1 && sent.came >= 0) this.#accuse("dropped-sent", `${describe(sent)} was given up`);
    this.#unanswered.delete(token);
    if (this.#tokens.delete(token)) {
      this.pending[sent.QoS]--;
      this.#heldBytes -= sent.byteLength;
    }
    sent.accepted--;
    if (sent.arrived >= sent.accepted) this.#missing.delete(sent);
  }

  /** The broker has a message from the node. @param fresh it passes it on now */
  arrive({ topic, QoS, print }: BrokerMessage, fresh: boolean): void {
    const key = keyOf(print, QoS);
    let sent = this.#sent.get(key);
    if (sent !== undefined) sent.came = this.#session;
    if (!fresh) return;
    if (sent === undefined) {
      if (this.#unsaid === 0) this.#accuse("invented", `${topic} (QoS ${QoS}) arrived and was never accepted`);
      else this.#unsaid--;
      sent = {
        topic,
        QoS,
        index: -1,
        place: -1,
        lastPlace: -1,
        since: 0,
        byteLength: 0,
        accepted: 1,
        arrived: 0,
        session: -1,
        repeated: false,
        came: this.#session,
        withheld: false,
        excused: false,
        parked: false,
        refused: false,
        resting: undefined,
        boot: this.#boot,
      };
      this.#sent.set(key, sent);
    }
    this.#arrivedCount++;
    if (sent.arrived > 0 && QoS === 2 && sent.arrived >= sent.accepted) {
      if (sent.session !== this.#session) sent.repeated = true;
      else if (!this.#isUnsaid(sent)) this.#accuse("qos2-twice", `${describe(sent)} arrived twice`);
    }
    if (sent.arrived === 0 && sent.index >= 0 && sent.accepted === 1 && !sent.parked && !sent.refused)
      this.#keepsOrder(sent);
    sent.session = this.#session;
    if (sent.arrived < sent.accepted) sent.arrived++;
    if (sent.arrived >= expected(sent)) this.#missing.delete(sent);
  }

  /** The client puts messages aside: these, or any. */
  park(tokens: readonly number[] | undefined): void {
    this.#parkings++;
    for (const token of tokens ?? this.#tokens.keys()) {
      const sent = this.#tokens.get(token);
      if (sent === undefined) continue;
      sent.parked = true;
      sent.resting ??= new Set();
      sent.resting.add(token);
      this.#missing.delete(sent);
    }
    if (tokens === undefined) {
      for (const sent of this.#missing) sent.parked = true;
      this.#missing.clear();
    }
  }

  /** The broker did not take it, and may have taken what came behind it. */
  refused(print: number): void {
    const sent = this.#sent.get(print);
    if (sent !== undefined) sent.refused = true;
  }

  get parkings(): number {
    return this.#parkings;
  }

  /** A message was sent again after one that it should have come before. */
  disorder(packetId: number, print: number, before: number): void {
    const sent = this.#sent.get(print);
    const first = this.#sent.get(before);
    if (sent === undefined || first === undefined || sent.refused || first.refused) return;
    // What was put aside comes when it comes.
    if (sent.parked || first.parked) return;
    // It may have been sent first, and have been held back as a suspect since: a broker that saw nothing of it can't tell.
    if (first.place < sent.lastPlace || sent.place < 0) return;
    this.#accuse("rejected", `[MQTT-4.6.0-1] PUBLISH ${packetId}, ${describe(sent)}, comes after ${describe(first)}`);
  }

  sessionLost(): void {
    for (const sent of this.#tokens.values()) if (sent.came === this.#session) sent.withheld = true;
    this.#session++;
  }

  /**
   * The broker has granted a connection. A session that was begun by a CONNECT whose answer the client never saw, and that the
   * next CONNACK says is present, is to the client the one before: what was between PUBREC and PUBCOMP in that one may be lost.
   */
  sessionGranted(present: boolean): void {
    if (!present) this.#unseen = true;
    else if (this.#unseen) {
      for (const sent of this.#tokens.values()) {
        if (!sent.withheld || sent.QoS < 2) continue;
        sent.excused = true;
        this.#missing.delete(sent);
      }
    }
  }

  /** The client knows that the session is a new one. */
  sessionSeen(): void {
    this.#unseen = false;
    for (const sent of this.#tokens.values()) sent.withheld = false;
  }

  /** The node has lost power: what was told of its messages may be incomplete. */
  cut(): void {
    this.pending.fill(0);
    this.#heldBytes = 0;
    this.#boot++;
    // Power may have been lost between a message's end and its outcome.
    this.#unanswered.clear();
    // Messages with QoS 0 end with it, and nobody is told.
    for (const [token, { QoS }] of this.#tokens) if (QoS === 0) this.#tokens.delete(token);
  }

  /** A write broke off and may have left what it wrote. */
  brokenOff(): void {
    this.#unsaid++;
  }

  /** Says what was accepted before `time` and has not arrived. */
  check(time: number): void {
    for (const sent of this.#missing) {
      if (sent.since > time) break;
      this.#accuse(sent.QoS === 1 ? "qos1-lost" : "qos2-lost", `${describe(sent)} has not arrived`);
      this.#missing.delete(sent);
    }
  }

  /** Says which messages accepted before `time`, since the machine's last start, have no outcome. */
  checkOutcomes(time: number): void {
    for (const [token, since] of this.#unanswered) {
      const sent = this.#tokens.get(token);
      if (sent === undefined || sent.parked || since > time) continue;
      this.#accuse("outcome-none", `${describe(sent)} arrived and has no outcome`);
      this.#unanswered.delete(token);
    }
  }

  get missing(): number {
    return this.#missing.size;
  }

  /** Since when the oldest message that is missing has been; infinite when none is. */
  get oldestMissing(): number {
    for (const { since } of this.#missing) return since;
    return Number.POSITIVE_INFINITY;
  }

  #stream(topic: string, QoS: QoS): Stream {
    const key = `${QoS}${topic}`;
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = { next: 0, last: -1, lead: undefined };
      this.#streams.set(key, stream);
    }
    return stream;
  }

  #keepsOrder(sent: Sent): void {
    const stream = this.#stream(sent.topic, sent.QoS);
    if (sent.index < stream.last && !(stream.lead !== undefined && this.#isUnsaid(stream.lead))) {
      this.#accuse("out-order", `${describe(sent)} first arrived after number ${stream.last}`);
      return;
    }
    stream.last = sent.index;
    stream.lead = sent;
  }

  /**
   * A message that was stored as power failed, and that nobody was told is accepted, may say the same as one accepted later. Then
   * one arrival more than was accepted is that message's.
   */
  #isUnsaid(sent: Sent): boolean {
    if (this.#unsaid === 0) return false;
    this.#unsaid--;
    sent.accepted++;
    return true;
  }
}

/** The same may be said with QoS 0, which may be lost, and with another: a result that is answered for again. */
function keyOf(print: number, QoS: QoS): number {
  return QoS === 0 ? -1 - print : print;
}

/** How often it is to arrive. */
function expected({ accepted, resting }: Sent): number {
  return resting === undefined ? accepted : accepted - resting.size;
}

function describe({ topic, QoS, index, since }: Sent): string {
  return `message ${index} to ${topic} (QoS ${QoS}, accepted at ${(since / 1000).toFixed(3)} s)`;
}
