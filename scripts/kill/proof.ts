/**
 * The promise against the real world: a simulator that publishes to a mosquitto is killed with SIGKILL again and again, and
 * started again on the same store. An independent subscriber with a persistent session watches.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Observer } from "../../host-sim/cli/observer.js";
import { RandomStream } from "../../host-sim/core/world/random.js";
import type { Mosquitto } from "../../test/support/mosquitto.js";
import { Sim } from "../../test/support/sim.js";
import { Books, type Verdict } from "./books.js";
import { SlowLink } from "./slow-link.js";

/**
 * Where the random span of a life begins, in turn, and how many milliseconds it is long: at the first message that it
 * accepts, while it joins the network and catches up; or when it has caught up. Only the first would fill the store, and
 * then the drop policy has its say: that is another promise.
 */
const SPANS: readonly { begins: (sim: Sim) => Promise<unknown>; longest: number }[] = [
  { begins: (sim) => sim.event("accepted"), longest: 700 },
  { begins: (sim) => sim.event("acknowledged", () => underWayIn(sim) <= 3), longest: 1_000 },
];
/** Of a node with three sensors: a message each 100 ms. */
const INTERVAL = "300ms";
/** Milliseconds that a byte is under way between the node and the broker: a hand-shake at QoS 2 takes 100. */
const LATENCY = 25;
/** Milliseconds for the subscriber to see what the node has delivered at last. */
const OBSERVING = 10_000;

export interface ProofOptions {
  readonly broker: Mosquitto;
  readonly QoS: 1 | 2;
  readonly kills: number;
  /** Of the moments. */
  readonly seed: number;
  /** Kills no more once it says so, and sees to the end. Default: never. */
  readonly isOver?: () => boolean;
  /** After each kill: how many there were, and how many messages it found under way of those accepted in that life. */
  readonly onKill?: (count: number, underWay: number) => void;
}

export interface Proof extends Verdict {
  readonly QoS: 1 | 2;
  readonly kills: number;
  /** Kills that found messages under way. */
  readonly inTheMiddle: number;
}

/**
 * A message counts as accepted when the process had told so in its output before it died: what it accepted in its last
 * instant and could not tell any more is not asked for, but must not come twice with QoS 2 either.
 */
export async function prove({ broker, QoS, kills, seed, isOver, onKill }: ProofOptions): Promise<Proof> {
  const store = mkdtempSync(join(tmpdir(), "motewire-kill-"));
  const link = await SlowLink.start(broker.port, LATENCY);
  const id = `killed-${QoS}`;
  const books = new Books();
  const observer = new Observer({
    broker,
    filter: `motewire/${id}/#`,
    persistent: true,
    onSeen: (topic, payload, granted) => books.seen(topic, payload, granted),
    onProblem: (message) => books.told({ event: "error", t: 0, message, where: "the subscriber" }),
  });
  const start = () =>
    new Sim([
      "run",
      "--broker",
      link.url,
      "--id",
      id,
      "--store",
      store,
      "--qos",
      `${QoS}`,
      "--interval",
      INTERVAL,
      "--json",
    ]);
  const random = new RandomStream(seed).stream(id);
  let sim: Sim | undefined;
  try {
    await observer.settled();
    let done = 0;
    let inTheMiddle = 0;
    while (done < kills && !isOver?.()) {
      sim = start();
      const { begins, longest } = SPANS[done % SPANS.length] as (typeof SPANS)[number];
      await begins(sim);
      await new Promise((later) => setTimeout(later, random.random() * longest));
      // Resolves when its output is read to the end: what it wrote before it died is in the pipe.
      await sim.kill();
      for (const event of sim.events) books.told(event);
      const underWay = underWayIn(sim);
      if (underWay > 0) inTheMiddle++;
      done++;
      onKill?.(done, underWay);
    }
    sim = start();
    await sim.event("accepted");
    // Stopped in order, it delivers what it has accepted.
    await sim.stopped();
    for (const event of sim.events) books.told(event);
    const deadline = performance.now() + OBSERVING;
    while (!books.complete && performance.now() < deadline) await new Promise((later) => setTimeout(later, 20));
    // What came twice came right behind.
    await observer.flush();
    return { ...books.verdict(), QoS, kills: done, inTheMiddle };
  } finally {
    await sim?.kill();
    await observer.end();
    await link.close();
    rmSync(store, { recursive: true, force: true });
  }
}

/** How many messages a process had accepted and not told to be acknowledged. */
function underWayIn(sim: Sim): number {
  const acknowledged = new Set(sim.all("acknowledged").map(({ token }) => token));
  return sim.all("accepted").filter(({ token, QoS }) => QoS > 0 && !acknowledged.has(token)).length;
}
