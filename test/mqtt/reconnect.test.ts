import { describe, expect, it } from "vitest";
import { Reconnect } from "../../src/mqtt/reconnect.js";
import type { Resolve } from "../../src/platform.js";
import { PINGRESP } from "../support/packets.js";
import { Rig } from "../support/rig.js";
import { ScriptedBroker } from "../support/scripted-broker.js";

const BOUNDS = { minimumDelay: 1000, maximumDelay: 60_000, stableTime: 30_000 };

/** The delays of attempts that all fail, with this randomness. */
function delays(random: () => number, count: number): number[] {
  const reconnect = new Reconnect(BOUNDS, random);
  return Array.from({ length: count }, () => {
    reconnect.attempt();
    reconnect.ended(0, false);
    return reconnect.delay();
  });
}

describe("backoff", () => {
  it("doubles its ceiling up to the maximum, and takes anything below it", () => {
    const ceilings = [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000];
    expect(delays(() => 1 - Number.EPSILON, 9)).toEqual(ceilings);
    expect(delays(() => 0, 9)).toEqual(Array(9).fill(0));
    expect(delays(() => 0.5, 9).every((delay, n) => Math.abs(delay - (ceilings[n] as number) / 2) <= 1)).toBe(true);
  });

  it("never grows past its maximum, for ever", () => {
    expect(Math.max(...delays(() => 1 - Number.EPSILON, 5000))).toBe(60_000);
  });

  it("starts over when the network is back", () => {
    const reconnect = new Reconnect(BOUNDS, () => 1 - Number.EPSILON);
    expect([reconnect.delay(), reconnect.delay(), reconnect.delay()]).toEqual([1000, 2000, 4000]);
    reconnect.networkBack();
    expect(reconnect.delay()).toBe(1000);
  });

  it("starts over after a session that was stable, not before", () => {
    const reconnect = new Reconnect(BOUNDS, () => 1 - Number.EPSILON);
    const failed = (now: number) => {
      reconnect.attempt();
      reconnect.ended(now, false);
      return reconnect.delay();
    };
    for (let n = 0; n < 4; n++) failed(0);
    // Over the wrap-around of the clock.
    const start = 0x7fff_ffff - 10_000;
    for (const [lasts, next] of [
      [29_999, 16_000],
      [30_000, 1000],
    ] as const) {
      reconnect.attempt();
      reconnect.connected(start);
      reconnect.ended((start + lasts) | 0, true);
      expect(reconnect.delay()).toBe(next);
    }
  });
});

describe("the client", () => {
  it("tries again after the delay that it announces", () => {
    const rig = new Rig();
    rig.broker.stop();
    rig.client.open();
    for (let n = 0; n < 12; n++) {
      const [told] = rig.broker.clock.runUntil(() => rig.told.length > 0, 100_000) ? rig.news() : [];
      expect(told).toEqual(["disconnected", "connection-failed", expect.any(Number)]);
      const delay = told?.[2] as number;
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(60_000, 1000 * 2 ** n));
      const before = rig.broker.station.connections;
      if (delay > 0) {
        rig.advance(delay - 1);
        expect(rig.broker.station.connections).toBe(before);
      }
      rig.broker.clock.runUntil(() => rig.broker.station.connections > before, 1);
      expect(rig.broker.station.connections).toBe(before + 1);
    }
  });

  it("spreads: two clients with different randomness do not come back together", () => {
    const times = [1, 2, 3, 4].map((seed) => {
      const rig = new Rig({}, { seed });
      rig.broker.stop();
      rig.client.open();
      rig.advance(0);
      return rig.news()[0]?.[2];
    });
    expect(new Set(times).size).toBe(4);
  });

  it("says that a name has no address", () => {
    const rig = new Rig();
    rig.broker.network.name(rig.broker.host, undefined);
    rig.client.open();
    rig.settle();
    expect(rig.errors).toMatchObject([
      { kind: "transport", code: "unresolved", message: expect.stringContaining("broker.test") },
    ]);
  });

  it("says why a connection was closed", () => {
    const rig = new Rig();
    rig.connect().close();
    rig.settle();
    expect(rig.errors).toMatchObject([
      {
        kind: "transport",
        code: "connection-closed",
        message: "the connection to broker.test:1883 was closed: closed by peer",
      },
    ]);
  });

  it("goes on in spite of what an earlier attempt still says", () => {
    const broker = new ScriptedBroker({ showsIntroductions: true });
    const late: ((address: string | undefined) => void)[] = [];
    const resolve: Resolve = (_, found) => void late.push(found);
    Object.assign(broker, { platform: { ...broker.platform, resolve } });
    const rig = new Rig({ clean: true }, broker);
    rig.client.open();
    rig.advance(20_000);
    expect(rig.news()).toEqual([["disconnected", "connect-timeout", expect.any(Number)]]);
    rig.advance(2000);
    expect(late).toHaveLength(2);
    late[0]?.("192.0.2.1");
    broker.expectNoConnection(0);
    late[1]?.("192.0.2.1");
    broker.welcome();
    expect(rig.client.connected).toBe(true);
  });
});

describe("a take-over", () => {
  it("is suspected after three closes soon after CONNACK; then attempts wait the maximum", () => {
    const rig = new Rig();
    let connection = rig.connect();
    for (let n = 0; n < 2; n++) {
      rig.advance(2000);
      connection = rig.reconnect(connection);
      expect(rig.news().map(([name]) => name)).toEqual(["disconnected", "connected"]);
    }
    connection.close();
    rig.settle();
    expect(rig.news()).toEqual([
      ["error", "takeover-suspected"],
      ["disconnected", "connection-closed", 60_000],
    ]);
    expect(rig.errors.find(({ code }) => code === "takeover-suspected")?.kind).toBe("peer");
    rig.broker.expectNoConnection(59_999);
    connection = rig.broker.welcome({ sessionPresent: true, within: 1 });
    // Said once; it goes on like that.
    connection.close();
    rig.settle();
    expect(rig.news()).toEqual([
      ["connected", true],
      ["disconnected", "connection-closed", 60_000],
    ]);
    // A session that lasts ends the suspicion.
    connection = rig.broker.welcome({ sessionPresent: true, within: 60_000 });
    connection.expect("pingreq", {}, 60_000);
    connection.send(PINGRESP);
    rig.settle();
    connection.close();
    rig.settle();
    expect(rig.news("disconnected")[0]?.[2]).toBeLessThanOrEqual(1000);
  });

  it("is not suspected for closes before CONNACK, refusals, or errors of ours and the network's", () => {
    const rig = new Rig();
    rig.client.open();
    for (let n = 0; n < 12; n++) {
      const connection = rig.broker.accept(70_000);
      connection.expect("connect");
      if (n % 3 === 0) connection.reset();
      else if (n % 3 === 1) connection.send({ cmd: "connack", returnCode: 3, sessionPresent: false });
      else {
        connection.send({ cmd: "connack", returnCode: 0, sessionPresent: n > 3 });
        connection.sendBytes([0xf0]);
      }
    }
    rig.settle();
    expect(rig.news("error")).toEqual([]);
  });

  it("is not suspected for two closes, though a session that had lasted was closed before", () => {
    const rig = new Rig();
    let connection = rig.connect();
    rig.advance(31_000);
    for (let n = 0; n < 3; n++) connection = rig.reconnect(connection);
    expect(rig.news("error")).toEqual([]);
    connection.close();
    rig.settle();
    expect(rig.news("error")).toEqual([["error", "takeover-suspected"]]);
  });

  it("is not suspected when the closes are far between", () => {
    const rig = new Rig();
    let connection = rig.connect();
    for (let n = 0; n < 6; n++) {
      rig.advance(31_000);
      connection = rig.reconnect(connection);
    }
    expect(rig.news("error")).toEqual([]);
  });
});
