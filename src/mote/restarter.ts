import type { Outcome } from "../mqtt/api.js";
import type { KeyValue } from "../platform.js";
import { formatDuration } from "./duration.js";
import type { Report } from "./errors.js";
import { bytesOf, textOf } from "./text.js";
import type { Uptime } from "./uptime.js";

/** Key of the ids of the last restarts that were obeyed, newest first, one a line. */
const KEY = "restarts";
/** How many are kept: a broker that missed our acknowledgements may send more than the last one again. */
const KEPT = 4;

/**
 * Obeys each restart command once, so that no loop can arise from a broker that sends it again after the restart.
 *
 * 1. The command's id is stored.
 * 2. Its result is published.
 * 3. The result has been acknowledged: restart.
 *
 * Power may fail at any point. Before 1 the command comes again, and is obeyed. From 1 on, failing power has restarted the
 * device: when the command comes again it is known and only answered.
 *
 * New ids make no loop either: what was started by anything but power rests for a while before it obeys one.
 */
export class Restarter {
  private readonly store: KeyValue;
  private readonly report: Report;
  private readonly restart: () => void;
  /** The id whose result is not acknowledged yet. */
  private id: string | undefined;
  private token = 0;
  private readonly uptime: Uptime;
  private readonly rest: number;

  /** @param rest milliseconds of uptime before which no restart is obeyed: 0 where this start was not itself a restart */
  constructor(store: KeyValue, uptime: Uptime, rest: number, report: Report, restart: () => void) {
    this.store = store;
    this.uptime = uptime;
    this.rest = rest;
    this.report = report;
    this.restart = restart;
  }

  /**
   * Step 1.
   * @returns false when this id was obeyed before: nothing shall follow but the answer
   * @throws Error when another restart is under way, the last was only just now, or the id cannot be stored
   */
  begin(id: string): boolean {
    const ids = this.obeyed();
    if (ids.includes(id)) return false;
    if (this.id !== undefined) throw new Error(`a restart is under way already, by the command with the id ${this.id}`);
    if (this.uptime.now() < this.rest) {
      throw new Error(`busy: after a restart none is obeyed for ${formatDuration(this.rest)}`);
    }
    ids.unshift(id);
    this.save(ids.slice(0, KEPT));
    this.id = id;
    return true;
  }

  /** Step 2 is done, for this id. @param token of the result; 0 when it was not accepted: then the restart is called off */
  answered(id: string, token: number): void {
    if (id !== this.id || this.token > 0) return;
    if (token > 0) this.token = token;
    else this.callOff();
  }

  /** A message was acknowledged: step 3 when it is that result. */
  published(token: number, outcome: Outcome): void {
    if (token !== this.token) return;
    this.token = 0;
    if (outcome === "lost") this.callOff();
    else this.restart();
  }

  private callOff(): void {
    const id = this.id;
    this.id = undefined;
    this.save(this.obeyed().filter((obeyed) => obeyed !== id));
  }

  /** @throws StorageError: who cannot know whether a restart was obeyed must not obey it */
  private obeyed(): string[] {
    const bytes = this.store.read(KEY);
    if (bytes === undefined) return [];
    try {
      return textOf(bytes).split("\n");
    } catch (error) {
      this.report(error, "settings");
      return [];
    }
  }

  private save(ids: readonly string[]): void {
    this.store.write(KEY, bytesOf(ids.join("\n")));
  }
}
