/** Faults of strangers: others who may publish to the node's topics, and do so with what it cannot take. */
import type { QoS } from "../../../../src/mqtt/api.js";
import { utf8 } from "../../broker/message.js";
import type { RandomStream } from "../../world/random.js";
import { startsFor } from "../traffic.js";
import { bytes, choice, type Fault, ms, num, type Target, type Values } from "./fault.js";

/** Milliseconds from one message to the next: over a narrow way one takes ten seconds. */
const PAUSES = [10_000, 30_000] as const;

/** Publishes by `publish` to one of the node's topics, again and again. @returns what ends that */
function again({ clock, judge, random }: Target, pause: number, publish: (start: string, QoS: QoS) => void) {
  let timer: unknown;
  const next = (): void => {
    timer = clock.setTimer(next, pause);
    publish(random.pick(startsFor(judge.id)), random.pick([0, 1, 2] as const));
  };
  next();
  return () => clock.clearTimer(timer);
}

/** A topic of so many bytes, of characters of any length. */
function topicOf(start: string, length: number, random: RandomStream): string {
  const character = random.pick(["x", "é", "€", "😀"]);
  const count = Math.max(0, Math.floor((length - start.length) / utf8(character).length));
  return start + character.repeat(count);
}

function publishMalformed({ broker, judge, random, clock }: Target, values: Values, retain: boolean): string {
  const topic = `${random.pick(startsFor(judge.id))}${clock.elapsed}\0x`;
  broker.publish(topic, Uint8Array.of(1), Number(values.QoS) as QoS, retain);
  return topic;
}

export const strangerFaults: readonly Fault[] = Object.freeze([
  {
    name: "stranger_topics",
    help: "somebody publishes to the node with long topics, some longer than it can hold",
    parameters: [bytes("longest", "of a topic", 6000, 64, 65_535), ms("pause", "time between", 10_000, 1)],
    lasts: [5000, 120_000],
    draw: (random) => ({ longest: random.pick([300, 1300, 2100, 6000]), pause: random.pick(PAUSES) }),
    begin: (target, values) => {
      const { broker, random, judge } = target;
      // Of what comes in pieces a mote tells the first one only.
      const large = judge.id.startsWith("mote") ? 40 : 5000;
      let number = 0;
      return again(target, num(values, "pause"), (start, QoS) => {
        const length = random.pick([100, 300, 1100, num(values, "longest"), num(values, "longest")]);
        const payload = new Uint8Array(random.pick([0, 2, 40, large])).fill(0x2e);
        // No two of them are the same.
        const topic = topicOf(`${start}${target.clock.elapsed}-${number++}-`, length, random);
        broker.publish(topic, payload, QoS, false);
      });
    },
  },
  {
    name: "stranger_malformed",
    help: "the broker passes on a message whose topic holds U+0000, as aedes does, until the client discards its session",
    parameters: [choice("QoS", "of the message", ["1", "2", "0"])],
    instant: true,
    draw: (random) => ({ QoS: random.pick(["0", "1", "2"]) }),
    begin: (target, values) => {
      publishMalformed(target, values, false);
      return undefined;
    },
  },
  {
    name: "stranger_retained",
    help: "the same with a retained message: the broker passes it on with each subscription until it heals",
    parameters: [choice("QoS", "of the message", ["1", "2", "0"])],
    lasts: [5000, 1_800_000],
    draw: (random) => ({ QoS: random.pick(["0", "1", "2"]) }),
    begin: (target, values) => {
      const topic = publishMalformed(target, values, true);
      return () => target.broker.purge((message) => message.topic === topic);
    },
  },
] satisfies Fault[]);
