import { describe, expect, test } from "vitest";
import type { BrokerKind } from "../../support/broker.js";
import { Collector } from "../../support/peer.js";
import { settingOf } from "./setting.js";

/** Tokens until a packet identifier comes round again. */
const ROUND = 65_535;
/** Messages that are taken before it is waited for that they have left. */
const BATCH = 5_000;

/** aedes says that it has no session of a client without subscriptions, and keeps identifiers of QoS 2 messages all the same. */
export function unsubscribed(kind: BrokerKind): void {
  describe("a client without subscriptions whose hand-shakes were broken off before PUBREL", () => {
    const at = settingOf(kind);

    test("may come back without its store: nothing new is taken for old", async () => {
      const [id, out] = [at.name("mote"), at.name("out")];
      const collector = await Collector.start(at.broker, at.name("collector"), out);
      const wire = await at.proxy();
      const old = await at.mote({ id }, wire).connect();
      const reached = wire.stopAt({ from: "client", packet: "pubrel", when: "before" });
      for (const text of ["lost 1", "lost 2", "lost 3"]) old.client.publish(out, text, { QoS: 2 });
      await reached;
      wire.down = true;
      wire.cut();
      await old.until(() => old.disconnects.length === 1, "to be cut off");
      old.client.close();
      const mote = at.mote({ id });
      const NEW = ["new 1", "new 2", "new 3", "new 4"];
      for (const text of NEW) mote.client.publish(out, text, { QoS: 2 });
      await mote.connect();
      await mote.drained();
      expect(mote.sessions).toEqual([false]);
      expect((await collector.payloads()).filter((text) => !text.startsWith("lost"))).toEqual(NEW);
    });

    test("may use their identifiers again when they come round", async () => {
      const [out, aside] = [at.name("out"), at.name("aside")];
      const collector = await Collector.start(at.broker, at.name("collector"), out);
      const wire = await at.proxy();
      const mote = await at.mote({ maximumQueued: 1e7 }, wire).connect();
      const reached = wire.stopAt({ from: "client", packet: "pubrel", when: "before" });
      const first = mote.client.publish(out, "first", { QoS: 2 });
      await reached;
      wire.cut();
      await mote.until(() => mote.sessions.length === 2, "to be connected again");
      await mote.drained();
      for (let token = first; token < first + ROUND - 2; ) {
        token = mote.client.publish(aside, "x");
        if (token % BATCH === 0) await mote.drained();
      }
      await mote.drained();
      const tokens = ["a", "b", "c"].map((text) => mote.client.publish(out, text, { QoS: 2 }));
      expect(tokens).toContain(first + ROUND);
      await mote.drained();
      expect(await collector.payloads()).toEqual(["first", "a", "b", "c"]);
    }, 60_000);
  });
}
