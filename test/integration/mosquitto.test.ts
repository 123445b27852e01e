import { expect, test } from "vitest";
import { describeWith } from "../support/describe-with.js";
import { mosquitto } from "../support/kinds.js";
import { brokerContract } from "./contract/index.js";
import { settingOf } from "./contract/setting.js";

describeWith("mosquitto", "with mosquitto", () => {
  brokerContract(mosquitto);
  sharing();
});

/** Mosquitto has shared subscriptions for clients of MQTT 3.1.1, too. */
function sharing(): void {
  const at = settingOf(mosquitto);

  test("two clients share a subscription: each message goes to the handler of one of them", async () => {
    const topic = at.name("jobs");
    const filter = `$share/workers/${topic}/+`;
    const workers = [at.mote(), at.mote()];
    for (const worker of workers) expect(await (await worker.connect()).subscribed(filter, { QoS: 1 })).toBe(1);
    const peer = await at.peer();
    const jobs = Array.from({ length: 10 }, (_, index) => `job ${index}`);
    for (const job of jobs) await peer.publish(`${topic}/x`, job, 1);
    for (const worker of workers) {
      const others = workers.filter((other) => other !== worker);
      const had = () => others.reduce((sum, other) => sum + other.messages.length, worker.messages.length);
      if (worker === workers[0]) await worker.until(() => worker.messages.length >= 1, "a share of the messages");
      else await worker.until(() => had() >= jobs.length, "the rest of the messages");
    }
    const arrived = workers.flatMap(({ messages }) => messages);
    expect(arrived.map(({ payload }) => payload.toString()).sort()).toEqual(jobs);
    expect(new Set(arrived.map((message) => message.filter))).toEqual(new Set([filter]));
  });
}
