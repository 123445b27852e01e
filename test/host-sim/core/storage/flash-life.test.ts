import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Board } from "../../../../boards/board.js";
import { defaultSettings, flashLife } from "../../../../host-sim/core/storage/flash-life.js";
import { MemoryStore } from "../../../../host-sim/core/storage/memory-store.js";
import { nvsSize } from "../../../../host-sim/core/storage/nvs.js";
import { boards } from "../../../../host-sim/core/world/boards.js";
import { Bench, BenchSensor } from "../../../mote/bench.js";

const settings = defaultSettings();

describe("the flash of a board", () => {
  it("lasts as long as the formula says", () => {
    const board: Pick<Board, "sensors" | "storage"> = {
      sensors: [{ id: "a", driver: "simulated", quantities: { thermometer: ["temperature"] } }],
      storage: { nvs: 24_576 },
    };
    // A reading a minute of 114 bytes is 6 entries, diagnostics a day of 527 are 19; 4 pages of 126 entries take turns.
    const { writes, entries, days } = flashLife(board, { interval: 60_000, diagnosticsInterval: 86_400_000, QoS: 1 });
    expect(writes).toBe(1441);
    expect(entries).toBe(1440 * 6 + 19);
    expect(days).toBeCloseTo((100_000 * 4 * 126) / entries, 6);
  });

  it("lasts for ever as long as nothing is stored", () => {
    const [board] = boards as [Board];
    expect(flashLife(board, settings, "offline").days).toBe(Number.POSITIVE_INFINITY);
    expect(flashLife(board, settings, "never").days).toBe(Number.POSITIVE_INFINITY);
    expect(flashLife(board, { ...settings, QoS: 0 }).days).toBe(Number.POSITIVE_INFINITY);
  });

  it("lasts less with QoS 2, which is written twice, and longer in a larger partition", () => {
    const [board] = boards as [Board];
    expect(flashLife(board, { ...settings, QoS: 2 }).days).toBeLessThan(flashLife(board).days);
    const larger = { ...board, storage: { nvs: 262_144 } };
    expect(flashLife(larger).days / flashLife(board).days).toBeCloseTo(62 / 4, 6);
  });

  it.each([1, 2] as const)("wears within 5 % of what a node writes in virtual time, with QoS %i", (QoS) => {
    let entries = 0;
    const session = new MemoryStore({
      after: ({ key, value }) => {
        if (/^[op]/.test(key) && value !== undefined) entries += nvsSize(key, value.length) / 32;
      },
    });
    const bench = new Bench({ session });
    bench.clock.setEpoch(Date.UTC(2026, 10, 23));
    const random = (least: number, most: number) => least + Math.abs(Math.sin(bench.clock.now())) * (most - least);
    bench.sensors = [
      new BenchSensor("climate", () => ({
        thermometer: { temperature: random(10, 30) },
        hygrometer: { humidity: random(20, 90) },
      })),
      new BenchSensor("battery", () => ({ voltmeter: { voltage: random(3, 4.2) } })),
    ];
    // The default id, which the computation reckons with.
    bench.start({ id: undefined, override: { QoS } });
    bench.link?.change("up", "bench");
    bench.clock.advance(1000);
    entries = 0;
    const hours = 6;
    bench.clock.advance(hours * 3_600_000);
    const board = {
      sensors: [
        { id: "climate", driver: "simulated", quantities: { thermometer: ["temperature"], hygrometer: ["humidity"] } },
        { id: "battery", driver: "simulated", quantities: { voltmeter: ["voltage"] } },
      ],
      storage: { nvs: 24_576 },
    } as const satisfies Pick<Board, "sensors" | "storage">;
    const computed = (flashLife(board, { ...settings, QoS }).entries * hours) / 24;
    expect(entries / computed).toBeGreaterThan(0.95);
    expect(entries / computed).toBeLessThan(1.05);
  });

  it.each(boards.map((board) => [board.id, board] as const))(
    "%s is in docs/flash.md with what it lasts",
    (id, board) => {
      const row = readFileSync("docs/flash.md", "utf8")
        .split("\n")
        .find((line) => line.startsWith(`| \`${id}\``));
      const cells = row?.split("|").map((cell) => cell.trim());
      const { writes, days } = flashLife(board);
      const slow = flashLife(board, { ...settings, interval: 60_000 });
      expect(cells?.slice(2, -1)).toEqual([
        `${board.storage.nvs / 1024} KB`,
        `${board.sensors.length}`,
        `${board.storage.durability ?? "always"}`,
        `${Math.round(writes)}`,
        `${Math.floor(days)} days`,
        `${Math.floor(slow.days)} days`,
      ]);
    },
  );
});
