/**
 * What the network does to a stream, as rules. Any function is a rule; those here are Toxiproxy's toxics by their names.
 *
 * A rule sees each piece of a stream before it goes on the wire and refines the verdict on it. The order of rules does
 * not matter: delays add up, the shortest piece and the slowest rate win.
 */
import type { Random } from "../../../src/platform.js";

/** `up`: from the node to its peer. `down`: from the peer to the node. */
export type Direction = "up" | "down";

/** What travels: the request (or grant) of a connection, bytes, the end of the stream, or its loss. */
export type PieceKind = "open" | "data" | "close" | "reset";

export interface Piece {
  readonly kind: PieceKind;
  readonly direction: Direction;
  /** Counts the connections of a station, from 1. */
  readonly connection: number;
  /** Milliseconds since the connection was asked for, up to 24.8 days. */
  readonly age: number;
  /** Bytes that have gone this way on this connection before. */
  readonly position: number;
  /** The bytes, for a rule that must know what it spoils. Empty but for `data`. */
  readonly bytes: Uint8Array;
}

export type Rule = (piece: Piece, verdict: Verdict) => void;

/** What is to become of a piece. Unless a rule says something: it goes whole and at once. */
export class Verdict {
  #length = 0;
  #end: "close" | "reset" | undefined;
  #delay = 0;
  #perByte = 0;
  #hold: number | undefined;

  reset(length: number): void {
    this.#length = length;
    this.#end = undefined;
    this.#delay = 0;
    this.#perByte = 0;
    this.#hold = undefined;
  }

  /** Only so many bytes go as one piece, at least 1; the rest is judged anew. */
  take(length: number): void {
    if (!(length >= 1))
      throw new RangeError(`a rule took ${length} bytes: must be 1 or more; use hold() to stop a stream`);
    if (length >= this.#length) return;
    this.#length = Math.floor(length);
    this.#end = undefined;
  }

  /** The connection ends for both sides when so many bytes of the piece have gone; ignored when it is shorter. */
  endAfter(length: number, how: "close" | "reset"): void {
    if (length > this.#length) return;
    this.#length = Math.max(0, length);
    this.#end = how;
  }

  /** The piece arrives so much later. Does not keep back what follows, which never overtakes though. */
  delay(ms: number): void {
    this.#delay += Math.max(0, ms);
  }

  /** The wire is taken for so long by each byte: what follows waits. */
  slow(msPerByte: number): void {
    this.#perByte = Math.max(this.#perByte, msPerByte);
  }

  /** The piece and all that follows wait; asked again after `ms` or when the rules change. */
  hold(ms: number = Number.POSITIVE_INFINITY): void {
    this.#hold = Math.max(this.#hold ?? 0, ms);
  }

  get length(): number {
    return this.#length;
  }

  get end(): "close" | "reset" | undefined {
    return this.#end;
  }

  get arrivesAfter(): number {
    return this.#delay;
  }

  get occupies(): number {
    return this.#perByte * this.#length;
  }

  get heldFor(): number | undefined {
    return this.#hold;
  }
}

/** The rules in force, and who must look again when they change. */
export class RuleSet {
  readonly #rules: Rule[] = [];
  readonly #watchers = new Set<() => void>();
  #offline = false;

  constructor(rules: readonly Rule[] = []) {
    this.#rules.push(...rules);
  }

  /** Puts a rule in force. @returns what takes it back */
  add(rule: Rule): () => void {
    this.#rules.push(rule);
    this.#changed();
    return () => {
      const index = this.#rules.indexOf(rule);
      if (index < 0) return;
      this.#rules.splice(index, 1);
      this.#changed();
    };
  }

  /** Takes all rules back. */
  clear(): void {
    this.#rules.length = 0;
    this.#changed();
  }

  get offline(): boolean {
    return this.#offline;
  }

  /** While there is no network nothing passes, whatever the rules. What TCP still holds passes when it is back. */
  set offline(offline: boolean) {
    this.#offline = offline;
    this.#changed();
  }

  /** Nothing to judge by. */
  get idle(): boolean {
    return this.#rules.length === 0 && !this.#offline;
  }

  judge(piece: Piece, verdict: Verdict): void {
    if (this.#offline) verdict.hold();
    else for (const rule of this.#rules) rule(piece, verdict);
  }

  watch(watcher: () => void): void {
    this.#watchers.add(watcher);
  }

  unwatch(watcher: () => void): void {
    this.#watchers.delete(watcher);
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** A rule for one direction only. */
export function only(direction: Direction, rule: Rule): Rule {
  return (piece, verdict) => {
    if (piece.direction === direction) rule(piece, verdict);
  };
}

/** Each piece comes `ms` later, and up to `jitter` ms more or less. */
export function latency(ms: number, jitter = 0, random?: Random): Rule {
  if (jitter > 0 && random === undefined) throw new TypeError("latency with jitter needs a source of randomness");
  return (_, verdict) => verdict.delay(ms + (random === undefined ? 0 : jitter * (2 * random() - 1)));
}

/** So many bytes a second at most. */
export function bandwidth(bytesPerSecond: number): Rule {
  if (!(bytesPerSecond > 0)) throw new RangeError(`bandwidth is ${bytesPerSecond}: must be above 0 bytes a second`);
  return (_, verdict) => verdict.slow(1000 / bytesPerSecond);
}

/** Cuts the stream into pieces of `size` bytes, up to `variation` more or less, each `delay` ms after the other. */
export function slicer(size: number, variation = 0, delay = 0, random?: Random): Rule {
  if (variation > 0 && random === undefined) throw new TypeError("slicer with variation needs a source of randomness");
  return (piece, verdict) => {
    if (piece.kind !== "data") return;
    const more = random === undefined ? 0 : Math.round(variation * (2 * random() - 1));
    verdict.take(Math.max(1, size + more));
    if (delay > 0) verdict.slow(delay / verdict.length);
  };
}

/** The connection closes when so many bytes have gone. */
export function limitData(bytes: number, how: "close" | "reset" = "close"): Rule {
  return (piece, verdict) => {
    if (piece.kind === "open" || piece.kind === "data") verdict.endAfter(bytes - piece.position, how);
  };
}

/** The connection is reset when something goes over it that is older than `ms` after its start. */
export function resetPeer(ms = 0): Rule {
  return (piece, verdict) => {
    if (piece.age >= ms) verdict.endAfter(0, "reset");
  };
}

/** The end of a stream arrives `ms` later. */
export function slowClose(ms: number): Rule {
  return (piece, verdict) => {
    if (piece.kind === "close") verdict.delay(ms);
  };
}

/** Nothing gets through, and nobody is told; when the rule is taken back, what was written arrives. */
export const stall: Rule = (_, verdict) => verdict.hold();

/** As Toxiproxy's `timeout`: nothing gets through, and the connection is closed `ms` after its start. */
export function timeout(ms: number): Rule {
  return (piece, verdict) => {
    if (piece.age < ms) verdict.hold(ms - piece.age);
    else verdict.endAfter(0, "close");
  };
}

/** New connections are refused. */
export const down: Rule = (piece, verdict) => {
  if (piece.kind === "open") verdict.endAfter(0, "reset");
};
