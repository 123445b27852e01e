/** The client on the browser's platform, with real brokers. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { browserPlatform } from "../../../src/platforms/browser/index.js";
import { access } from "../../integration/contract/access.js";
import { delivery } from "../../integration/contract/delivery.js";
import { sessions } from "../../integration/contract/sessions.js";
import { settingOf } from "../../integration/contract/setting.js";
import { volume } from "../../integration/contract/volume.js";
import type { BrokerKind } from "../../support/broker.js";
import { describeWith } from "../../support/describe-with.js";
import { aedesOverWebSocket, mosquittoOverWebSocket } from "../../support/kinds.js";
import { PageWebSocket } from "./web-socket.js";

beforeAll(() => void vi.stubGlobal("WebSocket", PageWebSocket));
afterAll(() => void vi.unstubAllGlobals());

/** The same broker; its clients have a browser's platform. */
function fromBrowser({ start, startLasting, ...kind }: BrokerKind): BrokerKind {
  const browser = <B extends object>(broker: B) => Object.assign(broker, { platform: browserPlatform() });
  return {
    ...kind,
    start: async (options) => browser(await start(options)),
    ...(startLasting === undefined ? {} : { startLasting: async () => browser(await startLasting()) }),
  };
}

// As in test/integration/websocket.test.ts.
describeWith("mosquitto", "a browser's client with mosquitto", () => {
  const kind = fromBrowser(mosquittoOverWebSocket);
  delivery(kind);
  access(kind);
  sessions(kind);
  volume(kind);
});

describe("a browser's client with aedes", () => {
  const kind = fromBrowser(aedesOverWebSocket);
  delivery(kind);

  // The contract's part on payloads cuts TCP connections in the middle of them; a browser gives away whole messages only.
  const at = settingOf(kind);
  test("has payloads of a megabyte both ways", async () => {
    const large = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
    const topic = at.name("large");
    const mote = at.mote();
    mote.subscribe(topic, { QoS: 2 });
    await mote.connect(topic);
    const source = {
      byteLength: large.length,
      read: (into: Uint8Array, offset: number) => into.set(large.subarray(offset, offset + into.length)),
    };
    expect(await mote.published(topic, source, { QoS: 2 })).toBe("delivered");
    const [message] = await mote.count(1);
    expect(message?.payload.equals(large)).toBe(true);
    expect(message?.pieces).toBeGreaterThan(100);
  });
});
