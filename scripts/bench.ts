// Measures the client, its codec and the simulator beside their peers, in one run.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../host-sim/cli/usage.js";
import { Mosquitto } from "../test/support/mosquitto.js";
import { describeMachine, machineText } from "./bench/machine.js";
import { type BenchOptions, benchHelp, readBenchOptions } from "./bench/options.js";
import { buildProgram } from "./bench/program.js";
import { render } from "./bench/render.js";
import { parseReport, type Report, sectionText, summaryText } from "./bench/report.js";
import type { Bench, Outcome, Section } from "./bench/section.js";
import { sections } from "./bench/sections.js";

/** Nothing is stored, dropped or held back: a broker that is as little as possible in the way. */
const BROKER = ["max_queued_messages 0", "max_inflight_messages 16", "set_tcp_nodelay true"];

class Tools implements Bench {
  readonly rounds: number;
  readonly #programs = new Map<string, Promise<string>>();
  #broker: Promise<Mosquitto> | undefined;

  constructor(rounds: number) {
    this.rounds = rounds;
  }

  broker(): Promise<Mosquitto> {
    this.#broker ??= Mosquitto.start({ persistence: false, config: BROKER });
    return this.#broker;
  }

  program(source: string): Promise<string> {
    const built = this.#programs.get(source) ?? buildProgram(source);
    this.#programs.set(source, built);
    return built;
  }

  progress(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
    else process.stderr.write(`${text}\n`);
  }

  async close(): Promise<void> {
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    await (await this.#broker)?.remove();
  }
}

async function outcomeOf(section: Section, bench: Bench): Promise<Outcome> {
  const started = performance.now();
  const rows = await section.run(bench);
  return { name: section.name, seconds: (performance.now() - started) / 1000, rows };
}

async function measured({ only, rounds }: BenchOptions): Promise<Report> {
  const machine = describeMachine();
  console.log(`${machineText(machine)}\n`);
  const tools = new Tools(rounds);
  const outcomes: Outcome[] = [];
  try {
    for (const section of sections.filter(({ name }) => only.includes(name))) {
      const outcome = await outcomeOf(section, tools);
      outcomes.push(outcome);
      console.log(`${sectionText(section, outcome)}\n`);
    }
  } finally {
    await tools.close();
  }
  return { format: 1, machine, rounds, sections: outcomes };
}

function loaded(file: string): Report {
  try {
    const report = parseReport(readFileSync(file, "utf8"));
    console.log(`${machineText(report.machine)}\n`);
    for (const section of sections) {
      const outcome = report.sections.find(({ name }) => name === section.name);
      if (outcome !== undefined) console.log(`${sectionText(section, outcome)}\n`);
    }
    return report;
  } catch (error) {
    throw new UsageError(`--from "${file}": ${(error as Error).message}`);
  }
}

const docs = fileURLToPath(new URL("../docs/", import.meta.url));

/** Writes the page and its plots in place of those there are. */
function write(report: Report): void {
  const folder = join(docs, "benchmarks");
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (file.endsWith(".svg")) rmSync(join(folder, file));
  for (const [path, text] of render(report, sections)) writeFileSync(join(docs, path), text);
  console.log(`wrote ${join(docs, "benchmarks.md")}`);
}

async function main(args: readonly string[]): Promise<number> {
  const options = readBenchOptions(args, sections);
  if (options === undefined) {
    console.log(benchHelp(sections));
    return 0;
  }
  const report = options.from === undefined ? await measured(options) : loaded(options.from);
  console.log(summaryText(report));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  if (options.render) write(report);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
