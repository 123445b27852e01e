import { describe, expect, test } from "vitest";
import type { BrokerKind } from "../../support/broker.js";
import { Collector } from "../../support/peer.js";
import { type Setting, settingOf } from "./setting.js";

/** What a client leaves behind that then loses its store: subscriptions, queued messages, half a QoS 2 hand-shake. */
async function oldSession(at: Setting, id: string) {
  const [inbox, out] = [at.name("inbox"), at.name("out")];
  const collector = await Collector.start(at.broker, at.name("collector"), out);
  const wire = await at.proxy();
  const old = at.mote({ id }, wire);
  old.subscribe(inbox, { QoS: 2 });
  await old.connect(inbox);
  const peer = await at.peer();
  // The broker holds outgoing identifiers of its own …
  const received = wire.stopAt({ from: "client", packet: "pubrec", when: "before" });
  await peer.publish(inbox, "old 1", 2);
  await received;
  wire.cut();
  await old.until(() => old.sessions.length === 2, "to be connected again");
  // … and identifiers of the client, low ones, of messages that are not released.
  const released = wire.stopAt({ from: "client", packet: "pubrel", when: "before" });
  for (const text of ["lost 1", "lost 2", "lost 3"]) old.client.publish(out, text, { QoS: 2 });
  await released;
  wire.down = true;
  wire.cut();
  await old.until(() => old.disconnects.length === 2, "to be cut off");
  old.client.close();
  await peer.publish(inbox, "old 2", 2);
  await peer.publish(inbox, "old 3", 1);
  return { inbox, collector, out, peer };
}

const NEW = ["new 1", "new 2", "new 3", "new 4", "new 5"];

export function strangers(kind: BrokerKind): void {
  describe("a client with an empty store that meets its old session", () => {
    const at = settingOf(kind);

    test("has it discarded: nothing of its own is lost or taken for old, nothing old comes", async () => {
      const id = at.name("mote");
      const { inbox, collector, out, peer } = await oldSession(at, id);
      const mote = at.mote({ id });
      mote.subscribe(inbox, { QoS: 2 });
      for (const text of NEW) mote.client.publish(out, text, { QoS: 2 });
      await mote.connect(inbox);
      await mote.drained();
      await peer.publish(inbox, "fresh", 2);
      await mote.count(1);
      expect(mote.payloads).toEqual(["fresh"]);
      expect(mote.sessions).toEqual([false]);
      expect(mote.disconnects).toEqual([]);
      const arrived = await collector.payloads();
      expect(arrived.filter((text) => !text.startsWith("lost"))).toEqual(NEW);
    });

    test("may keep it and take what it holds: nothing is lost on either side", async () => {
      const id = at.name("mote");
      const { inbox, collector, out, peer } = await oldSession(at, id);
      const mote = at.mote({ id, foreignSession: "random" });
      mote.subscribe(inbox, { QoS: 2 });
      for (const text of NEW) mote.client.publish(out, text, { QoS: 2 });
      await mote.connect();
      await mote.drained();
      await peer.publish(inbox, "fresh", 2);
      await mote.until(() => mote.payloads.includes("fresh"), "the last message");
      expect(mote.payloads.filter((text) => text !== "old 1")).toEqual(["old 2", "old 3", "fresh"]);
      expect(mote.sessions).toEqual([true]);
      const arrived = await collector.payloads();
      expect(arrived.filter((text) => !text.startsWith("lost"))).toEqual(NEW);
    });
  });

  describe("two clients with one identifier", () => {
    const at = settingOf(kind);

    test("throw each other out, until one suspects it and backs off to its maximum", async () => {
      const id = at.name("mote");
      const settings = { id, backoff: { minimum: 1, maximum: 300 } };
      const motes = [at.mote(settings), at.mote(settings)];
      for (const mote of motes) mote.client.open();
      const suspicious = () => motes.find(({ errors }) => errors.length > 0);
      await Promise.race(motes.map((mote) => mote.until(() => suspicious() !== undefined, "a suspicion")));
      const mote = suspicious();
      expect(mote?.errors).toMatchObject([{ kind: "peer", code: "takeover-suspected" }]);
      expect(mote?.disconnects.at(-1)).toMatchObject({ code: "connection-closed" });
      expect(mote?.sessions.length).toBeGreaterThanOrEqual(3);
    });
  });
}
