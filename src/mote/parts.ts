import type { Clock } from "../platform.js";
import type { Counters } from "./counters.js";
import type { Report } from "./errors.js";
import type { Publisher } from "./publisher.js";
import type { Settings } from "./settings.js";
import type { Stamper } from "./stamp.js";
import type { Tally } from "./tally.js";
import type { Topics } from "./topics.js";
import type { Uptime } from "./uptime.js";

/** What those parts of the node share that make messages. */
export interface Parts {
  readonly clock: Clock;
  readonly uptime: Uptime;
  /** Names this start. */
  readonly instance: string;
  readonly topics: Topics;
  readonly settings: Settings;
  readonly stamper: Stamper;
  readonly publisher: Publisher;
  readonly tally: Tally;
  readonly counters: Counters;
  readonly report: Report;
}
