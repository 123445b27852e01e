/** `explore`: many seeds, each a story of its own, on all processors. */
import { availableParallelism } from "node:os";
import { describeFlags, readFlags } from "../args.js";
import type { Terminal } from "../terminal.js";
import { type ExploreOptions, exploreFlags } from "./options.js";
import { type Order, runPool } from "./pool.js";
import { figures, hitTable, replayLine, Totals, violationText } from "./report.js";

/** Failing seeds that are shortened and shown in full; the others are counted. */
const SHOWN = 10;

export async function explore(args: readonly string[], terminal: Terminal): Promise<number> {
  const options: ExploreOptions = { seeds: 200, from: 1, hours: 24, nodes: 1, shrink: true };
  if (readFlags(args, exploreFlags, options)) {
    terminal.print(
      `Runs stories drawn from seeds in virtual time and checks the promise.\n${describeFlags(exploreFlags)}\n`,
    );
    return 0;
  }
  const { seeds, from, hours, nodes } = options;
  const started = performance.now();
  const totals = new Totals();
  const progress = new Progress(seeds, terminal);
  let next = from;
  const order = (): Order | undefined => {
    if (next >= from + seeds) return undefined;
    const shrinks = options.shrink && totals.failed.length < SHOWN;
    return { seed: String(next++), hours, nodes, shrinks };
  };
  const jobs = Math.min(options.jobs ?? availableParallelism(), seeds);
  await runPool(jobs, order, (answer) => {
    totals.add(answer);
    progress.show(totals);
  });
  progress.end();

  terminal.write(`\n${hitTable(totals)}\n\n${figures(totals, performance.now() - started)}\n`);
  totals.failed.sort((a, b) => Number(a.result.seed) - Number(b.result.seed));
  for (const { result, shrunk } of totals.failed.slice(0, SHOWN)) {
    const [first] = result.violations;
    if (first === undefined) continue;
    const whole = { seed: result.seed, hours, nodes, steps: undefined };
    terminal.print(`\nseed ${result.seed} at ${violationText(first)}\n`);
    if (shrunk !== undefined) {
      const { excerpt, violation } = shrunk;
      terminal.print(`  shortened to ${excerpt.steps?.length ?? "all"} faults: ${violationText(violation)}\n`);
      terminal.print(`  ${replayLine(excerpt)}\n`);
    } else terminal.print(`  ${replayLine(whole)}\n`);
  }
  if (totals.failed.length > SHOWN) terminal.print(`\nand ${totals.failed.length - SHOWN} more seeds\n`);
  const { misses } = totals;
  if (misses.length > 0) {
    const few = misses.slice(0, 5).join(", ");
    terminal.print(
      `\n${misses.length} cells of the table are empty (${few}…): the faults did not reach them; run more seeds or hours\n`,
    );
  }
  return totals.failed.length > 0 || misses.length > 0 ? 1 : 0;
}

const BAR = 40;

/** A bar on a terminal, a line for every tenth elsewhere. */
class Progress {
  readonly #total: number;
  readonly #terminal: Terminal;
  readonly #started = performance.now();
  #tenth = 0;

  constructor(total: number, terminal: Terminal) {
    this.#total = total;
    this.#terminal = terminal;
  }

  show({ seeds, failed }: Totals): void {
    const part = seeds / this.#total;
    const left = ((performance.now() - this.#started) / 1000) * (1 / part - 1);
    const text = `${seeds}/${this.#total} seeds, ${failed.length} failed, ${Math.ceil(left)} s left`;
    if (process.stdout.isTTY) {
      const done = Math.round(BAR * part);
      this.#terminal.write(`\r${"█".repeat(done)}${"░".repeat(BAR - done)} ${text}   `);
    } else if (Math.floor(part * 10) > this.#tenth) {
      this.#tenth = Math.floor(part * 10);
      this.#terminal.write(`${text}\n`);
    }
  }

  end(): void {
    if (process.stdout.isTTY) this.#terminal.write("\n");
  }
}
