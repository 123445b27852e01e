/** What is run for the figures: nothing, the client alone, and the node with all that happens to it. */
import type { Board, Memory } from "../../boards/board.js";
import { Line } from "../../host-sim/cli/virtual/line.js";
import { virtualParts } from "../../host-sim/cli/virtual/parts.js";
import { emptyFlash, type Flash, type Ran, runScripted } from "../../host-sim/cli/virtual/run.js";
import { VirtualClock } from "../../host-sim/core/world/clock.js";
import type { Module } from "../../host-sim/xs/engine/modules.js";
import type { Program } from "../../host-sim/xs/engine/program.js";
import { queueBytes } from "../../src/mote/nvs.js";
import { AutoBroker } from "../../test/support/auto-broker.js";
import { longestCommands } from "./longest.js";

export const entries = Object.freeze({
  nothing: "host-sim/xs/programs/nothing.ts",
  client: "host-sim/xs/programs/balance.ts",
  node: "host-sim/xs/device/main.ts",
});

/** Applications that the node is measured with, beside one that declares nothing. */
export const applications = Object.freeze({ porch: "examples/porch/main.ts", garden: "examples/garden/main.ts" });

/** What a program did, and what is wrong with that. */
export interface Told extends Ran {
  readonly wrong: readonly string[];
}

/** A device without any code of ours that runs. */
export async function tellNothing(board: Board, modules: readonly Module[]): Promise<Told> {
  const ran = await runScripted({ modules, memory: board.memory, line: new Line(new AutoBroker().accept), window: 1 });
  return { ...ran, wrong: ran.code === 0 ? [] : [ran.words] };
}

/** @param messages that are handed over, each of which comes back @param early after how many memory is looked at first */
export async function tellClient(
  board: Board,
  modules: readonly Module[],
  { messages, early }: { messages: number; early: number },
): Promise<Told> {
  const broker = new AutoBroker();
  const wrong: string[] = [];
  const ran = await runScripted({
    modules,
    memory: board.memory,
    line: new Line(broker.accept),
    window: board.socket.window,
    onTell: (name, values) => {
      if (name === "error") wrong.push(values.join(" "));
    },
    onAsk: (name, [count]) => {
      if (name === "work") return JSON.stringify({ messages, early });
      if (name === "hold") {
        broker.hold();
        for (let i = 0; i < Number(count); i++) broker.publish("balance", "x".repeat(50), 2);
      } else if (name === "go") broker.release();
      return undefined;
    },
  });
  if (ran.code !== 0) wrong.push(ran.words);
  else if (broker.messages.length < messages) wrong.push(`${broker.messages.length} of ${messages} messages arrived`);
  return { ...ran, wrong };
}

const ID = "porch";
const SECOND = 1000;
const HOUR = 3_600_000;
/** The exit code of a firmware that restarts its device. */
const RESTART = 75;

/**
 * The node's whole story: it starts on an empty flash, connects, obeys each command, refuses a wrong one and the longest that
 * anybody can send, has messages in flight that are not answered, is without a broker until its queue has overflowed, hands
 * over what it kept, restarts by command, goes on with what is stored, and stops in order.
 */
export async function tellNode(board: Board, modules: readonly Module[], memory: Memory = board.memory): Promise<Told> {
  const flash = emptyFlash();
  const broker = new AutoBroker();
  const line = new Line(broker.accept);
  const first = await tellStart(board, modules, memory, flash, line, (program) => firstLife(program, line, broker));
  if (first.code !== RESTART) return { ...first, wrong: [...first.wrong, `it did not restart: ${first.words}`] };
  const second = await tellStart(board, modules, memory, flash, line, (program) => secondLife(program, line));
  const wrong = [...first.wrong, ...second.wrong];
  if (second.code !== 0) wrong.push(`it did not end in order: ${second.words}`);
  for (const name of ["interval", "settings", "sample", "identify", "restart"]) {
    if (!broker.messages.some(({ topic }) => topic === `motewire/${ID}/result/${name}`))
      wrong.push(`${name} was not obeyed`);
  }
  for (const { what, topic, result } of longestCommands(ID)) {
    const answer = topic.replace("/command/", "/result/");
    if (!broker.messages.some((message) => message.topic === answer && result.test(message.payload)))
      wrong.push(`the longest command with ${what} was not answered`);
  }
  return { ...first, ...second, memory: new Map([...first.memory, ...second.memory]), wrong };
}

function* firstLife(program: Program, line: Line, broker: AutoBroker): Generator<number, void, void> {
  const command = (name: string, fields: object, qos: 0 | 1 | 2 = 1) =>
    broker.publish(`motewire/${ID}/command/${name}`, JSON.stringify(fields), qos);
  program.send("measure", "started");
  yield 5 * SECOND;
  program.send("measure", "connected");
  yield 5 * SECOND;
  command("sample", { id: "1" });
  command("identify", { id: "2", duration: "2s" });
  command("settings", { id: "3", QoS: 2, diagnosticsInterval: "30s" });
  command("interval", { id: "4", interval: "soon" });
  command("interval", { id: "5", interval: "1s" });
  yield 5 * SECOND;
  for (const { topic, payload } of longestCommands(ID)) {
    broker.publish(topic, payload, 1);
    yield SECOND;
  }
  yield 10 * SECOND;
  broker.hold();
  yield 2 * SECOND;
  program.send("measure", "in flight");
  yield SECOND;
  broker.release();
  yield 10 * SECOND;
  line.cut();
  yield 90 * SECOND;
  program.send("measure", "backlog");
  line.mend();
  yield 3 * 60 * SECOND;
  command("restart", { id: "6" });
  yield HOUR;
}

function* secondLife(program: Program, line: Line): Generator<number, void, void> {
  yield 15 * SECOND;
  program.send("measure", "resumed");
  yield 15 * SECOND;
  line.cut();
  yield 20 * SECOND;
  line.mend();
  yield 90 * SECOND;
  program.send("stop", `${5 * SECOND}`);
}

function tellStart(
  board: Board,
  modules: readonly Module[],
  memory: Memory,
  flash: Flash,
  line: Line,
  script: (program: Program) => Generator<number, void, void>,
): Promise<Told> {
  const wrong: string[] = [];
  const clock = new VirtualClock();
  const parts = virtualParts(board, clock);
  let program: Program | undefined;
  const { nvs, durability } = board.storage;
  const options = {
    id: ID,
    broker: { host: "broker.example", port: 1883 },
    maximumQueued: queueBytes(nvs),
    ...(durability !== undefined && { durability }),
    firmware: "0.0.0",
  };
  const running = runScripted({
    modules,
    memory,
    flash,
    line,
    window: board.socket.window,
    script: (started) => {
      program = started;
      parts.run(started);
      return script(started);
    },
    clock,
    onAsk: (name, values) => (name === "options" ? JSON.stringify(options) : parts.answer(name, values)?.answer),
    onTell(name, values) {
      if (parts.told(name, values)) return;
      if (name === "join") program?.send("link", "up 192.0.2.7 home");
      else if (name === "resolve") program?.send("resolved", `${values[0]} 192.0.2.1`);
      else if (name === "error" && values[2] !== "transport") wrong.push(`${values[1]}: ${values[0]}`);
    },
  });
  return running.then((ran) => ({ ...ran, wrong }));
}
