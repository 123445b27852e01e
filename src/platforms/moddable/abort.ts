/**
 * What is left to do when the engine gives up (an exception that nobody caught, memory that is full): leave a record for
 * the next start, and restart. To go on would be to go on from a state nobody knows.
 *
 * Imports nothing but the SDK: it must work when the rest does not.
 */
import keyValue from "embedded:storage/key-value";

const DOMAIN = "mw.abort";
const REASON = "reason";
const COUNT = "count";
/** Of the record. */
const MAXIMUM_LENGTH = 200;

interface TextDomain {
  read(key: string): string | undefined;
  write(key: string, value: string): void;
  delete(key: string): void;
  close(): void;
}

export interface LastAbort {
  /** In words; undefined when the last run did not end by an abort. */
  readonly reason: string | undefined;
  /** Runs that ended so without a good one in between. */
  readonly count: number;
}

/** From now on an abort is recorded. */
export function recordAborts(): void {
  globalThis.abort = record;
}

function record(reason: string, exception: unknown): undefined {
  const domain = open();
  const message = (exception as { message?: unknown } | undefined)?.message ?? exception ?? "";
  domain.write(REASON, `${reason}: ${message}`.slice(0, MAXIMUM_LENGTH));
  domain.write(COUNT, String(Number(domain.read(COUNT) ?? 0) + 1));
  domain.close();
}

/** The record of the last run, which is forgotten with it; its count is kept until {@link runIsGood}. */
export function takeLastAbort(): LastAbort {
  const domain = open();
  try {
    const reason = domain.read(REASON);
    if (reason !== undefined) domain.delete(REASON);
    return { reason, count: Number(domain.read(COUNT) ?? 0) };
  } finally {
    domain.close();
  }
}

/** This run has lasted: the next abort is the first again. */
export function runIsGood(): void {
  const domain = open();
  try {
    if (domain.read(COUNT) !== undefined) domain.delete(COUNT);
  } finally {
    domain.close();
  }
}

function open(): TextDomain {
  return keyValue.open({ path: DOMAIN, format: "string" }) as unknown as TextDomain;
}
