/** A run of the benchmarks as a whole, and its text for a terminal. */
import type { Machine } from "./machine.js";
import { figure, spread } from "./numbers.js";
import type { Outcome, Row, Section } from "./section.js";
import { judge, spreadOf } from "./statistics.js";

/** The format of `--json`. Fields are only ever added. */
export interface Report {
  readonly format: 1;
  readonly machine: Machine;
  readonly rounds: number;
  readonly sections: readonly Outcome[];
}

/** @returns a report that a file holds. @throws Error that says what is wrong with it */
export function parseReport(text: string): Report {
  const report = JSON.parse(text) as Report;
  if (report?.format !== 1 || !Array.isArray(report.sections)) throw new Error("it is no report of format 1");
  return report;
}

/** Rows by their group, in the order of their first row. */
export function groups(rows: readonly Row[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const group = found.get(row.group);
    if (group === undefined) found.set(row.group, [row]);
    else group.push(row);
  }
  return found;
}

/** Names of all contenders of rows. */
export function contendersOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap(({ series }) => series.map(({ contender }) => contender)))];
}

/** Ours over another's and what was aimed at, in one cell. */
export function verdicts(row: Row): string {
  return judge(row)
    .map(({ of, wanted, found, met }) => {
      const what = of === undefined ? "" : `× ${of} `;
      return `${what}${spread(found)}, aim ${wanted}: ${met ? "met" : "missed"}`;
    })
    .join("; ");
}

/** A table of one group: what was measured, each contender's median and spread, and the aims. */
export function tableOf(rows: readonly Row[]): string[][] {
  const contenders = contendersOf(rows);
  const hasAims = rows.some((row) => verdicts(row) !== "");
  const head = ["", ...contenders, ...(hasAims ? ["Motewire's beside it"] : [])];
  return [
    head,
    ...rows.map((row) => [
      `${row.name}, ${row.unit}`,
      ...contenders.map((contender) => {
        const series = row.series.find((candidate) => candidate.contender === contender);
        return series === undefined || series.values.length === 0 ? "–" : spread(spreadOf(series.values));
      }),
      ...(hasAims ? [verdicts(row)] : []),
    ]),
  ];
}

function aligned(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((line) => (line[column] ?? "").length)));
  return table
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function sectionText({ title, aim }: Section, { rows, seconds }: Outcome): string {
  const parts = [`${title} (${figure(seconds)} s)`, `aim: ${aim}`];
  for (const [group, members] of groups(rows)) parts.push("", group, aligned(tableOf(members)));
  return `${parts.join("\n")}\n`;
}

/** How many aims were met, and the others by name. */
export function summaryText({ sections }: Report): string {
  const missed: string[] = [];
  let met = 0;
  for (const { rows } of sections) {
    for (const row of rows) {
      for (const judgement of judge(row)) {
        if (judgement.met) met++;
        else missed.push(`  ${row.group}, ${row.name}: ${spread(judgement.found)} for ${judgement.wanted}`);
      }
    }
  }
  return [`${met} aims met, ${missed.length} missed`, ...missed].join("\n");
}
