/** What a run says at its end, beside what the broker itself has passed on, over broken networks and brokers. */
import { expect, test } from "vitest";
import { Observer } from "../../../host-sim/cli/observer.js";
import { RawMqtt } from "../../../host-sim/cli/raw-mqtt.js";
import { Recorder } from "../../../host-sim/cli/recorder.js";
import { RandomStream } from "../../../host-sim/core/world/random.js";
import type { QoS } from "../../../src/mqtt/api.js";
import { Client } from "../../../src/mqtt/index.js";
import { nodejsPlatform } from "../../../src/platforms/nodejs/index.js";
import { startModel } from "../../support/model-broker.js";
import { WireProxy } from "../../support/proxy.js";

const RUNS = 200;
const AT_ONCE = 20;
const TOPIC = "motewire/mote/reading/x";
const FORBIDDEN = "motewire/mote/reading/forbidden";

interface Compared {
  readonly seed: number;
  readonly lost: number | null;
  readonly duplicated: number | null;
  readonly reallyLost: number;
  readonly reallyDuplicated: number;
}

const pause = (ms: number) => new Promise((later) => setTimeout(later, ms));

async function faultedRun(seed: number): Promise<Compared> {
  const random = new RandomStream(`counts ${seed}`);
  const arrived = new Map<string, number>();
  const broker = await startModel({
    sessions: random.chance(0.7) ? "keeps" : "forgets",
    passesOn: random.chance(0.5) ? "publish" : "release",
    mayUse: (topic) => topic !== FORBIDDEN,
    onArrived({ topic, payload }) {
      const key = `${topic} ${Buffer.from(payload)}`;
      if (topic !== FORBIDDEN) arrived.set(key, (arrived.get(key) ?? 0) + 1);
    },
  });
  const [ofNode, ofObserver] = await Promise.all([WireProxy.start(broker), WireProxy.start(broker)]);
  const recorder = new Recorder({ show() {} });
  const observer = new Observer({
    broker: ofObserver,
    filter: "motewire/mote/#",
    persistent: true,
    onSeen: (topic, payload, QoS) => recorder.ledger.seen(topic, payload, QoS),
    onProblem() {},
  });
  recorder.onConnected = () => observer.nodeConnected();
  const journal = recorder.journal(() => ({ isOn: true, link: undefined }));
  const settled = new Set<number>();
  const client = new Client({
    platform: nodejsPlatform(),
    host: ofNode.host,
    port: ofNode.port,
    id: "mote",
    backoff: { minimum: 20, maximum: 50 },
    onConnected: (present) => journal.connected(present),
    onPublished(token, outcome) {
      settled.add(token);
      journal.published(token, outcome);
    },
  });
  // It may come late, or never.
  ofObserver.down = random.chance(0.15);
  if (!ofObserver.down) await observer.settled();
  client.open();

  const sent = new Map<number, { key: string; QoS: QoS }>();
  const strangers: Promise<void>[] = [];
  for (let n = 0; n < 12; n++) {
    const QoS = random.pick([0, 1, 2] as const);
    const topic = random.chance(0.08) ? FORBIDDEN : TOPIC;
    try {
      const token = client.publish(topic, `${n}`, { QoS });
      journal.accepted(token, topic, `${n}`, QoS, false);
      sent.set(token, { key: `${topic} ${n}`, QoS });
    } catch {
      // QoS 0 without a connection.
    }
    if (random.chance(0.1)) ofNode.cut();
    if (random.chance(0.1)) ofObserver.cut();
    if (random.chance(0.05)) ofObserver.down = true;
    if (random.chance(0.3)) ofObserver.down = false;
    if (random.chance(0.06)) {
      await broker.kill();
      await broker.start();
    }
    if (random.chance(0.1)) strangers.push(publishAgain(broker, `${random.integer(0, n)}`));
    await pause(random.integer(0, 15));
  }
  ofObserver.down = false;
  await Promise.all(strangers);
  for (let n = 0; n < 500 && client.pending > 0; n++) await pause(10);
  observer.hurry();
  await recorder.settle(observer, 500);

  const { lost, duplicated } = recorder.summary(observer);
  let reallyLost = 0;
  let reallyDuplicated = 0;
  for (const [token, { key, QoS }] of sent) {
    const times = arrived.get(key) ?? 0;
    if (settled.has(token) && times === 0) reallyLost++;
    if (QoS === 2) reallyDuplicated += Math.max(0, times - 1);
  }
  client.close();
  await observer.end();
  await Promise.all([ofNode.close(), ofObserver.close()]);
  await broker.remove();
  return { seed, lost, duplicated, reallyLost, reallyDuplicated };
}

/** Somebody publishes with QoS 2 what the node has published, or will. */
function publishAgain(broker: { host: string; port: number }, payload: string): Promise<void> {
  return new Promise((done) => {
    const link = new RawMqtt(broker, `stranger-${Math.random()}`, true, {
      onPacket({ cmd }) {
        const message = { topic: TOPIC, payload, qos: 2, retain: false, dup: false, messageId: 9 } as const;
        if (cmd === "connack") link.send({ cmd: "publish", ...message });
        if (cmd === "pubrec") link.send({ cmd: "pubrel", messageId: 9 });
        if (cmd !== "pubcomp") return;
        link.end();
        done();
      },
      onClose: () => done(),
    });
  });
}

test(`over ${RUNS} faulted runs the counts are those of the broker, or it says that they could not be told`, async () => {
  const runs: Compared[] = [];
  for (let seed = 1; seed <= RUNS; seed += AT_ONCE)
    runs.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => faultedRun(seed + n)))));
  const wrong = runs.filter(
    ({ lost, duplicated, reallyLost, reallyDuplicated }) =>
      (lost !== null && lost !== reallyLost) || (duplicated !== null && duplicated !== reallyDuplicated),
  );
  expect(wrong).toEqual([]);
  // Neither may be what always comes out.
  expect(runs.filter(({ lost, duplicated }) => lost !== null && duplicated !== null).length).toBeGreaterThan(RUNS / 4);
  expect(runs.filter(({ lost }) => lost !== null && lost > 0).length).toBeGreaterThan(0);
  expect(runs.filter(({ duplicated }) => duplicated !== null && duplicated > 0).length).toBeGreaterThan(0);
  expect(runs.filter(({ lost, duplicated }) => lost === null || duplicated === null).length).toBeGreaterThan(0);
}, 120_000);
