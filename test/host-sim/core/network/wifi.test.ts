import { beforeEach, describe, expect, it } from "vitest";
import { SimulatedWifi } from "../../../../host-sim/core/network/wifi.js";
import { VirtualClock } from "../../../../host-sim/core/world/clock.js";
import { RandomStream } from "../../../../host-sim/core/world/random.js";
import type { NetworkLink } from "../../../../src/platform.js";

describe("simulated Wi-Fi", () => {
  let clock: VirtualClock;
  let wifi: SimulatedWifi;
  let signal: number;
  let online: boolean[];
  let changes: string[];

  beforeEach(() => {
    clock = new VirtualClock();
    signal = -60.6;
    online = [];
    changes = [];
    wifi = new SimulatedWifi({
      clock,
      random: new RandomStream(1),
      signal: () => signal,
      onOnline: (is) => online.push(is),
      network: "cellar",
      address: "10.0.0.9",
      joinTime: [1000, 2000],
      retryTime: [500, 4000],
    });
  });

  function open(): NetworkLink {
    return wifi.open({ onChanged: (state, detail) => changes.push(`${state} ${detail}`) });
  }

  it("joins within its time, and tells the network and the address", () => {
    const link = open();
    clock.advance(0);
    expect(link.state).toBe("joining");
    clock.advance(999);
    expect(link.state).toBe("joining");
    clock.advance(1001);
    expect(changes).toEqual(["joining cellar", "up cellar"]);
    expect([link.state, link.address, link.rssi]).toEqual(["up", "10.0.0.9", -61]);
    signal = -75;
    expect(link.rssi).toBe(-75);
  });

  it("says when sockets can reach the network, before the node hears of it", () => {
    wifi.open({ onChanged: (state) => state === "up" && expect(online.at(-1)).toBe(true) });
    clock.advance(2000);
    expect(online).toEqual([true]);
    wifi.lose("beacon timeout");
    clock.advance(0);
    expect(online).toEqual([true, false]);
    clock.advance(2500);
    expect(online).toEqual([true, false, true]);
    wifi.powerOff();
    expect(online).toEqual([true, false, true, false]);
  });

  it("tries again ever more rarely while the access point is gone, and joins when it is back", () => {
    const link = open();
    clock.advance(2000);
    wifi.available = false;
    clock.advance(60_000);
    expect(changes.slice(2, 6)).toEqual([
      "down access point gone",
      "joining cellar",
      "down cellar not found",
      "joining cellar",
    ]);
    expect(changes.at(-1)).not.toContain("up");
    expect(changes.filter((change) => change.startsWith("joining")).length).toBeLessThan(15);
    wifi.available = true;
    clock.advance(4000 + 2000);
    expect(link.state).toBe("up");
  });

  it("starts over with short waits after a success", () => {
    const link = open();
    wifi.available = false;
    clock.advance(60_000);
    wifi.available = true;
    expect(clock.runUntil(() => link.state === "up", 6000)).toBe(true);
    wifi.lose("beacon timeout");
    expect(clock.runUntil(() => link.state === "down", 0)).toBe(true);
    expect(clock.runUntil(() => link.state === "joining", 500)).toBe(true);
  });

  it("gives up an attempt that the loss interrupts", () => {
    open();
    clock.advance(500);
    wifi.lose("authentication expired");
    clock.advance(0);
    expect(changes).toEqual(["joining cellar", "down authentication expired"]);
  });

  it("is the same for the same seed", () => {
    const run = () => {
      const own = new VirtualClock();
      const other = new SimulatedWifi({ clock: own, random: new RandomStream(7), signal: () => -50 });
      const times: number[] = [];
      other.open({ onChanged: () => times.push(own.elapsed) });
      own.setTimer(() => other.lose("beacon timeout"), 10_000);
      own.advance(60_000);
      return times;
    };
    expect(run()).toEqual(run());
  });

  it("has one user at a time, until that one closes or loses power", () => {
    const first = open();
    expect(() => open()).toThrow("Wi-Fi is in use");
    first.close();
    open();
    wifi.powerOff();
    const third = open();
    clock.advance(2000);
    expect(third.state).toBe("up");
  });
});
