/** What it takes from an open TCP connection to a message that has arrived. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerOf } from "../program.js";
import type { Bench, Row, Section } from "../section.js";
import type { Visit } from "./client.js";
import { type Marks, openWire } from "./wire.js";

const ANSWERED = "Until PUBACK is at the client";
const FIRST_TIME = "a session, first time";

interface Case {
  readonly name: string;
  readonly clean: boolean;
  /** Visits before the one that counts. */
  readonly before: number;
}

const cases: readonly Case[] = [
  { name: "no session", clean: true, before: 0 },
  { name: FIRST_TIME, clean: false, before: 0 },
  { name: "a session, woken again", clean: false, before: 1 },
];

const contenders = ["motewire, pipelining", "motewire", "mqtt.js"] as const;

async function visit(bench: Bench, of: Omit<Visit, "port">, at: number): Promise<{ marks: Marks; port: number }> {
  const { port } = await bench.broker();
  const wire = await openWire(port, at);
  try {
    await answerOf(await bench.program("opening/client.ts"), { ...of, port: wire.port });
    return { marks: await wire.marks, port: wire.port };
  } finally {
    await wire.close();
  }
}

async function measure(bench: Bench, { name, clean, before }: Case, contender: Visit["contender"]): Promise<Marks> {
  bench.progress(`opening, ${name}, ${contender}`);
  const store = mkdtempSync(join(tmpdir(), "motewire-bench-"));
  // As long for each, for the bytes of CONNECT are compared.
  const id = `node${Math.floor(1e7 + Math.random() * 9e7)}`;
  try {
    // At the same address each time: a session is with one broker.
    let at = 0;
    for (let past = 0; past < before; past++) at = (await visit(bench, { contender, clean, store, id }, at)).port;
    return (await visit(bench, { contender, clean, store, id }, at)).marks;
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
}

const quantities: readonly { readonly group: string; readonly unit: string; of(marks: Marks): number }[] = [
  { group: "Until the message is at the broker", unit: "round trips", of: ({ delivered }) => delivered.roundTrips },
  { group: ANSWERED, unit: "round trips", of: ({ acknowledged }) => acknowledged.roundTrips },
  { group: "Bytes until PUBACK, both ways", unit: "bytes", of: ({ acknowledged }) => acknowledged.bytes },
  { group: "TCP connections", unit: "connections", of: ({ acknowledged }) => acknowledged.connections },
];

async function run(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of cases) {
    const measured: [string, Marks][] = [];
    for (const contender of contenders) measured.push([contender, await measure(bench, one, contender)]);
    for (const { of, ...quantity } of quantities) {
      const series = measured.map(([contender, marks]) => ({ contender, values: [of(marks)] }));
      const limit = quantity.group === ANSWERED && one.name !== FIRST_TIME ? { atMost: 1 } : undefined;
      rows.push({ ...quantity, name: one.name, series, ...(limit === undefined ? {} : { limit }) });
    }
  }
  return rows;
}

export const opening: Section = {
  name: "opening",
  title: "From TCP to the first message",
  measures: `A program wakes, publishes one reading of 50 bytes with QoS 1 and leaves, through a wire with a delay that counts.
Round trips are counted by what follows from what, not by a clock; those of TCP itself are not among them. They are the same
in every run, so one is enough. Pipelining is an option: PUBLISH goes right behind CONNECT. The first time ever, a client with a session
has whatever the broker holds under its name discarded, by a connection of its own. "Woken again" is the second visit: both sides know the session.`,
  aim: "one round trip for a node that wakes, publishes and sleeps",
  run,
};
