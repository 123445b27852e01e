/** What an application costs a board, as it is printed. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { board } from "../../../boards/esp32c3_devkitm/board.js";
import { type Datasheet, measure } from "../../../host-sim/cli/datasheet/measure.js";
import { datasheetText } from "../../../host-sim/cli/datasheet/text.js";
import { describeWith } from "../../support/describe-with.js";

vi.setConfig({ testTimeout: 120_000 });

const GARDEN = "examples/garden/main.ts";

function datasheet(...args: string[]): Promise<{ code: unknown; out: string; err: string }> {
  return new Promise((settle) => {
    execFile(process.execPath, ["host-sim/start.mjs", "datasheet", ...args], (error, out, err) =>
      settle({ code: error === null ? 0 : error.code, out, err }),
    );
  });
}

describeWith("C compiler", "the datasheet of an application", () => {
  test("is the same each time, so that two can be compared, and of a day in the board's memory", async () => {
    const { code, out } = await datasheet(GARDEN, "--board", board.id, "--json");
    expect(code).toBe(0);
    const sheet: Datasheet = JSON.parse(out);
    expect(await measure(board, GARDEN)).toEqual(sheet);
    expect(sheet).toMatchObject({ application: GARDEN, board: board.id, memory: { size: 94_208, stackSize: 768 } });
    const { memory, bytecode, wire, flash, outage } = sheet;
    expect(memory.started).toBeLessThan(memory.connected);
    expect(memory.connected).toBeLessThanOrEqual(memory.most);
    expect(memory.most).toBeLessThan(memory.size);
    expect(bytecode.application).toBeLessThan(bytecode.all);
    // Diagnostics and the ground's temperature come once a minute; the soil's moisture stays as it is.
    expect(wire.messages).toBeGreaterThanOrEqual(2 * 1440);
    expect(wire.messages).toBeLessThan(2 * 1440 + 10);
    // A PUBACK has four bytes.
    expect(wire.received).toBeGreaterThanOrEqual(4 * wire.messages);
    expect(wire.sent).toBeGreaterThan(50 * wire.messages);
    expect(flash.writes).toBeGreaterThanOrEqual(2 * 1440);
    expect(flash.days).toBeGreaterThan(365);
    expect(outage).toBeGreaterThan(60_000);
  });

  test("says what does not run, and on which board", async () => {
    const folder = mkdtempSync(join(tmpdir(), "motewire-app-"));
    try {
      const file = join(folder, "main.ts");
      writeFileSync(file, `export default { sensors: { a: { driver: "SHT3x", bus: "second" } } };`);
      const { code, err } = await datasheet(file, "--board", "lin");
      expect(code).toBe(1);
      expect(err).toContain("it does not run on the board lin");
      expect(err).toContain('sensor a: the board lin has no I2C bus "second": it has none');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("fits a terminal, each figure with its unit and how it was found", () => {
  const text = datasheetText({
    application: GARDEN,
    board: board.id,
    memory: { size: 94_208, started: 45_864, connected: 50_472, most: 50_768, stack: 562, stackSize: 768 },
    bytecode: { application: 1_340, all: 167_696 },
    wire: { sent: 815_283, received: 14_404, messages: 2_881 },
    flash: { partition: 24_576, writes: 2_884, entries: 33_145, days: null },
    outage: null,
  });
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(text).toContain("memory, connected      50,472 B  54 % of 94,208");
  expect(text).toMatch(/flash lasts +not written/);
  expect(text).toMatch(/longest outage +a week {2}nothing is given up within it/);
});

test("a board or a file that is not there is refused by name", async () => {
  expect(await datasheet(GARDEN, "--board", "uno")).toMatchObject({ code: 2, err: expect.stringContaining('"uno"') });
  expect(await datasheet("nowhere.ts")).toMatchObject({
    code: 2,
    err: expect.stringContaining("there is no such file"),
  });
});
