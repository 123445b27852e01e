/** Messages through a real broker: our client, MQTT.js, and no client at all. */
import type { QoS } from "../../../src/mqtt/api.js";
import { answerOf, start } from "../program.js";
import type { Bench, Row, Section } from "../section.js";
import { type ContenderName, contenders, type Job, type Measurement, type Progress, type Ready } from "./job.js";

const TOPIC = "bench/porch/climate0";
const WINDOW = 16;
const WARM_UP = 350;
const COUNTED = 600;
const SIZES = [
  [50, "50 bytes"],
  [4096, "4 KB"],
] as const;
const GC = ["--expose-gc"];

interface Case {
  readonly name: string;
  readonly direction: Job["direction"];
  readonly QoS: QoS;
  readonly size: number;
}

const cases: readonly Case[] = (["publish", "receive"] as const).flatMap((direction) =>
  SIZES.flatMap(([size, words]) =>
    ([0, 1, 2] as const).map((QoS) => ({ name: `${direction} QoS ${QoS}, ${words}`, direction, QoS, size })),
  ),
);

async function measure(bench: Bench, { direction, QoS, size }: Case, contender: ContenderName): Promise<Measurement> {
  const { host, port } = await bench.broker();
  const topic = TOPIC;
  const job: Job = {
    contender,
    direction,
    host,
    port,
    topic,
    QoS,
    size,
    window: WINDOW,
    warmUp: WARM_UP,
    counted: COUNTED,
  };
  const measured = await bench.program("throughput/measured.ts");
  return direction === "publish"
    ? answerOf(measured, job, GC)
    : receive(measured, await bench.program("throughput/feeder.ts"), job);
}

async function receive(measured: string, feeding: string, job: Job): Promise<Measurement> {
  const receiver = start(measured, job, GC);
  try {
    await receiver.next<Ready>();
    const feeder = start(feeding, job);
    try {
      for (;;) {
        const answer = await receiver.next<Measurement | Progress>();
        if ("messages" in answer) return answer;
        feeder.send(answer);
      }
    } finally {
      await feeder.end();
    }
  } finally {
    await receiver.end();
  }
}

/** What is told of a measurement. */
const quantities: readonly {
  readonly group: string;
  readonly unit: string;
  readonly aims?: Row["aims"];
  of(measurement: Measurement): number;
}[] = [
  {
    group: "CPU a message",
    unit: "µs",
    aims: [{ of: "mqtt.js", atMost: 0.5 }],
    of: ({ cpuMicroseconds, messages }) => cpuMicroseconds / messages,
  },
  {
    group: "Throughput",
    unit: "messages/s",
    aims: [{ of: "raw", atLeast: 0.9 }],
    of: ({ messages, milliseconds }) => (messages * 1000) / milliseconds,
  },
  { group: "Memory of the process", unit: "MB", of: ({ residentBytes }) => residentBytes / 1e6 },
  { group: "Growth of the heap", unit: "KB", of: ({ heapGrowth }) => heapGrowth / 1e3 },
];

async function run(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of cases) {
    bench.progress(one.name);
    const measured = new Map<ContenderName, Measurement[]>(contenders.map((contender) => [contender, []]));
    for (let round = 0; round < bench.rounds; round++) {
      for (const contender of contenders) measured.get(contender)?.push(await measure(bench, one, contender));
    }
    for (const { of, ...quantity } of quantities) {
      const series = contenders.map((contender) => ({ contender, values: (measured.get(contender) ?? []).map(of) }));
      rows.push({ ...quantity, name: one.name, series });
    }
  }
  return rows;
}

export const throughput: Section = {
  name: "throughput",
  title: "Messages on Node.js",
  measures: `Each figure is of a process that is one client and nothing else, beside a mosquitto of its own on the loopback.
At most ${WINDOW} messages are under way, for every contender and in both directions. After ${WARM_UP} ms of warm-up,
${COUNTED} ms count. "raw" is no client: it sends packets made beforehand and looks at arriving bytes only as far as its next
answer needs. CPU is the processor time of the whole process. At QoS 0 publishing ends when the broker has acknowledged a
last message behind all others, so that nothing counts which only waits in a buffer.`,
  aim: "at most half of MQTT.js's CPU a message, and at least 90 % of the raw loop's throughput",
  run,
};
