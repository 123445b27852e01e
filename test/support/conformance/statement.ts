/**
 * The normative statements of MQTT 3.1.1 that bind a client (OASIS standard, appendix B), as data: what each demands, in our
 * words; the tests that show that the client does it; and a change of the source that breaks it, for those that can be seen
 * on the wire.
 */
import type { Change } from "../breaking.js";
import { CONNECTING } from "./statements/connect.js";
import { FORMAT } from "./statements/format.js";
import { OPERATION } from "./statements/operation.js";
import { PUBLISHING, SUBSCRIBING } from "./statements/packets.js";
import { WEBSOCKET } from "./statements/websocket.js";

/** A change of the sources: each text stands in them exactly once. */
export interface Violation {
  readonly changes: readonly (readonly [search: string, replace: string])[];
}

export function changesOf({ changes }: Violation): Change[] {
  return changes.map(([search, replace]) => ({ search, replace }));
}

export interface Statement {
  /** As the specification numbers it, without the brackets. */
  readonly number: string;
  readonly demands: string;
  /** Files under `test` without `.test.ts`, and the titles from the outermost `describe` on: `file > title > title`. */
  readonly tests: readonly string[];
  /** What breaks it; or why nothing on the wire would show that it is broken. */
  readonly violation: Violation | string;
}

export const STATEMENTS: readonly Statement[] = [
  ...FORMAT,
  ...CONNECTING,
  ...PUBLISHING,
  ...SUBSCRIBING,
  ...OPERATION,
  ...WEBSOCKET,
];

/** Those that bind a server only, so that a test can see that no number was forgotten. */
export const SERVER_ONLY: readonly string[] = [
  ...numbers("2.3.1", 4, 7),
  ...numbers("3.1.2", 1, 2, 3, 5, 7, 8, 10, 12, 16, 17, 24),
  ...numbers("3.1.3", 5, 6, 8, 9),
  ...numbers("3.1.4", 1, 2, 3, 4, 5),
  ...numbers("3.2.0", 1),
  ...numbers("3.2.2", 1, 2, 3, 4, 5, 6),
  ...numbers("3.3.1", 3, 5, 6, 7, 8, 9, 10, 11, 12),
  ...numbers("3.3.2", 3),
  ...numbers("3.3.5", 1, 2),
  ...numbers("3.8.3", 2, 4),
  ...numbers("3.8.4", 1, 2, 3, 4, 5, 6),
  ...numbers("3.9.3", 1, 2),
  ...numbers("3.10.4", 1, 2, 3, 4, 5, 6),
  ...numbers("3.12.4", 1),
  ...numbers("3.14.1", 1),
  ...numbers("3.14.4", 3),
  ...numbers("4.5.0", 1),
  ...numbers("4.6.0", 5, 6),
  ...numbers("4.7.2", 1),
  ...numbers("4.7.3", 4),
  ...numbers("6.0.0", 4),
  ...numbers("7.0.0", 1),
  ...numbers("7.1.1", 1),
];

function numbers(section: string, ...last: number[]): string[] {
  return last.map((number) => `MQTT-${section}-${number}`);
}
