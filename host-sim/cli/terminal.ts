/** What a command has of the terminal: its output, and the signals by which a person ends it. */
export interface Terminal {
  /** Whether the output may have colours. */
  readonly colored: boolean;
  write(text: string): void;
  /** Resolves with the reason when the command shall end: after `duration` ms, by a signal, or as nobody reads it. */
  ended(duration: number | undefined): Promise<string>;
  /** Resolves when it shall end at once: by a second signal. */
  forced(): Promise<void>;
  /** Whether that has happened: then nobody has put away what still runs. */
  readonly isForced: boolean;
}

/** Signals closer than this are one: a program that started us may hand on what we got from the terminal too. */
const ECHO = 300;

/** Milliseconds from one look for the parent to the next. */
const ORPHAN = 250;

export function processTerminal({ stdout, env }: NodeJS.Process = process): Terminal {
  const ending = deferred<string>();
  const forcing = deferred<void>();
  let closed = false;
  let isForced = false;
  let first: number | undefined;

  stdout.on("error", (error: NodeJS.ErrnoException) => {
    closed = true;
    const { code } = error;
    if (code === "EPIPE") ending.resolve("the output was closed");
    else ending.resolve(`the output cannot be written: ${code === "ENOSPC" ? "the disk is full" : error.message}`);
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

  return {
    // Never undefined: picocolors would look for itself then, and take CI for a terminal.
    colored: forced(env.FORCE_COLOR) ?? (stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb"),
    write(text) {
      if (!closed) stdout.write(text);
    },
    async ended(duration) {
      let timer: NodeJS.Timeout | undefined;
      const over = new Promise<string>((settle) => {
        if (duration !== undefined) timer = setTimeout(() => settle("the time is over"), duration);
      });
      const reason = await Promise.race([ending.promise, over]);
      clearTimeout(timer);
      return reason;
    },
    forced: () => forcing.promise,
    get isForced() {
      return isForced;
    },
  };
}

/** What FORCE_COLOR says: as other programs read it, 0 and false are no. */
function forced(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : value !== "0" && value !== "false";
}

/** A promise that is resolved from outside. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
