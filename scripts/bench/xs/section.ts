/** The codec and the client on XS, the device's engine. */

import type { Module } from "../../../host-sim/xs/engine/modules.js";
import type { Bench, Row, Section, Series } from "../section.js";
import { serve } from "./broker.js";
import { haveValgrind, type Measured, measured, PLENTY } from "./measure.js";
import { haveSdkClient, ourProgram, sdkProgram } from "./modules.js";

/** Packets and messages of each work: counting takes fifty times as long as running. */
const TIMES = { counted: 200, timed: 1000 };

async function client(modules: readonly Module[], counts: boolean): Promise<Measured> {
  const broker = await serve();
  const times = counts ? TIMES.counted : TIMES.timed;
  try {
    return await measured({
      modules,
      counts,
      onAsk: () => JSON.stringify({ address: "127.0.0.1", port: broker.port, times }),
      onTell: (name, [level, count]) => {
        if (name === "send") broker.send(Number(level), Number(count));
      },
    });
  } finally {
    broker.close();
  }
}

function rows(
  group: string,
  unit: string,
  figures: readonly (readonly [string, ReadonlyMap<string, readonly number[]>])[],
  aims: Row["aims"],
): Row[] {
  const [[, ours] = ["", new Map<string, readonly number[]>()]] = figures;
  return [...ours.keys()].map((name) => {
    const series: Series[] = figures.map(([contender, values]) => ({ contender, values: values.get(name) ?? [] }));
    return { group, name, unit, series, aims };
  });
}

const perWork = (found: Measured) =>
  new Map(
    [...found.works].map(
      ([name, { count }]) => [name, [(found.instructions.get(name) ?? Number.NaN) / count]] as const,
    ),
  );

async function instructionsOfCodec(): Promise<Row[]> {
  const found = await measured({
    modules: await ourProgram("codec"),
    memory: PLENTY,
    counts: true,
    onAsk: () => TIMES.counted,
  });
  return rows("The codec: instructions a packet", "instructions", [["motewire", perWork(found)]], undefined);
}

const contenders = (): readonly (readonly [string, () => Promise<Module[]>])[] => [
  ["motewire", () => ourProgram("motewire")],
  ...(haveSdkClient() ? [["SDK's client", sdkProgram] as const] : []),
];

async function instructionsOfClient(): Promise<Row[]> {
  const figures: [string, ReadonlyMap<string, readonly number[]>][] = [];
  const live: Series[] = [];
  for (const [name, modules] of contenders()) {
    const found = await client(await modules(), true);
    figures.push([name, perWork(found)]);
    const { slots = 0, chunks = 0 } = found.memory.get("end receive QoS 2") ?? {};
    live.push({ contender: name, values: [slots * 16 + chunks] });
  }
  const aims = haveSdkClient() ? [{ of: "SDK's client", atMost: 1 }] : undefined;
  return [
    ...rows("The client: instructions a message", "instructions", figures, aims),
    { group: "The client: live memory", name: "after the work", unit: "bytes", series: live, aims },
  ];
}

async function rates(bench: Bench): Promise<Row[]> {
  const all = new Map<string, Map<string, number[]>>();
  for (let round = 0; round < bench.rounds; round++) {
    bench.progress(`xs, messages a second, round ${round + 1}`);
    for (const [name, modules] of contenders()) {
      const values = all.get(name) ?? new Map<string, number[]>();
      all.set(name, values);
      const { works } = await client(await modules(), false);
      for (const [work, { count, milliseconds }] of works) {
        values.set(work, [...(values.get(work) ?? []), (count * 1000) / Math.max(milliseconds, 1)]);
      }
    }
  }
  return rows("The client: messages a second, on this machine", "messages/s", [...all], undefined);
}

async function run(bench: Bench): Promise<Row[]> {
  const left = ["mqtt-packet, which assigns to what is frozen in flash and does not begin there"];
  if (!haveSdkClient()) left.push("the SDK's client, for MODDABLE is not set");
  const counts = haveValgrind();
  if (!counts) left.push("instructions, for valgrind is not there");
  bench.progress(`xs, without ${left.join("; without ")}`);
  const counted: Row[] = [];
  if (counts) {
    bench.progress("xs, instructions of the codec");
    counted.push(...(await instructionsOfCodec()));
    bench.progress("xs, instructions of the client");
    counted.push(...(await instructionsOfClient()));
  }
  return [...counted, ...(await rates(bench))];
}

export const xs: Section = {
  name: "xs",
  title: "On XS, the device's engine",
  measures: `The XS host's optimised build. Instructions are counted by callgrind, garbage collection included and the kernel
not, and are the same at every run but for how the network cuts the bytes. The clients speak over loopback to a broker that
answers at once, with 50 bytes of payload, up to four messages in flight out and sixteen in. The SDK's own ECMA-419 client is
compiled from its source where MODDABLE is set, and is left out where it is not. It keeps no message and knows none again;
ours does here what it does without a store. mqtt-packet is left out: it needs Buffer, which assigns to
properties that are frozen in a device's flash.`,
  aim: "fewer instructions and no more live memory than the SDK's client on the same work",
  run,
};
