/** Whether a process takes more and more memory: what of it is resident, and what of that is growth. */
import { readFileSync } from "node:fs";

/** Bytes of a process that are in memory. Linux only. @throws Error when there is no such process */
export function residentBytes(pid: number): number {
  const bytes = residentIn(readFileSync(`/proc/${pid}/status`, "utf8"));
  // A process that has ended and is not waited for yet has no memory any more.
  if (bytes === undefined) throw new Error(`process ${pid} has no VmRSS: it has ended`);
  return bytes;
}

/** @param status the text of /proc/<pid>/status */
export function residentIn(status: string): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Messages after which all code has run once, and memory that is taken once has been taken. */
export const SETTLED = 500;
/** Bytes that memory may grow by after that. Each page touched for the first time counts 4,096. */
export const GROWTH = 64 * 1024;

/** Memory over a run, sample by sample. */
export class MemoryWatch {
  private first: Sample | undefined;
  private last: Sample | undefined;
  private most = 0;

  /** @throws Error once memory has grown by more than {@link GROWTH} since message {@link SETTLED} */
  sample(messages: number, bytes: number): void {
    if (messages < SETTLED) return;
    this.first ??= { messages, bytes };
    this.last = { messages, bytes };
    this.most = Math.max(this.most, bytes);
    const growth = bytes - this.first.bytes;
    if (growth > GROWTH) {
      const rate = Math.round(growth / (messages - this.first.messages));
      throw new Error(
        `its memory has grown by ${growth} bytes from message ${this.first.messages} to ${messages}, ` +
          `${rate} bytes a message: at most ${GROWTH} are allowed`,
      );
    }
  }

  /** For people. @throws Error when it was never sampled twice after message {@link SETTLED} */
  summary(): string {
    const { first, last, most } = this;
    if (first === undefined || last === undefined || last.messages === first.messages) {
      throw new Error(`its memory was not measured twice after message ${SETTLED}`);
    }
    return (
      `memory ${kilobytes(first.bytes)} at message ${first.messages}, ${kilobytes(last.bytes)} at message ` +
      `${last.messages}, ${kilobytes(most)} at most`
    );
  }
}

interface Sample {
  readonly messages: number;
  readonly bytes: number;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toLocaleString("en")} KB`;
}
