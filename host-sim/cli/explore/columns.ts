/** Events of a trace as lines in columns, for people. */
import { ALL, type Column, kinds, type TraceEvent } from "../../core/sim/trace.js";

const COLUMNS: readonly Exclude<Column, "all">[] = ["node", "link", "broker", "storage"];
const WIDTHS = { node: 56, link: 22, broker: 34, storage: 24 };

export function columnTitles(): string {
  const titles = COLUMNS.map((column) => column.padEnd(WIDTHS[column])).join("  ");
  return `${"time".padStart(12)}  ${"#".padStart(3)}  ${titles}`.trimEnd();
}

/** `1:02:03.456` */
export function timeText(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = ((ms % 60_000) / 1000).toFixed(3).padStart(6, "0");
  return `${hours}:${String(minutes).padStart(2, "0")}:${seconds}`;
}

export function columnLine(event: TraceEvent): string {
  const { column } = kinds[event.kind];
  const start = `${timeText(event.t).padStart(12)}  ${(event.node === ALL ? "" : String(event.node)).padStart(3)}  `;
  if (column === "all") return `${start}── ${textOf(event)}`;
  const cells = COLUMNS.map((name) => (name === column ? textOf(event) : "").padEnd(WIDTHS[name]));
  return `${start}${cells.join("  ")}`.trimEnd();
}

function textOf({ kind, a, b, text }: TraceEvent): string {
  switch (kind) {
    case "accepted":
      return `accepted ${a} QoS ${b} ${text}`;
    case "handed":
      return `handed over ${a} QoS ${b} ${text}`;
    case "published":
      return `${text} ${a}`;
    case "connected":
      return a === 1 ? "connected, session present" : "connected, new session";
    case "disconnected":
      return `disconnected: ${text}${a >= 0 ? `; again in ${a} ms` : ""}`;
    case "up":
      return `→ ${text}${a > 0 ? ` ${a}` : ""} (${b} B)`;
    case "down":
      return `← ${text}${a > 0 ? ` ${a}` : ""} (${b} B)`;
    case "commit":
      return b < 0 ? `delete ${text}` : `write ${text} (${b} B)`;
    case "broken":
      return `broke off at ${text}, ${b === 1 ? "new" : "old"} value`;
    case "fault":
    case "healed":
      return `${kind === "fault" ? "FAULT" : "healed"} ${text} (step ${a})`;
    case "violation":
      return `VIOLATION ${text}`;
    case "wifi":
      return `wifi ${text}`;
    case "open":
      return `connection ${a}`;
    default:
      return text === "" ? kind : `${kind}: ${text}`;
  }
}
