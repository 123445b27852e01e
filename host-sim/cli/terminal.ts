import { deferred } from "./deferred.js";
import { folded } from "./folded.js";

/** What a command has of the terminal: its output, and the signals by which a person ends it. */
export interface Terminal {
  /** Whether the output may have colours. */
  readonly colored: boolean;
  /** Characters of a line; undefined where lines may be as long as they are. */
  readonly columns: number | undefined;
  write(text: string): void;
  /** As {@link write}, for people: where a line is too long for the terminal its words go on below, under their column. */
  print(text: string): void;
  /** For who waits: a line that is no part of the output. */
  notice(text: string): void;
  /** Resolves with the reason when the command shall end: after `duration` ms, by a signal, or as nobody reads it. */
  ended(duration: number | undefined): Promise<string>;
  /** Resolves when it shall end at once: by a second signal. */
  forced(): Promise<void>;
  /** Whether that has happened: then nobody has put away what still runs. */
  readonly isForced: boolean;
  /** The output could not be written, though somebody wants it. */
  readonly isCut: boolean;
}

/** Why a command ends that has a duration. */
export const TIME_IS_OVER = "the time is over";

/** Signals closer than this are one: a program that started us may hand on what we got from the terminal too. */
const ECHO = 300;

/** Milliseconds from one look for the parent to the next. */
const ORPHAN = 250;

export function processTerminal({ stdout, stderr, env }: NodeJS.Process = process): Terminal {
  const ending = deferred<string>();
  const forcing = deferred<void>();
  let closed = false;
  let isForced = false;
  let isCut = false;
  let first: number | undefined;

  stdout.on("error", (error: NodeJS.ErrnoException) => {
    closed = true;
    const { code } = error;
    if (code === "EPIPE") {
      ending.resolve("the output was closed");
      return;
    }
    const problem = `the output cannot be written: ${code === "ENOSPC" ? "the disk is full" : error.message}`;
    if (!isCut) stderr.write(`${problem}\n`);
    isCut = true;
    ending.resolve(problem);
  });
  const onSignal = (signal: NodeJS.Signals) => {
    first ??= performance.now();
    ending.resolve(signal);
    if (performance.now() - first <= ECHO) return;
    isForced = true;
    forcing.resolve();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal).on("SIGHUP", onSignal);
  if (env.npm_lifecycle_event !== undefined) {
    // npm runs us in a shell, and hands a SIGTERM to the shell only: that is all we notice of it.
    const { ppid } = process;
    setInterval(() => process.ppid !== ppid && ending.resolve("npm has ended"), ORPHAN).unref();
  }

  const write = (text: string) => {
    if (!closed) stdout.write(text);
  };
  const columns = stdout.columns ?? (Number(env.COLUMNS) || undefined);
  return {
    columns,
    write,
    print: (text) => write(folded(text, columns)),
    notice: (text) => void stderr.write(`${text}\n`),
    // Never undefined: picocolors would look for itself then, and take CI for a terminal.
    colored: forced(env.FORCE_COLOR) ?? (stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb"),
    async ended(duration) {
      let timer: NodeJS.Timeout | undefined;
      const over = new Promise<string>((settle) => {
        if (duration !== undefined) timer = setTimeout(() => settle(TIME_IS_OVER), duration);
      });
      const reason = await Promise.race([ending.promise, over]);
      clearTimeout(timer);
      return reason;
    },
    forced: () => forcing.promise,
    get isForced() {
      return isForced;
    },
    get isCut() {
      return isCut;
    },
  };
}

/** What FORCE_COLOR says: as other programs read it, 0 and false are no. */
function forced(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : value !== "0" && value !== "false";
}
