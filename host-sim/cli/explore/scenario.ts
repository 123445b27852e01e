/** `scenario`: a story from a file. */
import { readFileSync } from "node:fs";
import { FileError } from "../../core/sim/scenario/json.js";
import { runScenario } from "../../core/sim/scenario/run.js";
import { readScenario, type Scenario } from "../../core/sim/scenario/scenario.js";
import { describeFlags, readFlags } from "../args.js";
import type { Terminal } from "../terminal.js";
import { UsageError } from "../usage.js";
import { columnLine, columnTitles, timeText } from "./columns.js";
import { type ScenarioOptions, scenarioFlags, takeWord } from "./options.js";
import { finish } from "./replay.js";
import { TraceFile } from "./trace-file.js";

/** Milliseconds from one word on how far it is to the next. */
const TELL = 1000;

const USAGE = "npm run sim -- scenario FILE.json [flags]";

export async function scenario(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args[0] === "--help" || args[0] === "-h") {
    terminal.print(`Runs a story from a file in virtual time.\n${USAGE}\n${describeFlags(scenarioFlags)}\n`);
    return 0;
  }
  const [path, rest] = takeWord(args, USAGE);
  const options: ScenarioOptions = { events: false };
  readFlags(rest, scenarioFlags, options);
  const story = readFile(path);
  terminal.print(`${story.about}\n\n`);
  const file = options.trace === undefined ? undefined : new TraceFile(options.trace, { scenario: path });
  if (options.events) terminal.write(`${columnTitles()}\n`);
  const hours = story.story.duration / 3_600_000;
  let told = performance.now();
  const { result, violations, disappointments } = runScenario(story, (event) => {
    file?.add(event);
    if (!options.events && performance.now() - told > TELL) {
      told = performance.now();
      terminal.notice(`${timeText(event.t)} of ${hours.toFixed(1)} h have passed in the story`);
    }
    if (options.events) terminal.write(`${columnLine(event)}\n`);
  });
  file?.end(result.hash, result.events);
  for (const { at, line, text } of disappointments)
    terminal.print(`NOT AS EXPECTED at ${timeText(at)}: ${text} (${path}:${line})\n`);
  terminal.print(
    `${result.accepted} messages accepted, ${result.arrived} at the broker, ${result.handed} handed over; ` +
      `${result.connections} connections, ${result.commits} flash commits\n`,
  );
  const code = finish(violations, result, terminal);
  return disappointments.length > 0 ? 1 : code;
}

function readFile(path: string): Scenario {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    return readScenario(text);
  } catch (error) {
    if (error instanceof FileError) throw new UsageError(`${path}, ${error.message}`);
    throw error;
  }
}
