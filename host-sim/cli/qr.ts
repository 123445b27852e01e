/** A URL as a QR code in a terminal, for a phone's camera. */
import { encode } from "uqr";

/** Modules of white around it that a camera wants: ISO/IEC 18004 says four; two are enough on a screen. */
const BORDER = 2;
/** Black on white whatever the terminal's colours are, for a camera may take no inverted code. */
const BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m";
const NORMAL = "\x1b[0m";

/**
 * Two rows of the code are one line of text.
 * @param columns of the terminal
 * @returns nothing where it does not fit
 */
export function qrLines(text: string, columns: number): string[] {
  const { data, size } = encode(text, { border: BORDER });
  if (size > columns) return [];
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    const modules = data[row]?.map((upper, column) => block(upper, data[row + 1]?.[column] ?? false)) ?? [];
    lines.push(`${BLACK_ON_WHITE}${modules.join("")}${NORMAL}`);
  }
  return lines;
}

function block(upper: boolean, lower: boolean): string {
  if (upper) return lower ? "█" : "▀";
  return lower ? "▄" : " ";
}
