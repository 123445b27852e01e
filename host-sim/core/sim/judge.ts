/**
 * Watches one node from outside, at the broker and at the application, and says what breaks the promise. Nothing of the
 * client is looked into.
 */

import type { DropReason } from "../../../src/mote/journal.js";
import type { Outcome, QoS } from "../../../src/mqtt/api.js";
import {
  CONNECT,
  PACKET_NAMES,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
  SUBACK,
  UNSUBACK,
} from "../../../src/mqtt/wire/packet.js";
import type { LinkState } from "../../../src/platform.js";
import { type BrokerMessage, fingerprint, isMalformed, utf8 } from "../broker/message.js";
import type { VirtualClock } from "../world/clock.js";
import { InLedger } from "./in-ledger.js";
import type { Accuse, Invariant } from "./invariants.js";
import { Kept } from "./kept.js";
import { OutLedger } from "./out-ledger.js";
import type { Program, Witness } from "./program.js";
import {
  CONNECT_STATE,
  HandShakes,
  PUBLISH_1,
  PUBLISH_2,
  RECEIVE_1,
  RECEIVE_2,
  RELEASE,
  RELEASED,
  SUBSCRIBING,
  UNSUBSCRIBING,
} from "./states.js";
import type { Trace } from "./trace.js";

/** See the invariant `blame`: connections that may end in a row, and how many more with each thing that is guilty. */
const MOST_REFUSALS = { least: 6, each: 2 };

export class Judge implements Witness {
  readonly index: number;
  /** The node's client identifier. */
  readonly id: string;
  readonly shakes = new HandShakes();
  readonly out: OutLedger;
  readonly in: InLedger;
  readonly #kept = new Kept();
  readonly #clock: VirtualClock;
  readonly #trace: Trace;
  readonly #accuse: Accuse;
  /** The program that runs, for its bounds. */
  program: () => Program | undefined = () => undefined;
  /** Told of each packet at the broker. */
  #packetWatchers: ((up: boolean) => void)[] = [];
  /** When the network was last less than healthy; silence that began before is the network's. */
  roughAt = 0;
  #reconnects = 0;
  /** PUBREC was sent for so many messages that are not ended. */
  #releases = 0;
  /** Bytes that the client can hold of a packet up to the end of its topic; 0 while that is not known. */
  #receiveBuffer = 0;
  /** The client has said that it is going to discard its session. */
  #mayDiscard = false;
  /** Filters that the client has said not to ask for at present. */
  readonly #resting = new Set<string>();
  /** Connections in a row that the broker has ended, or had ended, at something that it does not bear. */
  #refusals = 0;
  #isRefused = false;
  /** The client itself has ended the connection: what the broker ends it for then is not its matter any more. */
  #hasLeft = false;
  /** The store has refused a write, in this start of the machine, and in the one before. */
  #isFull = false;
  #wasFull = false;
  /** What it does not bear of what those connections have ended at. */
  readonly #guilty = new Set<string>();
  /** A command is being obeyed; its result has not been accepted. */
  #obeying = false;
  /** Payload bytes of what commands have asked for, by token. */
  readonly #commanded = new Map<number, number>();
  #commandedBytes = 0;

  constructor(
    index: number,
    id: string,
    clock: VirtualClock,
    trace: Trace,
    accuse: (invariant: Invariant, detail: string) => void,
  ) {
    this.index = index;
    this.id = id;
    this.#clock = clock;
    this.#trace = trace;
    this.#accuse = accuse;
    this.out = new OutLedger(accuse);
    this.in = new InLedger(accuse);
  }

  get reconnects(): number {
    return this.#reconnects;
  }

  /** Calls for each packet that the broker reads (`up`) or sends. @returns what ends that */
  watchPackets(watch: (up: boolean) => void): () => void {
    this.#packetWatchers = [...this.#packetWatchers, watch];
    return () => {
      this.#packetWatchers = this.#packetWatchers.filter((other) => other !== watch);
    };
  }

  // ---- the machine

  stopped(): void {
    // It asks for all of them after a start.
    this.#resting.clear();
    this.#refusals = 0;
    this.#wasFull = this.#isFull;
    this.#isFull = false;
    this.out.cut();
    this.in.cut();
    this.#obeying = false;
    this.#commanded.clear();
    this.#commandedBytes = 0;
    this.shakes.online = false;
    this.shakes.set(PUBLISH_1, 0);
    this.shakes.set(PUBLISH_2, 0);
    this.shakes.set(RELEASE, 0);
  }

  brokenOff(): void {
    this.out.brokenOff();
    this.in.brokenOff(this.#clock.elapsed);
  }

  // ---- the application

  link(state: LinkState): void {
    this.#trace.add("wifi", this.index, 0, 0, state);
  }

  connected(sessionPresent: boolean): void {
    this.#trace.add("connected", this.index, sessionPresent ? 1 : 0);
    this.#reconnects++;
    if (!sessionPresent) this.out.sessionSeen();
    this.shakes.online = true;
    this.#countPending();
  }

  disconnected(reason: string, delay: number | undefined): void {
    this.#trace.add("disconnected", this.index, delay ?? -1, 0, reason);
    this.shakes.online = false;
    this.#hasLeft = true;
    // That a message is done may not be stored, as if the flash had broken off.
    if (reason.startsWith("the store refused")) this.in.brokenOff(this.#clock.elapsed);
  }

  accepted(token: number, topic: string, payload: string | Uint8Array, QoS: QoS, retain = false): void {
    this.#trace.add("accepted", this.index, token, QoS, topic);
    if (retain) this.#kept.accepted(token, topic, payload, QoS);
    const { length } = payload;
    this.out.accept(token, topic, fingerprint(topic, payload), QoS, length, this.#clock.elapsed);
    const bound = this.program()?.maximumQueued;
    if (bound !== undefined && this.out.heldBytes > bound) {
      this.#accuse("memory", `${this.out.heldBytes} bytes of payloads are held, the bound is ${bound}`);
    }
    const isResult = topic.includes("/result/");
    if (QoS > 0 && (isResult || this.#obeying)) this.#command(token, length);
    if (isResult) this.#obeying = false;
    this.#countPending();
  }

  published(token: number, outcome: Outcome): void {
    this.#trace.add("published", this.index, token, 0, outcome);
    this.out.publish(token, outcome);
    this.#kept.ended(token, outcome !== "lost");
    this.#ended(token);
    this.shakes.set(RELEASE, Math.min(this.#releases, this.out.pending[2]));
    this.#countPending();
  }

  revised(token: number, topic: string, payload: string): void {
    this.#trace.add("revised", this.index, token, 0, topic);
    this.out.revise(token, fingerprint(topic, payload), payload.length);
    this.#kept.revised(token, topic, payload);
  }

  dropped(token: number, topic: string, payload: string, reason: DropReason): void {
    this.#trace.add("dropped", this.index, token, 0, topic);
    const { maximumAge } = this.program() ?? {};
    const young = reason === "age" && maximumAge !== undefined ? this.#clock.elapsed - maximumAge : undefined;
    this.out.drop(token, fingerprint(topic, payload), young);
    this.#kept.ended(token, false);
    this.#ended(token);
    this.#countPending();
  }

  handed(token: number, topic: string, payload: Uint8Array, QoS: QoS, retain: boolean): void {
    this.#trace.add("handed", this.index, token, QoS, topic);
    if (!retain) this.in.hand(fingerprint(topic, payload), topic, QoS, token, this.#clock.elapsed);
  }

  obeys(): void {
    if (this.#obeying) this.#accuse("unanswered", "the result of the command before was not accepted");
    this.#obeying = true;
  }

  #command(token: number, length: number): void {
    this.#commanded.set(token, length);
    this.#commandedBytes += length;
    const share = this.program()?.commandsShare;
    if (share !== undefined && this.#commandedBytes > share) {
      const text = `${this.#commandedBytes} bytes of payloads are held of what commands ask for, their share is ${share}`;
      this.#accuse("commands-share", text);
    }
  }

  #ended(token: number): void {
    this.#commandedBytes -= this.#commanded.get(token) ?? 0;
    this.#commanded.delete(token);
  }

  requests(subscribing: number, unsubscribing: number): void {
    this.shakes.set(SUBSCRIBING, subscribing);
    this.shakes.set(UNSUBSCRIBING, unsubscribing);
  }

  parked(tokens: readonly number[] | undefined): void {
    this.out.park(tokens);
  }

  error(error: Error, where: string): void {
    const { code } = error as Error & { readonly code?: string };
    if (code === "topic-too-long") this.in.tellsSkipping();
    else if (code === "message-skipped") this.in.tellsUnheld(this.#clock.elapsed);
    else if (code === "store-full") this.#isFull = true;
    else if (code === "session-discarded") this.#mayDiscard = true;
    else if (code === "subscription-rests") this.#resting.add(error.message.split('"')[1] as string);
    this.#trace.add("error", this.index, 0, 0, `${where}: ${error.message}`);
  }

  #countPending(): void {
    const { pending } = this.out;
    this.shakes.set(PUBLISH_1, pending[1]);
    this.shakes.set(PUBLISH_2, Math.max(0, pending[2] - this.#releases));
  }

  // ---- the broker

  brokerConnected(present: boolean): void {
    this.#releases = 0;
    this.#hasLeft = false;
    this.out.sessionGranted(present);
  }

  willed(clean: boolean): void {
    if (clean) this.#accuse("will-discarding", "the will of a connection with Clean Session 1 is published");
  }

  packet(up: boolean, first: number, id: number, length: number): void {
    const type = first >> 4;
    const QoS = (first >> 1) & 3;
    this.#trace.add(up ? "up" : "down", this.index, id, length, PACKET_NAMES[type] as string);
    if (type === CONNECT) this.shakes.set(CONNECT_STATE, 1);
    if (type === PUBLISH && QoS > 0) {
      if (!up) this.shakes.add(QoS === 1 ? RECEIVE_1 : RECEIVE_2, 1);
    } else if (up) this.#answered(type);
    else this.#answers(type);
    if (this.#packetWatchers.length > 0) for (const watch of this.#packetWatchers) watch(up);
  }

  #answered(type: number): void {
    if (type === PUBACK) this.shakes.add(RECEIVE_1, -1);
    else if (type === PUBREC) this.shakes.add(RECEIVE_2, -1);
    else if (type === PUBCOMP) this.shakes.add(RELEASED, -1);
  }

  #answers(type: number): void {
    if (type === SUBACK || (type === UNSUBACK && !this.#isRefused)) this.#refusals = 0;
    if (type === PUBREL) this.shakes.add(RELEASED, 1);
    else if (type === PUBREC) {
      this.#releases++;
      this.shakes.set(RELEASE, this.#releases);
      this.#countPending();
    } else if (type === PUBCOMP) {
      this.#releases = Math.max(0, this.#releases - 1);
    }
  }

  /** So many messages came on this connection and are not acknowledged to the end. */
  inFlight(count: number): void {
    const window = this.program()?.window;
    if (window !== undefined && count > window) {
      this.#accuse("window", `${count} messages are in flight, the window is ${window}`);
    }
  }

  brokerLeft(reason: string): void {
    this.#trace.add("left", this.index, 0, 0, reason);
    // What ends for another reason tells the client nothing.
    if (!this.#isRefused) this.#acquit();
    this.#isRefused = false;
  }

  /** @param guilty what of it the broker does not bear; nothing where the client cannot have seen that */
  refused(guilty: readonly string[], print: number | undefined): void {
    if (print !== undefined) this.out.refused(print);
    for (const one of guilty) this.#guilty.add(one);
    if (this.#isRefused || this.#hasLeft || guilty.length === 0) return;
    this.#isRefused = true;
    const { size } = this.#guilty;
    if (++this.#refusals <= MOST_REFUSALS.least + MOST_REFUSALS.each * size) return;
    this.#accuse("blame", `${this.#refusals} connections in a row have ended at ${size} that the broker does not bear`);
    this.#acquit();
  }

  #acquit(): void {
    this.#refusals = 0;
    this.#guilty.clear();
  }

  /** The broker holds a message for the node. */
  routed(message: BrokerMessage, QoS: QoS): void {
    // The client must not take it.
    if (isMalformed(message)) return;
    this.#receiveBuffer = this.program()?.receiveBuffer ?? this.#receiveBuffer;
    // With what stands before the topic and behind it.
    const unfit = utf8(message.topic).length + 12 > this.#receiveBuffer;
    this.in.route(message, QoS, this.#clock.elapsed, unfit);
  }

  /** Whether the client does not ask for a filter, as it has said. @param held whether the broker holds it */
  rests(filter: string, held: boolean): boolean {
    if (held) this.#resting.delete(filter);
    return this.#resting.has(filter);
  }

  arrived(message: BrokerMessage, fresh: boolean): void {
    if (fresh) this.#refusals = 0;
    this.out.arrive(message, fresh);
    this.#kept.arrived(message);
  }

  /** @param byClient the client itself has asked for it, by Clean Session 1 */
  sessionLost(byClient: boolean): void {
    this.#trace.add("forgotten", this.index);
    if (byClient && this.in.missing > 0 && !this.#mayDiscard) {
      this.#accuse("in-lost", `the client discards its session, and ${this.in.missing} messages with it`);
    }
    this.#mayDiscard = false;
    this.out.sessionLost();
    this.in.sessionLost();
  }

  rejected(rule: string, why: string): void {
    // What was put aside and could not be marked, because the store was full, hides after a loss of power what was sent.
    if (rule === "MQTT-3.3.1-1" && this.#wasFull && this.out.parkings > 0) return;
    this.#accuse("rejected", `[${rule}] ${why}`);
  }

  silent(ms: number): void {
    const { elapsed } = this.#clock;
    if (elapsed - ms > this.roughAt) this.#accuse("silence", `nothing came for ${ms} ms on a healthy network`);
  }

  /** What the broker keeps, when all is well. */
  keeps({ topic, print }: BrokerMessage): void {
    const behind = this.#kept.behind(topic, print);
    if (behind > 0)
      this.#accuse("retained", `the broker keeps of ${topic} a message that ${behind} accepted later have followed`);
  }

  /** What was to happen before `time` has happened. */
  check(time: number): void {
    this.out.check(time);
    this.out.checkOutcomes(time);
    this.in.check(time);
  }
}
