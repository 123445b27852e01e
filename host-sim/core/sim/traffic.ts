/** Whoever is on the other side: sends commands to motes, moves before them, and sends messages of every QoS to probes. */

import { formatDuration } from "../../../src/mote/duration.js";
import type { QoS } from "../../../src/mqtt/api.js";
import type { Broker } from "../broker/broker.js";
import { utf8 } from "../broker/message.js";
import type { VirtualClock } from "../world/clock.js";
import type { SimulatedPins } from "../world/pins.js";
import type { RandomStream } from "../world/random.js";
import type { NodeStory } from "./story.js";

/** Milliseconds from one message to the next, on average. */
const PAUSE = { probe: 15_000, mote: 120_000 };

/** Names and fields of commands. */
type Commands = readonly (readonly [name: string, fields: string])[];

/** What the applications understand beside what each node does. */
const SIMULATED: Commands = [
  ["lamp", ', "state": "on"'],
  ["lamp", ', "state": "off"'],
];
const GARDEN: Commands = [
  ["water", ', "time": "5s"'],
  ["pump", ', "state": "off"'],
];

/** Topics begin so that are for a node, whatever follows on their last level. */
export function startsFor(id: string): readonly string[] {
  if (id.startsWith("mote")) return [`motewire/${id}/command/`];
  return [`probe/${id}/in/0/`, `probe/${id}/in/1/`, `probe/${id}/in/2/`, `probe/${id}/toggled/`];
}

export class Traffic {
  readonly #clock: VirtualClock;
  readonly #broker: Broker;
  #number = 0;
  #stopped = false;

  constructor(clock: VirtualClock, broker: Broker) {
    this.#clock = clock;
    this.#broker = broker;
  }

  /** Begins to talk to a node. */
  talk(
    id: string,
    { program, interval, application = "simulated" }: NodeStory,
    random: RandomStream,
    pins: SimulatedPins,
  ): void {
    const next = (): void => {
      this.#clock.setTimer(
        () => {
          if (this.#stopped) return;
          next();
          if (program !== "mote") this.#message(id, random);
          else if (random.chance(0.2)) pins.drive("D2", !pins.isDriven("D2"));
          else this.#command(id, interval, random, application === "garden" ? GARDEN : SIMULATED);
        },
        random.integer(1, 2 * PAUSE[program]),
      );
    };
    next();
  }

  stop(): void {
    this.#stopped = true;
  }

  #command(id: string, interval: number, random: RandomStream, own: Commands): void {
    const number = this.#number++;
    const [name, fields] = random.pick([
      ["sample", ""],
      ["sample", ""],
      ["settings", ""],
      ["interval", `, "interval": "${formatDuration(interval)}"`],
      ["nonsense", ', "x": 1'],
      ...own,
      ...(random.chance(0.1) ? [["restart", ""] as const] : []),
    ] as const);
    this.#broker.publish(
      `motewire/${id}/command/${name}`,
      utf8(`{"id": "${number}"${fields}}`),
      random.pick([0, 1, 2]),
    );
  }

  #message(id: string, random: RandomStream): void {
    const burst = random.chance(0.1) ? random.integer(2, 8) : 1;
    for (let index = 0; index < burst; index++) {
      const QoS = random.pick([0, 1, 1, 2, 2, 2] as const) as QoS;
      const toggled = random.chance(0.1);
      const topic = toggled ? `probe/${id}/toggled/x` : `probe/${id}/in/${QoS}/${random.integer(0, 1)}`;
      const number = utf8(`${this.#number++} `);
      const payload = new Uint8Array(random.chance(0.1) ? random.integer(10, 900) : number.length).fill(46);
      payload.set(number.subarray(0, payload.length));
      this.#broker.publish(topic, payload, QoS, toggled && random.chance(0.3));
    }
  }
}
