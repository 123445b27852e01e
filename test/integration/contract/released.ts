import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileStore } from "../../../src/platforms/nodejs/file-store.js";
import type { BrokerKind } from "../../support/broker.js";
import type { MoteOptions } from "../../support/mote.js";
import type { WireProxy } from "../../support/proxy.js";
import { settingOf } from "./setting.js";

/** mosquitto passes a QoS 2 message on at PUBREL, and forgets it with its session. */
export function released(kind: BrokerKind): void {
  describe("a message that PUBREC has come for, in a session that the broker then loses before PUBREL", () => {
    const at = settingOf(kind);

    /** A client whose PUBREL does not reach the broker, and the token of its message. */
    async function beforePubrel(topic: string, options: Partial<MoteOptions> = {}) {
      const wire = await at.proxy();
      const mote = await at.mote(options, wire).connect();
      const reached = wire.stopAt({ from: "client", packet: "pubrel", when: "before" });
      const token = mote.client.publish(topic, "owned", { QoS: 2 });
      await reached;
      wire.down = true;
      return { mote, wire, token };
    }

    /** The broker ends with all that it holds, and begins anew. @returns who sees what it passes on from then on */
    async function restarted(wire: WireProxy, topic: string) {
      await at.broker.stop();
      wire.cut();
      await at.broker.start();
      return at.watcher(topic);
    }

    test.each([
      ["is published again", {}],
      ["is published again by a client that is clean", { clean: true }],
    ] as const)("%s, and its outcome says so", async (_, options) => {
      const topic = at.name("owned");
      const { mote, wire, token } = await beforePubrel(topic, options);
      const watcher = await restarted(wire, topic);
      wire.down = false;
      await mote.drained();
      expect(mote.outcomes.get(token)).toBe("may-be-duplicated");
      expect(await mote.published(topic, "next", { QoS: 2 })).toBe("delivered");
      await watcher.count(2);
      expect(watcher.payloads).toEqual(["owned", "next"]);
      const sent = wire.packets.filter(({ from, packet }) => from === "client" && packet.cmd === "publish");
      expect(sent.map(({ packet }) => (packet as { dup: boolean }).dup)).not.toContain(true);
    });

    test("is published again after a restart of the client, too, from its store", async () => {
      const [id, topic] = [at.name("mote"), at.name("owned")];
      const path = mkdtempSync(join(tmpdir(), "motewire-store-"));
      at.finally(() => rmSync(path, { recursive: true }));
      const store = new FileStore(path);
      const { mote, wire } = await beforePubrel(topic, { id, store });
      store.close();
      const watcher = await restarted(wire, topic);
      mote.client.close();
      const again = new FileStore(path);
      at.finally(() => again.close());
      const next = at.mote({ id, store: again });
      expect(next.client.pending).toBe(1);
      await next.connect();
      await next.drained();
      expect([...next.outcomes.values()]).toEqual(["may-be-duplicated"]);
      await watcher.count(1);
      expect(watcher.payloads).toEqual(["owned"]);
    });

    test("is published again when another client has had the session discarded", async () => {
      const [id, topic] = [at.name("mote"), at.name("owned")];
      const watcher = await at.watcher(topic);
      const { mote, wire, token } = await beforePubrel(topic, { id });
      wire.cut();
      const other = await at.peer({ id, clean: true });
      other.leave();
      wire.down = false;
      await mote.drained();
      expect(mote.outcomes.get(token)).toBe("may-be-duplicated");
      await mote.published(topic, "next", { QoS: 2 });
      await watcher.until(() => watcher.payloads.includes("next"), "the message behind it");
      // A broker that passes messages on at PUBLISH has it twice, as the outcome says.
      const copies = kind.manners.passesOn === "release" ? ["owned"] : ["owned", "owned"];
      expect(watcher.payloads).toEqual([...copies, "next"]);
    });
  });
}
