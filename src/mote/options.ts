import type { Durability } from "../mqtt/api.js";
import type { Application } from "./application.js";
import type { Journal } from "./journal.js";
import type { DropPolicy } from "./policy.js";
import type { SettingValues } from "./settings.js";

/** What a node is made with. Types only; the defaults are in mote.ts. */
export interface MoteOptions {
  readonly broker: {
    readonly host: string;
    readonly port: number;
    readonly user?: string | undefined;
    readonly password?: string | undefined;
  };
  /** The node's id: client identifier and topic level, 1 to 64 characters of `A-Z a-z 0-9 _ -`. Default `mote-<machine id>`. */
  readonly id?: string | undefined;
  /** In place of the built-in settings; what a command has set and stored counts more. */
  readonly defaults?: SettingValues;
  /** Forced at this start: counts more than what is stored, until a command sets something else. */
  readonly override?: SettingValues;
  /** What the node is made of. Default: the board's sensors. */
  readonly application?: Application | undefined;
  /** The firmware's version. */
  readonly firmware: string;
  readonly journal: Journal;
  /**
   * Bytes of messages that wait at most; `queueBytes` (nvs.ts) says what a board's storage has room for. A quarter is for results
   * and for readings that a command asks for, the rest for everything else. Default 16,384.
   */
  readonly maximumQueued?: number | undefined;
  /** When messages are stored: what it costs the flash and what it gives up, docs/flash.md says. Default `always`. */
  readonly durability?: Durability | undefined;
  /**
   * Milliseconds after which readings and diagnostics that wait are given up: looked at when the broker has accepted a
   * connection and every hour. How old they are, their stamps and the uptime say. Default 7 days.
   */
  readonly maximumAge?: number | undefined;
  /** What to give up when there is no room, or when it is too old. Default `OldestFirst`. */
  readonly dropPolicy?: DropPolicy | undefined;
  /** Commands that are obeyed at once when there were none for a while. Others are refused as busy. Default 16. */
  readonly commandBurst?: number | undefined;
  /** Milliseconds from one command to the next that are obeyed when they keep coming. Default 1,000. */
  readonly commandInterval?: number | undefined;
  /** Milliseconds of uptime before which no restart is commanded, unless the node was started by power. Default 60,000. */
  readonly restartInterval?: number | undefined;
}
