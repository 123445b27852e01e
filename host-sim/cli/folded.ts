/** Long lines for a narrow terminal: words stay whole, and what goes on below stands under its column. */
import { wrapAnsi } from "fast-wrap-ansi";

/** Fewer characters than this beside a column are no line to read. */
const LEAST = 20;

/**
 * @param columns of the terminal; undefined: nothing is folded
 * @param indent where what goes on below begins; undefined: under the last column of the line's words that leaves room
 */
export function folded(text: string, columns: number | undefined, indent?: number): string {
  if (columns === undefined) return text;
  return text
    .split("\n")
    .map((line) => foldedLine(line, columns, indent ?? columnOf(line, columns)))
    .join("\n");
}

function foldedLine(line: string, columns: number, indent: number): string {
  // Of the first line the indent counts too: it is cut off before, and stands there again afterwards.
  const head = line.slice(0, indentOf(line));
  const [first = "", ...rest] = wrapAnsi(line.slice(head.length), columns - head.length, { trim: true }).split("\n");
  if (rest.length === 0) return line;
  const below = wrapAnsi(rest.join(" "), Math.max(LEAST, columns - indent), { trim: true });
  return [head + first, ...below.split("\n").map((part) => " ".repeat(indent) + part)].join("\n");
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Where the words of a row begin that stand in a column of their own, two spaces behind what they explain. */
function columnOf(line: string, columns: number): number {
  const start = indentOf(line);
  const gap = line.indexOf("  ", start);
  if (gap < 0) return start;
  const column = gap + indentOf(line.slice(gap));
  return columns - column >= LEAST ? column : start + 2;
}
