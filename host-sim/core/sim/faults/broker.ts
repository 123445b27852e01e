/** Faults of the broker. Those that concern the whole broker concern all nodes. */
import {
  CONNACK,
  PACKET_NAMES,
  PINGRESP,
  PUBACK,
  PUBCOMP,
  PUBREC,
  SUBACK,
  UNSUBACK,
} from "../../../../src/mqtt/wire/packet.js";
import type { Forbidden } from "../../broker/forbidden.js";
import { choice, count, type Fault, ms, num } from "./fault.js";

/** Not PUBREL: a client does not wait for that one, so that a broker that never sends it would stay stuck. */
const answers = [CONNACK, PUBACK, PUBREC, PUBCOMP, SUBACK, UNSUBACK, PINGRESP];

function restart(name: string, sessions: "kept" | "lost"): Fault {
  return {
    name,
    help: `the broker restarts and its sessions are ${sessions}`,
    parameters: [],
    lasts: [100, 60_000],
    draw: () => ({}),
    begin: ({ broker, listen }) => {
      broker.crash(sessions);
      listen(false);
      return () => listen(true);
    },
  };
}

export const brokerFaults: readonly Fault[] = Object.freeze([
  restart("broker_restart", "kept"),
  restart("broker_amnesia", "lost"),
  {
    name: "session_lost",
    help: "the broker forgets the node's session: it has expired, or somebody else discarded it",
    parameters: [],
    instant: true,
    draw: () => ({}),
    begin: ({ broker, judge }) => {
      broker.forget(judge.id);
      return undefined;
    },
  },
  {
    name: "broker_late",
    help: "the broker answers late, and answers overtake each other",
    parameters: [ms("ms", "longest time to an answer", 5000)],
    lasts: [5000, 180_000],
    draw: (random) => ({ ms: random.pick([500, 3000, 15_000, 60_000]) }),
    begin: ({ broker }, values) => {
      broker.late = num(values, "ms");
      return () => {
        broker.late = 0;
      };
    },
  },
  {
    name: "broker_mute",
    help: "the broker never sends one kind of answer",
    parameters: [
      choice(
        "packet",
        "which",
        answers.map((type) => PACKET_NAMES[type] as string),
      ),
    ],
    lasts: [5000, 120_000],
    draw: (random) => ({ packet: PACKET_NAMES[random.pick(answers)] as string }),
    begin: ({ broker }, values) => {
      const bit = 1 << PACKET_NAMES.indexOf(values.packet as string);
      broker.manners.mute |= bit;
      return () => {
        broker.manners.mute &= ~bit;
      };
    },
  },
  {
    name: "broker_forbids",
    help: "the broker closes the connection at some of what the node sends, or answers it with what is no answer to it",
    parameters: [
      choice("what", "which filters or messages", ["filter", "topic", "size", "QoS 2"]),
      choice("how", "what it does", ["close", "wrong answer"]),
      count("share", "which third of the filters or topics", 0, 0, 2),
    ],
    // Less than the pause after which what rests is tried again.
    lasts: [20_000, 540_000],
    draw: (random) => ({
      what: random.pick(["filter", "filter", "topic", "size", "QoS 2"]),
      how: random.pick(["close", "wrong answer"]),
      share: random.integer(0, 2),
    }),
    begin: ({ broker, judge }, values) => {
      broker.forbidden.set(judge.id, values as unknown as Forbidden);
      return () => void broker.forbidden.delete(judge.id);
    },
  },
  {
    name: "broker_refuses",
    help: "the broker refuses connections (server unavailable) and ends those there are",
    parameters: [],
    lasts: [1000, 120_000],
    draw: () => ({}),
    begin: ({ broker, judge }) => {
      broker.manners.refusing = true;
      broker.kick(judge.id);
      return () => {
        broker.manners.refusing = false;
      };
    },
  },
  {
    name: "broker_kick",
    help: "the broker ends the node's connection",
    parameters: [choice("how", "how", ["close", "reset"])],
    instant: true,
    draw: (random) => ({ how: random.pick(["close", "reset"]) }),
    begin: ({ broker, judge }, values) => {
      broker.kick(judge.id, values.how as "close" | "reset");
      return undefined;
    },
  },
  {
    name: "takeover",
    help: "another client with the node's identifier takes the connection over, again and again",
    parameters: [ms("pause", "time between", 1000, 1)],
    lasts: [1000, 60_000],
    draw: (random) => ({ pause: random.pick([50, 500, 3000]) }),
    begin: ({ broker, judge, clock }, values) => {
      let timer: unknown;
      const take = (): void => {
        broker.kick(judge.id);
        timer = clock.setTimer(take, num(values, "pause"));
      };
      take();
      return () => clock.clearTimer(timer);
    },
  },
] satisfies Fault[]);
