import { beforeEach, describe, expect, it } from "vitest";
import { Bench } from "./bench.js";

describe("diagnostics", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  it("say at the first connection how the node fares", () => {
    bench.clock.advance(1234);
    bench.start();
    bench.clock.advance(2500);
    bench.join();
    expect(bench.diagnostics).toEqual([
      {
        boot: bench.status[0]?.instance,
        uptime: 2500,
        rssi: -61,
        address: "192.168.4.23",
        freeMemory: 41_000,
        reconnects: 0,
        restartReason: "power on",
        QoS: 1,
        messages: {
          found: 0,
          taken: 3,
          delivered: 0,
          lost: 0,
          full: 0,
          age: 0,
          refused: 0,
          waiting: 3,
          parked: 0,
        },
        dropped: { full: 0, age: 0, refused: 0 },
        counters: { dropped: 0, lost: 0, refused: 0, busy: 0, failed: 0, skipped: 0 },
      },
    ]);
  });

  it("come at their own interval, at the QoS of the settings", () => {
    bench.startConnected({ override: { diagnosticsInterval: 5000, QoS: 2 } });
    bench.clock.advance(20_500);
    expect(bench.diagnostics.map(({ uptime }) => uptime)).toEqual([0, 5000, 10_000, 15_000, 20_000]);
    for (const message of bench.broker.on("motewire/mote/diagnostics"))
      expect(message).toMatchObject({ QoS: 2, retain: false });
  });

  it("are not queued while there is no connection; the one that was due comes with the next", () => {
    bench.startConnected({ override: { diagnosticsInterval: 5000 } });
    bench.lose();
    bench.clock.advance(60_000);
    bench.join();
    expect(bench.diagnostics).toHaveLength(2);
    expect(bench.diagnostics[1]).toMatchObject({ reconnects: 1, uptime: expect.toSatisfy((ms) => ms > 60_000) });
  });

  it("hold the time of day when it is known", () => {
    bench.clock.setEpoch(Date.UTC(2026, 10, 23));
    bench.startConnected();
    expect(bench.diagnostics[0]).toMatchObject({ time: "2026-11-23T00:00:00.000Z", uptime: 0 });
  });

  it("leave out what the platform does not know", () => {
    bench.start();
    if (bench.link !== undefined) {
      bench.link.rssi = undefined;
      bench.link.address = undefined;
    }
    bench.join();
    expect(bench.diagnostics[0]).not.toHaveProperty("rssi");
    expect(bench.diagnostics[0]).not.toHaveProperty("address");
  });

  it("leave out what is no number, which would be null", () => {
    bench.start();
    if (bench.link !== undefined) bench.link.rssi = Number.NaN;
    bench.join();
    expect(bench.diagnostics[0]).not.toHaveProperty("rssi");
  });

  it("count on when the clock wraps around", () => {
    bench = new Bench({ clock: { start: 0x7fff_ffff - 90_000 } });
    bench.startConnected();
    bench.clock.advance(180_000);
    expect(bench.diagnostics.map(({ uptime }) => uptime)).toEqual([0, 60_000, 120_000, 180_000]);
  });

  it("count what went wrong", () => {
    bench.sensors[0]?.fail("no answer");
    bench.startConnected({ override: { diagnosticsInterval: 5000, interval: 2000 } });
    bench.command("nonsense");
    bench.clock.advance(5000);
    expect(bench.diagnostics[1]).toMatchObject({ counters: { failed: 3, refused: 1 } });
  });
});
