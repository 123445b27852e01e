/** A process that times both codecs, turn by turn. */
import * as peer from "./peer.js";
import { decoding, encoding, type Work } from "./workload.js";

const { rounds } = JSON.parse(process.argv[2] as string) as { rounds: number };

/** Milliseconds of one turn, and of the turns before that are not told. */
const TURN = 40;
const WARM_UPS = 3;

/** Packets and nanoseconds of one work. */
export interface Timing {
  readonly name: string;
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

let kept = 0;

/** Nanoseconds a packet. */
function turn({ run, packets }: Work): number {
  const started = performance.now();
  let calls = 0;
  let passed = 0;
  while (passed < TURN) {
    for (let call = 0; call < 100; call++) kept += run();
    calls += 100;
    passed = performance.now() - started;
  }
  return (passed * 1e6) / (calls * packets);
}

function compared(ours: readonly Work[], theirs: readonly Work[]): Timing[] {
  return ours.map((work, index) => {
    const other = theirs[index];
    if (other?.name !== work.name) throw new Error(`${work.name} is beside ${other?.name}`);
    const timing = { name: work.name, ours: [] as number[], theirs: [] as number[] };
    for (let round = -WARM_UPS; round < rounds; round++) {
      const [our, their] = [turn(work), turn(other)];
      if (round < 0) continue;
      timing.ours.push(our);
      timing.theirs.push(their);
    }
    return timing;
  });
}

const answer = {
  encode: compared(encoding(), peer.encoding()),
  decode: compared(decoding(), peer.decoding()),
};
process.send?.({ ...answer, kept });
