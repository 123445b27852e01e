/** Mutated frames on XS, through the reader and through the opener; memory is measured early and late in each. */
import { RandomStream } from "../../../host-sim/core/world/random.js";
import { type Found, openMutated, readMutated } from "../../vectors/mutated-frames.js";

export default function main(): void {
  const frames = host.ask("frames") as number;
  run("read", readMutated, frames);
  run("opened", openMutated, frames);
}

function run(name: string, mutated: typeof readMutated, frames: number): void {
  let next = frames / 10;
  const found: Found = mutated(new RandomStream(name).random, frames, (done) => {
    if (done < next) return;
    host.measure(`${name} ${next}`);
    next += frames / 10;
  });
  host.tell(name, JSON.stringify(found));
}
