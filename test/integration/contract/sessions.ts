import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileStore } from "../../../src/platforms/nodejs/file-store.js";
import type { BrokerKind, RunningBroker } from "../../support/broker.js";
import { Collector, type Peer } from "../../support/peer.js";
import { Setting, settingOf } from "./setting.js";

/** A directory for a store, until the end of the test. */
function directory(at: Setting): string {
  const path = mkdtempSync(join(tmpdir(), "motewire-store-"));
  at.finally(() => rmSync(path, { recursive: true }));
  return path;
}

/** The store in it, until {@link FileStore.close} or the end of the test. */
function storeIn(at: Setting, path: string): FileStore {
  const store = new FileStore(path);
  at.finally(() => store.close());
  return store;
}

export function sessions(kind: BrokerKind): void {
  const { startLasting } = kind;

  describe("the will", () => {
    const at = settingOf(kind);

    test.each(["gone", ""])("%j is published when the client vanishes, with its QoS", async (message) => {
      const topic = at.name("will");
      const watcher = await at.watcher(topic);
      const wire = await at.proxy();
      await at.mote({ will: { topic, message, QoS: 2 } }, wire).connect();
      wire.down = true;
      wire.cut();
      await watcher.count(1);
      expect(watcher.messages).toMatchObject([{ topic, QoS: 2, retain: false }]);
      expect(watcher.payloads).toEqual([message]);
    });

    test("is kept where it says so", async () => {
      const topic = at.name("will");
      const wire = await at.proxy();
      const first = await at.watcher(topic);
      await at.mote({ will: { topic, message: new Uint8Array([0, 255]), QoS: 1, retain: true } }, wire).connect();
      wire.down = true;
      wire.cut();
      await first.count(1);
      const late = await at.watcher(topic);
      await late.count(1);
      expect(late.messages).toMatchObject([{ payload: Buffer.from([0, 255]), retain: true }]);
    });

    test("is not published after close()", async () => {
      const topic = at.name("will");
      const watcher = await at.watcher(topic);
      const wire = await at.proxy();
      const mote = await at.mote({ will: { topic, message: "gone", QoS: 1 } }, wire).connect();
      await mote.closed();
      await wire.until(() => wire.open === 0, "both ends to be closed");
      expect(wire.packets.at(-1)).toMatchObject({ from: "client", packet: { cmd: "disconnect" } });
      const peer = await at.peer();
      await peer.publish(topic, "later", 1);
      await watcher.count(1);
      expect(watcher.payloads).toEqual(["later"]);
    });

    test("comes behind all that close() still sends", async () => {
      const topic = at.name("last");
      const watcher = await at.watcher(topic);
      const mote = await at.mote({ will: { topic, message: "gone", QoS: 1 } }).connect();
      mote.client.publish(topic, "offline");
      await mote.closed();
      await watcher.count(1);
      expect(watcher.payloads).toEqual(["offline"]);
    });
  });

  describe("a session that lasts", () => {
    const at = settingOf(kind);

    test("is found again by a new client with the same store, and what came meanwhile is delivered", async () => {
      const [id, topic] = [at.name("mote"), at.name("topic")];
      const wire = await at.proxy();
      const path = directory(at);
      const store = storeIn(at, path);
      const first = at.mote({ id, store }, wire);
      first.subscribe(topic, { QoS: 2 });
      await first.connect(topic);
      await first.closed();
      store.close();
      const peer = await at.peer();
      for (const QoS of [1, 2, 1, 2] as const) await peer.publish(topic, `while away ${QoS}`, QoS);
      const second = at.mote({ id, store: storeIn(at, path) }, wire);
      second.subscribe(topic, { QoS: 2 });
      await second.connect();
      await second.count(4);
      expect(second.payloads).toEqual(["while away 1", "while away 2", "while away 1", "while away 2"]);
      expect([first.sessions, second.sessions]).toEqual([[false], [true]]);
      // What the broker knows need not be said again.
      expect(wire.count("client", "subscribe")).toBe(1);
    });

    test("takes what was accepted before the first connection, and after a restart", async () => {
      const [id, topic] = [at.name("mote"), at.name("topic")];
      const watcher = await at.watcher(topic);
      const path = directory(at);
      const store = storeIn(at, path);
      const first = at.mote({ id, store });
      first.client.publish(topic, "one", { QoS: 1 });
      first.client.publish(topic, "two", { QoS: 1 });
      store.close();
      const second = at.mote({ id, store: storeIn(at, path) });
      second.client.publish(topic, "three", { QoS: 1 });
      expect(second.client.pending).toBe(3);
      await second.connect();
      await second.drained();
      await watcher.count(3);
      expect(watcher.payloads).toEqual(["one", "two", "three"]);
    });

    test("is ended by a client that is clean", async () => {
      const [id, topic] = [at.name("mote"), at.name("topic")];
      const first = at.mote({ id });
      first.subscribe(topic, { QoS: 1 });
      await first.connect(topic);
      await first.closed();
      const clean = await at.mote({ id, clean: true }).connect();
      await clean.closed();
      const peer = await at.peer({ id, clean: false });
      expect(peer.sessionPresent).toBe(false);
    });
  });

  describe("a broker that has forgotten its sessions", () => {
    const at = settingOf(kind);

    /** Restarts the broker while the wire is silent, and lets the client see it only when `before` is done. */
    async function forget(wire: Awaited<ReturnType<typeof at.proxy>>, before: () => Promise<void>): Promise<void> {
      wire.down = true;
      await at.broker.stop();
      wire.cut();
      await at.broker.start();
      await before();
      wire.down = false;
    }

    test("is given the subscriptions again", async () => {
      const topics = [at.name("a"), at.name("b")] as const;
      const wire = await at.proxy();
      const mote = at.mote({}, wire);
      mote.subscribe(topics, { QoS: 2 });
      await mote.connect(...topics);
      mote.granted.clear();
      await forget(wire, async () => {});
      await mote.until(() => mote.granted.size === 2, "to be subscribed again");
      const peer = await at.peer();
      for (const topic of topics) await peer.publish(topic, topic, 2);
      await mote.count(2);
      expect(mote.payloads).toEqual([...topics]);
      expect(mote.sessions).toEqual([false, false]);
    });

    test.each([
      { QoS: 1, packet: "puback" },
      { QoS: 2, packet: "pubrec" },
    ] as const)(
      "is sent again what it has not acknowledged with QoS $QoS, which is reported",
      async ({ QoS, packet }) => {
        const topic = at.name("again");
        const wire = await at.proxy();
        const mote = await at.mote({}, wire).connect();
        const reached = wire.stopAt({ from: "broker", packet, when: "before" });
        const token = mote.client.publish(topic, "risky", { QoS });
        await reached;
        const later = mote.client.publish(topic, "fresh", { QoS });
        let watcher: Peer | undefined;
        await forget(wire, async () => {
          watcher = await at.watcher(topic);
        });
        await mote.drained();
        expect(mote.outcomes.get(token)).toBe("may-be-duplicated");
        expect(mote.outcomes.get(later)).toBe("may-be-duplicated");
        await watcher?.count(2);
        expect(watcher?.payloads).toEqual(["risky", "fresh"]);
        // To this broker it is new. [MQTT-3.3.1-1]
        const sent = wire.packets.filter(({ from, packet }) => from === "client" && packet.cmd === "publish");
        expect(sent.map(({ packet }) => (packet as { dup: boolean }).dup)).not.toContain(true);
      },
    );
  });

  if (startLasting === undefined) return;

  describe.each([
    ["stopped", (broker: RunningBroker) => broker.stop()],
    ["killed", undefined],
  ] as const)("a session that lasts at a broker that is %s", (_, stop) => {
    const at = new Setting(startLasting);

    test("is there when it comes back, and takes what was accepted meanwhile", async () => {
      const [topic, out] = [at.name("in"), at.name("out")];
      const wire = await at.proxy();
      const mote = at.mote({}, wire);
      mote.subscribe(topic, { QoS: 2 });
      await mote.connect(topic);
      const collector = await Collector.start(at.broker, at.name("collector"), out);
      await mote.published(out, "before", { QoS: 2 });
      await at.broker.saved();
      await (stop?.(at.broker) ?? at.broker.kill());
      await mote.until(() => mote.disconnects.length > 0, "to see it go");
      for (const text of ["a", "b", "c"]) mote.client.publish(out, text, { QoS: 2 });
      await at.broker.start();
      await mote.drained();
      const peer = await at.peer();
      await peer.publish(topic, "hello", 2);
      await mote.count(1);
      expect(mote.sessions).toEqual([false, true]);
      // Asked for again only when a CONNECT was not answered: then the session may be a new one.
      expect(wire.count("client", "subscribe")).toBe(wire.hasUnanswered ? 2 : 1);
      expect(await collector.payloads()).toEqual(["before", "a", "b", "c"]);
    });
  });
}
