/** Plots as SVG: rows of bars, with the medians written out and a line over what the rounds spread. */
import { figure } from "./numbers.js";
import { contendersOf } from "./report.js";
import type { Row } from "./section.js";
import { spreadOf } from "./statistics.js";

const WIDTH = 720;
const LABELS = 190;
const VALUES = 90;
const BAR = 12;
const ROW_GAP = 10;
const HEADER = 56;
const FONT = `font-family="system-ui, sans-serif" font-size="12"`;
/** Ours, then the others. Readable on white and told apart without colours by their place. */
const COLOURS = ["#0b6e4f", "#c46210", "#7a7a7a", "#3b5b92"] as const;

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function text(x: number, y: number, words: string, more = ""): string {
  return `<text x="${round(x)}" y="${round(y)}" ${FONT} ${more}>${escaped(words)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/**
 * Bars of one group of rows.
 * @param title what they show
 * @throws RangeError when there is nothing to show
 */
export function barChart(title: string, rows: readonly Row[]): string {
  const contenders = contendersOf(rows);
  const spreads = rows.map(({ series }) =>
    series
      .filter(({ values }) => values.length > 0)
      .map(({ contender, values }) => ({ contender, ...spreadOf(values) })),
  );
  const most = Math.max(...spreads.flat().map((spread) => spread.most));
  if (!(most > 0)) throw new RangeError(`${title}: nothing to draw`);
  const scale = (value: number) => (Math.max(0, value) / most) * (WIDTH - LABELS - VALUES);
  const parts: string[] = [
    text(8, 20, `${title} (${[...new Set(rows.map(({ unit }) => unit))].join(", ")})`, `font-weight="bold"`),
  ];
  let x = 8;
  for (const [index, contender] of contenders.entries()) {
    parts.push(`<rect x="${x}" y="32" width="10" height="10" fill="${colour(index)}"/>`, text(x + 15, 41, contender));
    x += 30 + contender.length * 7;
  }
  let y = HEADER;
  for (const [index, row] of rows.entries()) {
    const bars = spreads[index] ?? [];
    parts.push(text(LABELS - 8, y + (bars.length * BAR) / 2 + 4, row.name, `text-anchor="end"`));
    for (const { contender, median, least, most: highest } of bars) {
      const fill = colour(contenders.indexOf(contender));
      const middle = round(y + BAR / 2);
      parts.push(`<rect x="${LABELS}" y="${y}" width="${round(scale(median))}" height="${BAR - 2}" fill="${fill}"/>`);
      if (highest > least) {
        const [from, to] = [round(LABELS + scale(least)), round(LABELS + scale(highest))];
        parts.push(`<path d="M${from} ${middle}H${to}" stroke="#222" stroke-width="1"/>`);
      }
      parts.push(text(LABELS + scale(highest) + 5, y + BAR - 2, figure(median)));
      y += BAR;
    }
    y += ROW_GAP;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="${escaped(title)}">
<rect width="100%" height="100%" fill="#fff"/>
${parts.join("\n")}
</svg>
`;
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] as string;
}
