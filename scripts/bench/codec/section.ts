/** Packets to bytes and back: our codec beside mqtt-packet, the one in MQTT.js and aedes. */
import { answerOf } from "../program.js";
import type { Bench, Row, Section } from "../section.js";
import type { Timing } from "./measured.js";

const THIRD = 0.333;

async function run(bench: Bench): Promise<Row[]> {
  bench.progress("codec");
  const path = await bench.program("codec/measured.ts");
  const { encode, decode } = await answerOf<{ encode: Timing[]; decode: Timing[] }>(path, { rounds: bench.rounds });
  const rows = (group: string, timings: readonly Timing[]): Row[] =>
    timings.map(({ name, ours, theirs }) => ({
      group,
      name,
      unit: "ns",
      series: [
        { contender: "motewire", values: ours },
        { contender: "mqtt-packet", values: theirs },
      ],
      aims: [{ of: "mqtt-packet", atMost: THIRD }],
    }));
  return [...rows("Encoding a packet", encode), ...rows("Decoding a packet", decode)];
}

export const codec: Section = {
  name: "codec",
  title: "The codec on Node.js",
  measures: `Time of one packet, in one process that turns from one codec to the other. Encoding gives the packet as one array
(mqtt-packet: \`generate\`), and ours checks the topic as the client does. Decoding takes the bytes of one packet as a socket
gives them, and its topic and payload are looked at. Both give the payload as a view; ours copies the bytes into its receive
buffer first, because a device's socket must be read somewhere.`,
  aim: "three times as fast as mqtt-packet: at most a third of its time",
  run,
};
