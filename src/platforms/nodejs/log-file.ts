/**
 * The file of a {@link FileStore}'s log: appended to, made safe from power cuts, and now and then begun anew with what is
 * still of use. A byte once written is never changed.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { beginLog, DELETE, encodeRecord, idOf, lengthOf, MARK, type Operation, readLog } from "./store-log.js";

const LOG = "store.log";
const TEMPORARY = "store.tmp";
const SPARE = "store.spare";
/** A log shorter than this is not begun anew, however little of it is of use. */
const SHORT = 262_144;
/** Nor is one of which so great a part is of use: 1 in this many bytes. */
const SPARSE = 4;
/** Bytes that are kept from others, so that a full disk still takes deletes: without them nothing would ever become free. */
const SPARE_LENGTH = 16_384;

export class LogFile {
  readonly #directory: string;
  readonly #path: string;
  /** What is of use now, as the operations that lead to it. */
  readonly #contents: () => Iterable<Operation>;
  #file: number | undefined;
  #id = 0;
  #length = 0;
  /** Bytes that are safe from power cuts. */
  #synced = 0;
  /** The length from which on it is looked whether to begin anew. */
  #long = 0;
  /** Nobody knows what of the file is safe, since an operation of the disk failed: the log must be begun anew. */
  #doubtful = false;

  constructor(directory: string, contents: () => Iterable<Operation>) {
    this.#directory = directory;
    this.#path = join(directory, LOG);
    this.#contents = contents;
  }

  /**
   * Opens the log. @param take is given what it says
   * @returns whether there is one; if not, {@link begin} has to follow
   */
  open(take: (operation: Operation) => void): boolean {
    rmSync(join(this.#directory, TEMPORARY), { force: true });
    let log: Buffer;
    try {
      log = readFileSync(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
    const { operations, flawed } = readLog(log);
    for (const operation of operations) take(operation);
    this.#id = idOf(log);
    this.#length = log.length;
    this.#doubtful = flawed;
    if (flawed) this.#mend();
    else {
      this.#openFile();
      // What a process that was killed has written is not safe yet.
      this.sync();
      this.mark();
    }
    this.#plan();
    this.#keepSpare();
    return true;
  }

  /** What was appended is safe. */
  get isSynced(): boolean {
    return !this.#doubtful && this.#synced === this.#length;
  }

  /** Appends a record, which is not safe before {@link sync}. When it throws, nothing was appended. */
  append(operation: Operation): void {
    try {
      this.#append(operation);
    } catch (error) {
      if (operation.kind !== DELETE || !isFull(error)) throw error;
      rmSync(join(this.#directory, SPARE), { force: true });
      this.#append(operation);
    }
  }

  #append(operation: Operation): void {
    if (this.#doubtful) this.begin();
    else if (this.#length > this.#long) this.#shorten();
    const record = encodeRecord(this.#id, this.#length, this.#synced, operation);
    this.#write(record);
    this.#length += record.length;
  }

  /** Makes all that was appended safe from power cuts. */
  sync(): void {
    if (this.#doubtful) this.begin();
    if (this.#synced === this.#length) return;
    const file = this.#file as number;
    // A failure leaves pages that count as written and are not: asking again would say that all is well.
    this.#doubtful = true;
    fdatasyncSync(file);
    if (statSync(this.#path).ino !== fstatSync(file).ino) throw new Error(`${this.#path} was replaced by another file`);
    this.#doubtful = false;
    this.#synced = this.#length;
  }

  /** Says in the log that what is in it is safe. Without that all is as well, unless the last record decays, too. */
  mark(): void {
    try {
      this.#mark();
    } catch {
      // The next record says it.
    }
  }

  #mark(): void {
    const mark = encodeRecord(this.#id, this.#length, this.#synced, { kind: MARK, key: "", value: undefined });
    this.#write(mark);
    this.#length += mark.length;
    // It need not be safe itself.
    this.#synced += mark.length;
  }

  /** Takes a new log into use, with what is of use and nothing else; it is safe when this returns. */
  begin(): void {
    const temporary = join(this.#directory, TEMPORARY);
    const id = randomBytes(4).readUInt32BE();
    const parts = [beginLog(id)];
    let length = (parts[0] as Buffer).length;
    const add = (operation: Operation) => {
      const part = encodeRecord(id, length, length, operation);
      parts.push(part);
      length += part.length;
    };
    for (const operation of this.#contents()) add(operation);
    add({ kind: MARK, key: "", value: undefined });
    try {
      // Safe before it gets its name: until then the former log is there, from then on this one.
      writeFileSync(temporary, Buffer.concat(parts), { flush: true });
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    this.#doubtful = true;
    this.close();
    renameSync(temporary, this.#path);
    this.#openFile();
    syncDirectory(this.#directory);
    this.#doubtful = false;
    this.#id = id;
    this.#length = this.#synced = length;
    this.#plan();
    this.#keepSpare();
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** Begins anew because something in the log is damaged. Where that fails, the next change has to. */
  #mend(): void {
    try {
      this.begin();
    } catch {
      // It can be read, and that is all for now.
    }
  }

  /** Begins anew because the log has become long. Where that fails the one there is goes on. */
  #shorten(): void {
    try {
      this.begin();
    } catch (error) {
      if (this.#doubtful) throw error;
      this.#long = 2 * this.#length;
    }
  }

  #plan(): void {
    let useful = 0;
    for (const operation of this.#contents()) useful += lengthOf(operation);
    this.#long = Math.max(SHORT, SPARSE * useful);
  }

  #openFile(): void {
    this.#file = openSync(this.#path, constants.O_WRONLY | constants.O_APPEND);
  }

  #write(bytes: Buffer): void {
    const file = this.#file as number;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } catch (error) {
      this.#takeBack(file);
      throw error;
    }
  }

  /** Nothing may stand behind half a record. */
  #takeBack(file: number): void {
    try {
      ftruncateSync(file, this.#length);
    } catch {
      this.#doubtful = true;
    }
  }

  #keepSpare(): void {
    const spare = join(this.#directory, SPARE);
    try {
      // Not zeros: a file system may keep none of those.
      writeFileSync(spare, randomBytes(SPARE_LENGTH), { flag: "wx" });
    } catch {
      // It is there, or there is no room for it now.
    }
  }
}

/** Whether the disk is full. */
export function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

/** Makes the names in a directory safe: of files made, renamed and deleted. Windows keeps them by itself and refuses. */
export function syncDirectory(path: string): void {
  if (process.platform === "win32") return;
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** Makes the names of a directory and of those above it safe, as far as they may be read. */
export function syncParents(path: string): void {
  for (let child = resolve(path), parent = dirname(child); parent !== child; child = parent, parent = dirname(child)) {
    try {
      syncDirectory(parent);
    } catch {
      // Somebody else's directory, which was there before.
      return;
    }
  }
}
