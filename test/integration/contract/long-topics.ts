import { describe, expect, test } from "vitest";
import type { QoS } from "../../../src/mqtt/api.js";
import type { BrokerKind } from "../../support/broker.js";
import { settingOf } from "./setting.js";

const LEVELS: readonly QoS[] = [0, 1, 2];
/** Bytes, for the default receive buffer of 2,048; with QoS 1 and 2 the first is one too many as well. */
const LENGTHS = [2043, 2048, 4096, 65_000];

export function longTopics(kind: BrokerKind): void {
  describe("a stranger's message whose topic the client cannot hold", () => {
    const at = settingOf(kind);

    test.each(LEVELS)(
      "is acknowledged and reported with QoS %i; the connection stays, and what follows arrives",
      async (QoS) => {
        const id = at.name("command");
        const mote = at.mote();
        mote.subscribe(`${id}/+`, { QoS });
        await mote.connect(`${id}/+`);
        const peer = await at.peer();
        for (const length of LENGTHS) await peer.publish(`${id}/`.padEnd(length, "x"), "x".repeat(length), QoS);
        await peer.publish(`${id}/after`, "behind them", QoS);
        await mote.count(1);
        expect(mote.payloads).toEqual(["behind them"]);
        expect(mote.errors).toMatchObject([{ kind: "resource", code: "topic-too-long" }]);
        // Nothing of them is left for a client that comes back.
        mote.client.link(false);
        await mote.until(() => mote.disconnects.length > 0, "to be disconnected");
        mote.client.link(true);
        await mote.until(() => mote.sessions.length === 2, "to be connected again");
        await peer.publish(`${id}/again`, "and again", QoS);
        await mote.until(() => mote.payloads.includes("and again"), "the last message");
        expect(mote.sessions).toEqual([false, true]);
        expect(mote.errors).toHaveLength(1);
      },
    );
  });
}
