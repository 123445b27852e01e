/** Runs works in turn. */
import type { Work } from "../../codec/workload.js";

/** What has begun and ended by `host.measure` is told with the milliseconds it took. */
export function turns(works: readonly Work[]): void {
  const times = Number(host.ask("times"));
  let kept = 0;
  for (const work of works) {
    kept += work.run();
    host.measure(`begin ${work.name}`);
    const started = Date.now();
    for (let i = 0; i < times; i++) kept += work.run();
    const took = Date.now() - started;
    host.measure(`end ${work.name}`);
    host.tell("work", work.name, work.packets * times, took);
  }
  host.tell("kept", kept);
}
