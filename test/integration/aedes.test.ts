import { describe, expect, test } from "vitest";
import { aedes } from "../support/kinds.js";
import { brokerContract } from "./contract/index.js";
import { settingOf } from "./contract/setting.js";

describe("with aedes", () => brokerContract(aedes));

describe("with aedes, which passes on a topic with U+0000", () => {
  const at = settingOf(aedes);
  const patience = { backoff: { minimum: 1, maximum: 20 }, keepAlive: 0 };

  test.each([1, 2] as const)("a stranger's message with QoS %i does not mute the client for ever", async (QoS) => {
    const id = at.name("command");
    const mote = at.mote(patience);
    mote.subscribe([`${id}/+`, `${id}-2/exact`], { QoS });
    await mote.connect(`${id}/+`, `${id}-2/exact`);
    const peer = await at.peer();
    await peer.publish(`${id}/\0`, "x", QoS);
    await mote.until(() => mote.errors.length === 3, "the last measure");
    expect(mote.errors.map(({ code }) => code)).toEqual([
      "malformed-messages",
      "session-discarded",
      "subscription-rests",
    ]);
    expect(mote.errors[2]?.message).toContain(`"${id}/+"`);
    await mote.until(() => mote.client.connected, "to be connected again");
    mote.granted.clear();
    await mote.subscribed(`${id}-2/other`, { QoS });
    await peer.publish(`${id}-2/exact`, "heard", QoS);
    await peer.publish(`${id}-2/other`, "heard too", QoS);
    await mote.count(2);
    expect(mote.payloads).toEqual(["heard", "heard too"]);
    expect(mote.disconnects.slice(0, 10).map((error) => error?.code)).toEqual(Array(10).fill("MQTT-1.5.3-2"));
    expect(mote.disconnects).toHaveLength(10);
  });

  test("nor does a retained one", async () => {
    const id = at.name("command");
    const peer = await at.peer();
    await peer.publish(`${id}/\0`, "x", 1, true);
    const mote = at.mote({ ...patience, clean: true });
    mote.subscribe([`${id}/+`, `${id}-2/exact`], { QoS: 1 });
    mote.client.open();
    await mote.until(() => mote.errors.some(({ code }) => code === "subscription-rests"), "the subscription to rest");
    mote.granted.clear();
    await mote.until(() => mote.granted.has(`${id}-2/exact`), "the other subscription");
    await peer.publish(`${id}-2/exact`, "heard", 1);
    await mote.count(1);
    expect(mote.payloads).toEqual(["heard"]);
  });
});
