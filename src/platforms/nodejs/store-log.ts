/**
 * The form of a {@link FileStore}'s log, and how one is read that power was cut off from or that has decayed.
 *
 * A log begins with two copies of its head: `MOTEWIRE`, version, a random number, checksum of these. Records follow:
 *
 *     head   D7 4B, kind, length of the key, length of the value, checksum of the value, synced, key, checksum of the head
 *     value
 *     tail   as the head, but D7 54
 *
 * Numbers have four bytes, the most significant first; kind and length of the key have one. The tail is there so that no
 * single damaged byte hides what was done to which key: a delete that was overlooked would bring a message back. `synced`
 * is the length of the log that was safe from power cuts when the record was written. What is damaged before that has
 * decayed, and costs a value at most; what is damaged behind it was being written when power failed, and there the log ends.
 * A mark (no key, no value, no tail) says the same when nothing else is written.
 *
 * Checksums begin with the log's random number and the place of what they cover. So bytes of a value, or of a former log
 * that the disk still has, are never taken for a record.
 */
import { crc32 } from "node:zlib";

export const WRITE = 1;
export const DELETE = 2;
/** The key has a value that can no longer be read. */
export const DAMAGED = 3;
export const MARK = 4;

/** What is done to a key. */
export interface Operation {
  readonly kind: number;
  readonly key: string;
  /** Of {@link WRITE}: undefined when it is damaged. */
  readonly value: Uint8Array | undefined;
}

export interface Reading {
  readonly operations: readonly Operation[];
  /** Something is damaged or cut off: nothing must be appended to this log. */
  readonly flawed: boolean;
}

const SIGNATURE = Buffer.from("MOTEWIRE", "latin1");
const VERSION = 1;
/** Signature, version, random number, checksum. */
const FILE_HEAD = 20;
const FIRST = 0xd7;
const HEAD = 0x4b;
const TAIL = 0x54;
/** A head or tail without its key. */
const FIXED = 20;
const EMPTY = new Uint8Array(0);

/** @param id a random number of 32 bits */
export function beginLog(id: number): Buffer {
  const head = Buffer.alloc(FILE_HEAD);
  SIGNATURE.copy(head);
  head.writeUInt32BE(VERSION, 8);
  head.writeUInt32BE(id, 12);
  head.writeUInt32BE(crc32(head.subarray(0, 16)), 16);
  return Buffer.concat([head, head]);
}

/**
 * A record as it is appended.
 * @param at where it will stand
 * @param synced bytes of the log that are safe
 */
export function encodeRecord(id: number, at: number, synced: number, { kind, key, value = EMPTY }: Operation): Buffer {
  const length = FIXED + key.length;
  const record = Buffer.alloc(lengthOf({ kind, key, value }));
  encodeEnd(record, HEAD, 0);
  if (kind === MARK) return record;
  record.set(value, length);
  encodeEnd(record, TAIL, length + value.length);
  return record;

  function encodeEnd(into: Buffer, which: number, start: number): void {
    into[start] = FIRST;
    into[start + 1] = which;
    into[start + 2] = kind;
    into[start + 3] = key.length;
    into.writeUInt32BE(value.length, start + 4);
    into.writeUInt32BE(crc32(value, id), start + 8);
    into.writeUInt32BE(synced, start + 12);
    into.write(key, start + 16, "latin1");
    const sum = crc32(into.subarray(start, start + length - 4), seed(id, at + start));
    into.writeUInt32BE(sum, start + length - 4);
  }
}

/** Bytes of a record. */
export function lengthOf({ kind, key, value = EMPTY }: Operation): number {
  return kind === MARK ? FIXED : 2 * (FIXED + key.length) + value.length;
}

function seed(id: number, at: number): number {
  return (id ^ at) >>> 0;
}

/** A head or a tail. */
interface End {
  readonly kind: number;
  readonly key: string;
  readonly length: number;
  readonly valueLength: number;
  readonly valueSum: number;
  readonly synced: number;
}

interface Found {
  readonly at: number;
  /** Undefined for a place at which there is something that cannot be read. */
  readonly operation: Operation | undefined;
  readonly isWhole: boolean;
}

/** @returns the log's random number @throws Error when the log cannot be read at all */
export function idOf(log: Buffer): number {
  for (const start of [0, FILE_HEAD]) {
    const head = log.subarray(start, start + FILE_HEAD);
    if (head.length < FILE_HEAD || crc32(head.subarray(0, 16)) !== head.readUInt32BE(16)) continue;
    if (!head.subarray(0, 8).equals(SIGNATURE)) continue;
    const version = head.readUInt32BE(8);
    if (version !== VERSION) throw new Error(`its log has version ${version}, which this program does not know`);
    return head.readUInt32BE(12);
  }
  throw new Error("the beginning of its log is damaged; move the log away to begin with an empty store");
}

/** What a log says. @throws Error when it cannot be read at all */
export function readLog(log: Buffer): Reading {
  const id = idOf(log);
  const found: Found[] = [];
  let synced = 2 * FILE_HEAD;
  let flawed = !log.subarray(0, FILE_HEAD).equals(log.subarray(FILE_HEAD, 2 * FILE_HEAD));
  for (let at = synced; at < log.length; ) {
    const place = nextRecord(log, id, at);
    // The tail is not needed, but a damaged one must not be there when the head is damaged next.
    if (place === undefined || place.start > at || place.isMended) flawed = true;
    if (place === undefined || place.start > at) found.push({ at, operation: undefined, isWhole: false });
    if (place === undefined) break;
    const { start, next, end } = place;
    synced = Math.max(synced, end.synced);
    at = next;
    if (end.kind === MARK) continue;
    const { kind, key, valueLength, valueSum } = end;
    const value = Uint8Array.from(log.subarray(start + end.length, start + end.length + valueLength));
    const isWhole = next <= log.length && crc32(value, id) === valueSum;
    if (!isWhole) flawed = true;
    const operation = { kind, key, value: isWhole && kind !== DAMAGED ? value : undefined };
    found.push({ at: start, operation, isWhole });
  }
  const cut = found.findIndex(({ at, isWhole }) => at >= synced && !isWhole);
  const operations = (cut < 0 ? found : found.slice(0, cut)).flatMap(({ operation }) => operation ?? []);
  return { operations, flawed };
}

interface Place {
  readonly end: End;
  readonly start: number;
  /** Where the next record stands. */
  readonly next: number;
  /** Its head or its tail is damaged. */
  readonly isMended: boolean;
}

/** The first record at `from` or behind it, known by its head or, where that is damaged, by its tail. */
function nextRecord(log: Buffer, id: number, from: number): Place | undefined {
  for (let at = from; at + FIXED <= log.length; at++) {
    if (log[at] !== FIRST) continue;
    const head = readEnd(log, id, at, HEAD);
    if (head !== undefined) {
      if (head.kind === MARK) return { end: head, start: at, next: at + head.length, isMended: false };
      const tailAt = at + head.length + head.valueLength;
      const isMended = readEnd(log, id, tailAt, TAIL) === undefined;
      return { end: head, start: at, next: tailAt + head.length, isMended };
    }
    const tail = readEnd(log, id, at, TAIL);
    if (tail === undefined) continue;
    const start = at - tail.valueLength - tail.length;
    if (start >= from) return { end: tail, start, next: at + tail.length, isMended: true };
  }
  return undefined;
}

function readEnd(log: Buffer, id: number, at: number, which: number): End | undefined {
  if (at + FIXED > log.length || log[at] !== FIRST || log[at + 1] !== which) return undefined;
  const length = FIXED + (log[at + 3] as number);
  if (at + length > log.length) return undefined;
  if (crc32(log.subarray(at, at + length - 4), seed(id, at)) !== log.readUInt32BE(at + length - 4)) return undefined;
  return {
    kind: log[at + 2] as number,
    key: log.toString("latin1", at + 16, at + length - 4),
    length,
    valueLength: log.readUInt32BE(at + 4),
    valueSum: log.readUInt32BE(at + 8),
    synced: log.readUInt32BE(at + 12),
  };
}
