import { describe, expect, test } from "vitest";
import type { BrokerKind } from "../../support/broker.js";
import { settingOf } from "./setting.js";

export function faults(kind: BrokerKind): void {
  describe("a broker that cannot be reached", () => {
    const at = settingOf(kind);

    test("is tried until it is there, and is then given what was accepted, in order", async () => {
      const topic = at.name("late");
      await at.broker.stop();
      const mote = at.mote();
      mote.subscribe(topic, { QoS: 2 });
      for (const text of ["a", "b", "c"]) mote.client.publish(topic, text, { QoS: 2 });
      mote.client.open();
      await mote.until(() => mote.disconnects.length >= 3, "some attempts");
      expect(mote.disconnects[0]).toMatchObject({ kind: "transport", code: "connection-failed" });
      expect(mote.disconnects[0]?.message).toBe(`no connection to 127.0.0.1:${at.broker.port}: connection refused`);
      expect(() => mote.client.publish(topic, "now or never")).toThrow("QoS 0 needs a connection");
      await at.broker.start();
      await mote.drained();
      await mote.count(3);
      expect(mote.payloads).toEqual(["a", "b", "c"]);
    });
  });

  describe("a wire that falls silent", () => {
    const at = settingOf(kind);
    const settings = { keepAlive: 1000, responseTimeout: 200 };

    test("is noticed by the keepalive, and a new connection made", async () => {
      const topic = at.name("silent");
      const wire = await at.proxy();
      const mote = at.mote(settings, wire);
      mote.subscribe(topic, { QoS: 1 });
      await mote.connect(topic);
      wire.silence();
      await mote.until(() => mote.sessions.length === 2, "to be connected again");
      expect(mote.disconnects).toMatchObject([{ kind: "transport", code: "response-timeout" }]);
      expect(mote.disconnects[0]?.message).toBe("no PINGRESP within 200 ms");
      expect(mote.sessions).toEqual([false, true]);
      const peer = await at.peer();
      await peer.publish(topic, "here again", 1);
      await mote.count(1);
    });

    test("is noticed by a client that goes on sending with QoS 0", async () => {
      const wire = await at.proxy();
      const mote = await at.mote(settings, wire).connect();
      wire.silence();
      const topic = at.name("void");
      const chatter = setInterval(() => {
        if (mote.client.connected) mote.client.publish(topic, "x");
      }, 20);
      at.finally(() => clearInterval(chatter));
      await mote.until(() => mote.disconnects.length > 0, "to be noticed");
      expect(mote.disconnects[0]?.message).toBe("no PINGRESP within 200 ms");
    });

    test.each([1, 2] as const)("loses and doubles no message with QoS %i", async (QoS) => {
      const topic = at.name("through");
      const watcher = await at.watcher(topic);
      const wire = await at.proxy();
      const mote = at.mote(settings, wire);
      const unused = at.name("unused");
      mote.subscribe(unused);
      await mote.connect(unused);
      wire.silence();
      for (const text of ["a", "b", "c"]) mote.client.publish(topic, text, { QoS });
      await mote.drained();
      await watcher.count(3);
      expect(watcher.payloads).toEqual(["a", "b", "c"]);
      expect(mote.disconnects.map((error) => error?.code)).toEqual(["response-timeout"]);
      expect(new Set(mote.outcomes.values())).toEqual(new Set(["delivered"]));
      expect(mote.disconnects[0]?.message).toMatch(QoS === 1 ? "no PUBACK within" : "no PUBREC within");
    });

    test("stays quiet about a connection that is only idle", async () => {
      const wire = await at.proxy();
      const mote = await at.mote(settings, wire).connect();
      await wire.until(() => wire.count("broker", "pingresp") === 3, "three PINGRESP");
      expect(mote.disconnects).toEqual([]);
    });
  });

  describe("the network", () => {
    const at = settingOf(kind);

    test("that goes and comes is followed at once, whatever the backoff", async () => {
      const topic = at.name("roaming");
      const watcher = await at.watcher(topic);
      const mote = at.mote({ backoff: { minimum: 600_000, maximum: 600_000 } });
      mote.subscribe(topic);
      await mote.connect(topic);
      mote.client.link(false);
      await mote.until(() => mote.disconnects.length === 1, "to be disconnected");
      expect(mote.disconnects[0]).toMatchObject({ kind: "transport", code: "link-down" });
      mote.client.publish(topic, "kept", { QoS: 1 });
      mote.client.link(true);
      await mote.drained();
      await watcher.count(1);
      expect(mote.sessions).toEqual([false, true]);
    });
  });
}
