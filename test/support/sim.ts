import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Happening, SimEvent, Summary } from "../../host-sim/cli/events.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

export type Told<Name extends SimEvent["event"]> = Extract<Happening | Summary, { event: Name }> & { t: number };

/** Milliseconds within which an event that must come comes. */
const PATIENCE = 30_000;

/** The simulator's command line as a process. */
export class Sim {
  readonly events: SimEvent[] = [];
  stdout = "";
  stderr = "";
  readonly process: ChildProcess;
  readonly #ended: Promise<void>;
  #watchers: (() => void)[] = [];
  #rest = "";

  /**
   * @param args as after `npm run sim --`
   * @param wrap makes another command of it
   */
  constructor(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    wrap: (command: readonly string[]) => readonly string[] = (command) => command,
  ) {
    const [program = "", ...rest] = wrap([process.execPath, "--import", "tsx", "host-sim/cli/main.ts", ...args]);
    this.process = spawn(program, rest, {
      cwd: root,
      env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => this.#take(text, args.includes("--json")));
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#ended = once(this.process, "close").then(() => this.#changed());
  }

  /** The first event of that name that fits, told already or to come. */
  async event<Name extends SimEvent["event"]>(
    name: Name,
    fits: (event: Told<Name>) => boolean = () => true,
  ): Promise<Told<Name>> {
    const find = () => this.all(name).find(fits);
    await this.#until(() => find() !== undefined, `event "${name}"`);
    return find() as Told<Name>;
  }

  /** All events of that name until now. */
  all<Name extends SimEvent["event"]>(name: Name): Told<Name>[] {
    return this.events.filter(({ event }) => event === name) as unknown as Told<Name>[];
  }

  /** Resolves when the output holds `text`. */
  async text(text: string | RegExp): Promise<void> {
    const holds = () => (typeof text === "string" ? this.stdout.includes(text) : text.test(this.stdout));
    await this.#until(holds, String(text));
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** @returns the exit code, or the signal that ended it */
  async ended(): Promise<number | string | null> {
    await this.#ended;
    return this.process.exitCode ?? this.process.signalCode;
  }

  /** Lets the node come online, then ends it as Ctrl-C does. @returns the exit code */
  async stopped(): Promise<number | string | null> {
    await this.event("acknowledged", ({ topic }) => topic.endsWith("/status"));
    this.signal("SIGINT");
    return this.ended();
  }

  async kill(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGKILL");
    await this.#ended;
  }

  /** The last line, which must be the summary. */
  summary(): Summary {
    const last = this.events.at(-1);
    if (last?.event !== "summary") throw this.#error("its summary");
    return last;
  }

  #take(text: string, json: boolean): void {
    this.stdout += text;
    if (json) {
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.events.push(JSON.parse(line));
    }
    this.#changed();
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    if (holds()) return;
    await new Promise<void>((done, fail) => {
      const timer = setTimeout(() => fail(this.#error(what)), PATIENCE);
      const watcher = () => {
        if (!holds() && this.process.exitCode === null) return;
        clearTimeout(timer);
        this.#watchers = this.#watchers.filter((other) => other !== watcher);
        if (holds()) done();
        else fail(this.#error(what));
      };
      this.#watchers.push(watcher);
    });
  }

  #error(what: string): Error {
    return new Error(`the simulator did not give ${what}; it said:\n${this.stdout}\n${this.stderr}`);
  }
}
