/** How fast the simulator is: in virtual time, and from its start to the first reading. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { SimEvent } from "../../../host-sim/cli/events.js";
import { answerOf } from "../program.js";
import type { Bench, Row, Section } from "../section.js";
import type { Pace } from "./measured.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const HOURS = 24;
const SEEDS = 3;
const PATIENCE = 30_000;

/** As `npm start` does. */
const command = ["host-sim/start.mjs", "run", "--json"];

/** Milliseconds from the start of the program until the broker has acknowledged the first reading. */
function startUp(): Promise<number> {
  return new Promise((found, failed) => {
    const started = performance.now();
    const child = spawn(process.execPath, command, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    let words = "";
    let milliseconds: number | undefined;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      words += text;
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const event = JSON.parse(line) as SimEvent;
      if (milliseconds !== undefined || event.event !== "acknowledged" || !event.topic.includes("/reading/")) return;
      milliseconds = performance.now() - started;
      child.kill("SIGINT");
    });
    child.once("close", () => {
      clearTimeout(timer);
      if (milliseconds !== undefined) found(milliseconds);
      else failed(new Error(`the simulator did not publish; its words:\n${words}`));
    });
  });
}

async function run(bench: Bench): Promise<Row[]> {
  const path = await bench.program("simulator/measured.ts");
  const paces: Pace[] = [];
  const starts: number[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    bench.progress(`simulator, round ${round + 1}`);
    paces.push(await answerOf<Pace>(path, { hours: HOURS, seeds: SEEDS, from: 1 }));
    starts.push(await startUp());
  }
  const ours = (values: number[]) => [{ contender: "motewire", values }];
  return [
    {
      group: "Virtual time",
      name: "one node under faults",
      unit: "virtual node-hours a second of processor time",
      series: ours(paces.map(({ hours, cpuSeconds }) => hours / cpuSeconds)),
    },
    {
      group: "Virtual time",
      name: "messages accepted under faults",
      unit: "a second of processor time",
      series: ours(paces.map(({ accepted, cpuSeconds }) => accepted / cpuSeconds)),
    },
    {
      group: "Start",
      name: "to the first reading that the broker has acknowledged",
      unit: "ms",
      series: ours(starts),
      limit: { atMost: 1000 },
    },
  ];
}

export const simulator: Section = {
  name: "simulator",
  title: "The simulator",
  measures: `Virtual time: stories of ${HOURS} hours, as \`npm run sim -- explore\` draws them, with faults, judges and every
check of the promise, on one processor. Start: from the start of the program, as \`npm start\` runs it, to the acknowledgement
of the first reading, the joining of a simulated Wi-Fi included, which takes it 250 to 450 ms.`,
  aim: "the first reading in less than a second",
  run,
};
