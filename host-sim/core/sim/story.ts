/**
 * A story: what nodes there are and what happens to them when. Drawn from a seed, or written by a person. It is data: a run
 * is a function of it and of the source.
 */
import type { QoS } from "../../../src/mqtt/api.js";
import { RandomStream } from "../world/random.js";
import type { Values } from "./faults/fault.js";
import { faults } from "./faults/index.js";
import type { ApplicationName } from "./mote.js";
import { OFFLINE, states } from "./states.js";

export interface NodeStory {
  readonly program: "mote" | "probe";
  /** That the mote runs. Default: `simulated`. */
  readonly application?: ApplicationName;
  /** Milliseconds from one reading to the next. */
  readonly interval: number;
  /** Of the readings of a mote; a probe mixes. */
  readonly QoS: QoS;
  /** Milliseconds from the node to the broker, shortest and longest. */
  readonly latency: readonly [number, number];
  /** Bytes that a socket takes at once. */
  readonly window: number;
  /** Bytes of flash for the session. */
  readonly flash: number;
  /** Whether what is written there lasts only after a sync, as in a store in files. Default: it lasts at once. */
  readonly defers?: boolean;
  /** Whether it reaches the broker over WebSocket. Default: by TCP. */
  readonly webSocket?: boolean;
}

/** One thing that happens. */
export interface Step {
  /** Names it, and its randomness, in its story. */
  readonly index: number;
  /** Milliseconds since the start. */
  readonly at: number;
  readonly node: number;
  readonly fault: string;
  readonly values: Values;
  /** Milliseconds that it lasts. */
  readonly lasts: number;
  /** It begins when the node is in this state, `after` ms after it got there; undefined: at once. */
  readonly state?: number;
  readonly after?: number;
}

export interface Story {
  readonly seed: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly nodes: readonly NodeStory[];
  readonly steps: readonly Step[];
  /** Moments at which all faults are healed, and {@link QUIET_TIME} later all must be well. The last is the story's end. */
  readonly calms: readonly number[];
  /** Whether somebody sends commands and messages to the nodes. Default: yes. */
  readonly traffic?: boolean;
}

/** Milliseconds after the last fault has healed by which every node is connected and nothing is outstanding. */
export const QUIET_TIME = 300_000;

const HOUR = 3_600_000;
/** From one fault to the next, on average, while there are any. */
const MEAN_PAUSE = 150_000;
/** How long there are faults, and how long there are none. */
const ROUGH: readonly [number, number] = [30 * 60_000, 120 * 60_000];
const CALM: readonly [number, number] = [QUIET_TIME, QUIET_TIME + 15 * 60_000];

export interface DrawOptions {
  readonly seed: string;
  readonly hours: number;
  readonly nodes: number;
}

/** The story of a seed. */
export function drawStory({ seed, hours, nodes }: DrawOptions): Story {
  const random = new RandomStream(`${seed}/story`);
  const duration = Math.round(hours * HOUR);
  const cast = Array.from({ length: nodes }, (_, index) => drawNode(random.stream(`node ${index}`)));
  const steps: Step[] = [];
  const calms: number[] = [];
  const pairs = new Pairs(random.stream("pairs"));
  for (let at = 0; at < duration; ) {
    const end = Math.min(duration, at + random.integer(...ROUGH));
    for (;;) {
      at += Math.max(1, Math.round(-Math.log(1 - random.random()) * MEAN_PAUSE));
      if (at >= end) break;
      const node = random.integer(0, nodes - 1);
      const index = steps.length;
      steps.push(drawStep(random.stream(`step ${index}`), index, at, node, cast[node] as NodeStory, pairs));
    }
    calms.push(end);
    at = end + random.integer(...CALM);
  }
  return { seed, duration, nodes: cast, steps, calms };
}

function drawNode(random: RandomStream): NodeStory {
  const near = random.pick([0, 1, 20, 100, 400]);
  const far = near + random.pick([0, 5, 100]);
  return {
    program: random.chance(0.5) ? "mote" : "probe",
    interval: 10_000,
    QoS: random.pick([0, 1, 1, 2] as const),
    latency: [near, far],
    // A packet takes a round trip for each windowful: over a long way a narrow window would take longer than any deadline.
    window: random.pick(far <= 6 ? [9, 60, 536, 1536, 8192] : [536, 1536, 8192]),
    flash: random.pick([12_288, 24_576, 65_536]),
    defers: random.chance(0.5),
    webSocket: random.chance(0.2),
    application: random.chance(0.3) ? "garden" : "simulated",
  };
}

/** States that a mote comes into; it asks for nothing with QoS 2 and makes no requests of its own. */
const MOTE_STATES = ["connect", "publish 1", "receive 1", "idle", "offline"];

function drawStep(
  random: RandomStream,
  index: number,
  at: number,
  node: number,
  { program, latency, QoS }: NodeStory,
  pairs: Pairs,
): Step {
  const reachable = (state: number): boolean => {
    const name = states[state] as string;
    if (program === "probe" || MOTE_STATES.includes(name)) return true;
    return QoS === 2 && (name === "publish 2" || name === "release");
  };
  const [faultIndex, state] = pairs.next(reachable);
  const fault = faults[faultIndex] as (typeof faults)[number];
  const lasts = fault.lasts === undefined ? 0 : spread(random, fault.lasts);
  const after = random.pick([0, 0, 1, Math.floor(latency[0] / 2), latency[1]]);
  return { index, at, node, fault: fault.name, values: fault.draw(random), lasts, state, after };
}

/** Short ones as often as long ones. */
function spread(random: RandomStream, [least, most]: readonly [number, number]): number {
  return Math.round(least * (most / least) ** random.random());
}

/** Every fault with every state, in an order of the seed's own, again and again: none is left to chance. */
class Pairs {
  readonly #pairs: (readonly [number, number])[] = [];
  #at = 0;

  constructor(random: RandomStream) {
    for (let fault = 0; fault < faults.length; fault++) {
      for (let state = 0; state <= OFFLINE; state++) this.#pairs.push([fault, state]);
    }
    for (let index = this.#pairs.length - 1; index > 0; index--) {
      const other = random.integer(0, index);
      const pair = this.#pairs[index] as readonly [number, number];
      this.#pairs[index] = this.#pairs[other] as readonly [number, number];
      this.#pairs[other] = pair;
    }
  }

  next(reachable: (state: number) => boolean): readonly [number, number] {
    for (;;) {
      const pair = this.#pairs[this.#at++ % this.#pairs.length] as readonly [number, number];
      if (reachable(pair[1])) return pair;
    }
  }
}
