/** The hand-shakes of MQTT, each as something to be done at one moment. */
import { PUBACK, PUBREC } from "../../../../src/mqtt/wire/packet.js";
import { utf8 } from "../../broker/message.js";
import type { Device } from "../device.js";
import type { Judge } from "../judge.js";
import { HOST, PORT, Simulation } from "../simulation.js";
import { RELEASE } from "../states.js";
import type { Story } from "../story.js";
import { Script } from "./script.js";

/** What a hand-shake has at hand. */
export interface Stage {
  readonly handShake: HandShake;
  readonly simulation: Simulation;
  readonly device: Device;
  readonly judge: Judge;
  /** The program of the present start. */
  script(): Script | undefined;
}

export interface HandShake {
  readonly name: string;
  /** Takes place on the connection that is made next. */
  readonly onNext?: boolean;
  /** Before anything is spoilt. */
  before?(stage: Stage): void;
  act(stage: Stage): void;
}

const TOPIC = "exhaustive/out";
const PAYLOAD = "a reading";

/**
 * Publishes; again and again while the client does not accept it, as an application does. Each attempt says something else,
 * for one that power was lost in may have been accepted.
 */
function publish(stage: Stage, payload: string, QoS: 1 | 2, attempt = 1): void {
  if (stage.script()?.publish(TOPIC, `${payload}, attempt ${attempt}`, QoS) === true) return;
  stage.simulation.clock.setTimer(() => publish(stage, payload, QoS, attempt + 1), 1000);
}

function send(stage: Stage, text: string, QoS: 1 | 2): void {
  stage.simulation.broker.publish(`exhaustive/in/${QoS}`, utf8(text), QoS);
}

/** When {@link HandShake.before} is done: everything is quiet by then, and it is quiet again when the hand-shake begins. */
const EARLY = 15_000;

export const handShakes: readonly HandShake[] = Object.freeze([
  { name: "publish with QoS 1", act: (stage) => publish(stage, PAYLOAD, 1) },
  { name: "publish with QoS 2", act: (stage) => publish(stage, PAYLOAD, 2) },
  {
    name: "publish with QoS 2, and the session is lost between PUBREC and PUBREL",
    act: (stage) => {
      const { broker, clock } = stage.simulation;
      broker.manners.passesOn = "release";
      stage.judge.shakes.await(RELEASE, () => clock.setTimer(() => broker.forget(stage.judge.id), 0));
      publish(stage, PAYLOAD, 2);
    },
  },
  { name: "receive with QoS 1", act: (stage) => send(stage, PAYLOAD, 1) },
  { name: "receive with QoS 2", act: (stage) => send(stage, PAYLOAD, 2) },
  {
    name: "publish and receive, two of each",
    act: (stage) => {
      for (const text of ["first", "second"]) {
        for (const QoS of [1, 2] as const) {
          publish(stage, `${text} ${QoS}`, QoS);
          send(stage, `${text} ${QoS}`, QoS);
        }
      }
    },
  },
  { name: "subscribe", act: ({ script }) => script()?.subscribe("exhaustive/later", 2) },
  { name: "unsubscribe", act: ({ script }) => script()?.unsubscribe("exhaustive/in/2") },
  {
    name: "reconnect with everything under way",
    onNext: true,
    before: (stage) => {
      stage.simulation.broker.manners.mute = (1 << PUBACK) | (1 << PUBREC);
      for (const QoS of [1, 2] as const) publish(stage, `under way ${QoS}`, QoS);
    },
    act: (stage) => {
      const { broker } = stage.simulation;
      broker.kick(stage.judge.id);
      broker.manners.mute = 0;
      for (const QoS of [1, 2] as const) send(stage, `under way ${QoS}`, QoS);
    },
  },
] satisfies HandShake[]);

/** A stage on which everything is ready for the hand-shake. */
export function prepare(handShake: HandShake, story: Story): Stage {
  let script: Script | undefined;
  const wanted = new Map([
    ["exhaustive/in/1", 1],
    ["exhaustive/in/2", 2],
  ] as const) as Map<string, 0 | 1 | 2>;
  const simulation: Simulation = new Simulation(story, {
    program: (platform, witness) => {
      const { id } = simulation.judges[0] as Judge;
      script = new Script(platform, witness, { id, host: HOST, port: PORT, wanted });
      return script;
    },
  });
  const stage: Stage = {
    handShake,
    simulation,
    device: simulation.devices[0] as Device,
    judge: simulation.judges[0] as Judge,
    script: () => (simulation.devices[0]?.program === undefined ? undefined : script),
  };
  if (handShake.before !== undefined) simulation.at(EARLY, () => handShake.before?.(stage));
  return stage;
}
