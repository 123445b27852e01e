/** One direction of a connection: takes bytes in, applies the rules, and gives them out in order and in time. */
import type { Clock } from "../../../src/platform.js";
import { type Direction, type PieceKind, type RuleSet, Verdict } from "./rules.js";

/** Who is at the ends of a pipe. All are called by the clock only. */
export interface PipeEnds {
  /** Something has come out. */
  arrived(kind: PieceKind, bytes: Uint8Array): void;
  /** So many bytes have left the sender's buffer, for they have arrived. */
  acknowledged(bytes: number): void;
  /** A rule ended the connection. */
  cut(how: "close" | "reset"): void;
}

export interface PipeOptions {
  readonly clock: Clock;
  readonly rules: RuleSet;
  readonly direction: Direction;
  readonly connection: number;
  /** Bytes that may be under way or lie unread at the receiver; the rest waits at the sender. */
  readonly receiveWindow: number;
}

interface Item {
  readonly kind: PieceKind;
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array(0);

export class Pipe {
  readonly #options: PipeOptions;
  readonly #ends: PipeEnds;
  readonly #verdict = new Verdict();
  readonly #started: number;
  /** Waits at the sender. */
  #waiting: Item[] = [];
  /** On the wire, first to arrive first. */
  readonly #flying: Item[] = [];
  #position = 0;
  /** Bytes on the wire or unread. */
  #outstanding = 0;
  /** When the last piece on the wire arrives, as the clock tells time. */
  #lastArrival = 0;
  /** Part of a millisecond for which the wire is still taken. */
  #fraction = 0;
  #pumpTimer: unknown;
  #wireTaken = false;
  #finished = false;
  #stopped = false;

  constructor(options: PipeOptions, ends: PipeEnds) {
    this.#options = options;
    this.#ends = ends;
    this.#started = options.clock.now();
  }

  /** Sends the bytes, which belong to the pipe from now on, or a sign. */
  send(kind: PieceKind, bytes: Uint8Array = NOTHING): void {
    if (this.#finished || this.#stopped) return;
    this.#waiting.push({ kind, bytes });
    this.pump();
  }

  /** The receiver has read so many bytes: there is room for others. */
  consumed(bytes: number): void {
    this.#outstanding -= bytes;
    this.pump();
  }

  /** Gives up what is not on the wire yet. */
  discard(): void {
    this.#waiting = [];
  }

  /** Gives up what is not on the wire yet and ends the stream behind what is. */
  finish(how: "close" | "reset"): void {
    if (this.#finished || this.#stopped) return;
    this.discard();
    this.#clearPump();
    this.#fly({ kind: how, bytes: NOTHING }, 0);
  }

  /** Nothing goes in any more, and nobody is told; what is on the wire still comes out. */
  silence(): void {
    this.#finished = true;
    this.discard();
    this.#clearPump();
  }

  /** Nothing comes out any more, and nobody is told. */
  stop(): void {
    this.#stopped = true;
    this.discard();
    this.#clearPump();
  }

  /** Looks at what waits; again, when the rules have changed. */
  pump(): void {
    if (this.#wireTaken) return;
    this.#clearPump();
    while (!this.#wireTaken && this.#pumpTimer === undefined) {
      const item = this.#waiting[0];
      if (item === undefined || !this.#judge(item)) return;
    }
  }

  /** @returns whether the item, or some of it, has gone */
  #judge(item: Item): boolean {
    const { clock, rules, direction, connection, receiveWindow } = this.#options;
    const { kind } = item;
    const room = receiveWindow - this.#outstanding;
    const bytes = item.bytes.length > room ? item.bytes.subarray(0, room) : item.bytes;
    if (kind === "data" && bytes.length === 0 && item.bytes.length > 0) return false;

    const verdict = this.#verdict;
    verdict.reset(bytes.length);
    const age = (clock.now() - this.#started) | 0;
    if (!rules.idle) rules.judge({ kind, direction, connection, age, position: this.#position, bytes }, verdict);
    if (verdict.heldFor !== undefined) {
      if (verdict.heldFor !== Number.POSITIVE_INFINITY) this.#pumpAfter(Math.max(1, verdict.heldFor));
      return false;
    }
    const { length, end } = verdict;
    const taken = Math.floor(verdict.occupies + this.#fraction);
    this.#fraction = verdict.occupies + this.#fraction - taken;
    if (length === item.bytes.length && (length > 0 || end === undefined)) {
      this.#waiting.shift();
      this.#fly(item, taken + verdict.arrivesAfter);
    } else if (length > 0) {
      this.#waiting[0] = { kind, bytes: item.bytes.subarray(length) };
      this.#fly({ kind, bytes: item.bytes.subarray(0, length) }, taken + verdict.arrivesAfter);
    }
    if (end !== undefined) {
      this.#ends.cut(end);
      return false;
    }
    if (taken > 0) {
      this.#wireTaken = true;
      this.#pumpAfter(taken);
    }
    return true;
  }

  #pumpAfter(ms: number): void {
    this.#pumpTimer = this.#options.clock.setTimer(() => {
      this.#pumpTimer = undefined;
      this.#wireTaken = false;
      this.pump();
    }, ms);
  }

  #clearPump(): void {
    if (this.#pumpTimer === undefined) return;
    this.#options.clock.clearTimer(this.#pumpTimer);
    this.#pumpTimer = undefined;
    this.#wireTaken = false;
  }

  #fly(item: Item, delay: number): void {
    const { clock } = this.#options;
    if (item.kind === "close" || item.kind === "reset") this.#finished = true;
    this.#position += item.bytes.length;
    this.#outstanding += item.bytes.length;
    // Nothing overtakes: a TCP receiver would wait for what is missing.
    const earliest = this.#flying.length > 0 ? (this.#lastArrival - clock.now()) | 0 : 0;
    const wait = Math.max(Math.ceil(delay), earliest);
    this.#flying.push(item);
    this.#lastArrival = (clock.now() + wait) | 0;
    clock.setTimer(this.#arrive, wait);
  }

  readonly #arrive = (): void => {
    const item = this.#flying.shift();
    if (item === undefined || this.#stopped) return;
    this.#ends.arrived(item.kind, item.bytes);
    if (item.bytes.length > 0) this.#ends.acknowledged(item.bytes.length);
  };
}
