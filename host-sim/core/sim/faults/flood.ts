/** Faults of others at the broker: strangers that may publish to what the node has subscribed to. */
import { utf8 } from "../../broker/message.js";
import type { RandomStream } from "../../world/random.js";
import { count, type Fault, ms, num } from "./fault.js";

/** A topic of the node's and a payload that nobody has sent before. */
function message(id: string, number: string, random: RandomStream): [topic: string, payload: string] {
  if (!id.startsWith("mote")) return [`probe/${id}/in/${random.integer(0, 2)}/0`, number];
  const name = random.chance(0.02) ? "restart" : random.pick(["sample", "sample", "settings", "identify", "nonsense"]);
  return [`motewire/${id}/command/${name}`, `{"id": "${number}"}`];
}

export const floodFaults: readonly Fault[] = Object.freeze([
  {
    name: "stranger_flood",
    help: "a stranger sends the node so many commands, or messages, at once, again and again",
    parameters: [count("count", "how many at once", 150, 1), ms("pause", "time between", 1000, 1)],
    // No more in all than a slow way and a broker that sends one at a time bring within the time that a story gives them.
    lasts: [1000, 8000],
    draw: (random) =>
      random.pick([
        { count: 20, pause: 1000 },
        { count: 150, pause: 10_000 },
      ]),
    begin: ({ broker, judge, clock, random }, values) => {
      const { id } = judge;
      const name = random.integer(0, 1_000_000_000);
      let sent = 0;
      let timer: unknown;
      const burst = (): void => {
        timer = clock.setTimer(burst, num(values, "pause"));
        for (let left = num(values, "count"); left > 0; left--) {
          const [topic, payload] = message(id, `flood ${name} ${sent++}`, random);
          broker.publish(topic, utf8(payload), random.pick([0, 1, 1, 2]));
        }
      };
      burst();
      return () => clock.clearTimer(timer);
    },
  },
] satisfies Fault[]);
