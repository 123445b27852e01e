/** docs/benchmarks.md and its plots, from a report. */
import { machineText } from "./machine.js";
import { spread } from "./numbers.js";
import { groups, type Report, tableOf } from "./report.js";
import type { Outcome, Row, Section } from "./section.js";
import { judge } from "./statistics.js";
import { barChart } from "./svg.js";

/** Paths below `docs` and what is to stand in the files. */
export type Files = ReadonlyMap<string, string>;

const FOLDER = "benchmarks";

/** What the figures mean for somebody who chooses a client. Numbers are in the tables: this has none that could age. */
const MEANING = `What to read from it when you choose a client:

- **CPU a message** is what a client costs you, in heat and in machines; throughput on one computer says more about the
  broker. Look at the ratio beside each figure: both were measured in turns, so that what else the machine did hits both.
- **The raw loop** sends and reads the same bytes with no client at all. What a client takes beyond it is its own; with small
  messages at QoS 1 and 2 most of the cost is the system's, and no client can save it.
- **Round trips** decide how long a node on a battery stays awake. One of them to a broker far away takes longer than
  everything that any of these clients computes for a message.
- **The codec** matters where processors are slow: on a device, not here.
- If you need MQTT 5 or TLS, take MQTT.js. If you need messages that survive a loss of power, or the same
  client on a device, that is what Motewire is for; speed is not the reason to choose either.`;

function fileName(section: string, group: string): string {
  const words = `${section} ${group}`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return `${FOLDER}/${words.replace(/^-+|-+$/g, "")}.svg`;
}

function markdownTable([head = [], ...lines]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "--:"))), ...lines.map(line)].join("\n");
}

/** How many aims of a section were met. */
function outcomeText(rows: readonly Row[]): string {
  const judgements = rows.flatMap((row) => judge(row).map((judgement) => ({ row, ...judgement })));
  if (judgements.length === 0) return "";
  const missed = judgements.filter(({ met }) => !met);
  const words = missed.map(({ row, found, wanted }) => `${row.group}, ${row.name}: ${spread(found)} for ${wanted}`);
  const head = `${judgements.length - missed.length} of ${judgements.length} aims were met`;
  return words.length === 0 ? `${head}.` : `${head}. Missed:\n\n${words.map((word) => `- ${word}`).join("\n")}`;
}

function renderSection({ title, measures, aim }: Section, { name, rows }: Outcome, files: Map<string, string>): string {
  const parts = [`## ${title}`, measures, `Aim: ${aim}.`];
  for (const [group, members] of groups(rows)) {
    const path = fileName(name, group);
    parts.push(`### ${group}`);
    // One figure is no plot.
    if (members.some(({ series }) => series.length > 1)) {
      files.set(path, barChart(group, members));
      parts.push(`![${group}](${path})`);
    }
    parts.push(markdownTable(tableOf(members)));
  }
  const outcome = outcomeText(rows);
  if (outcome !== "") parts.push(outcome);
  return parts.join("\n\n");
}

/** @param sections those that may be in the report; it may hold fewer */
export function render(report: Report, sections: readonly Section[]): Files {
  const files = new Map<string, string>();
  const { mqtt, "mqtt-packet": packet } = report.machine.packages;
  const parts = [
    "# Benchmarks",
    `Measured by \`npm run bench -- --render\`, which wrote this page.
A figure is the median of ${report.rounds} rounds, with the least and the most behind it. In each round every contender has its
turn, and a ratio is taken within a round.`,
    `Machine: ${machineText(report.machine)}; MQTT.js ${mqtt}, mqtt-packet ${packet}.`,
    ...(report.machine.load > 0.5
      ? ["**The machine was busy with other things while this was measured: trust the ratios more than the figures.**"]
      : []),
    MEANING,
  ];
  for (const section of sections) {
    const outcome = report.sections.find(({ name }) => name === section.name);
    if (outcome !== undefined) parts.push(renderSection(section, outcome, files));
  }
  files.set("benchmarks.md", `${parts.join("\n\n")}\n`);
  return files;
}
