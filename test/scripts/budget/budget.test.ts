import { describe, expect, it, vi } from "vitest";
import { board } from "../../../boards/esp32c3_devkitm/board.js";
import { modulesOf } from "../../../host-sim/cli/virtual/run.js";
import { judge, leftOver, readBudget } from "../../../scripts/budget/budget.js";
import { bytecodeOf, growthOver, memoryFigures, smallestNear } from "../../../scripts/budget/figures.js";
import { entries, tellNode } from "../../../scripts/budget/stories.js";
import { describeWith } from "../../support/describe-with.js";
import { patched } from "../../xs/rig.js";

// The first one may build the host.
vi.setConfig({ testTimeout: 240_000 });

const budget = readBudget(board.id);

/** 2 KB of bytecode that nobody calls. */
const BALLAST = `export function ballast(x: number): number { return ${Array.from({ length: 400 }, (_, i) => `x * ${300 + i}`).join(" + ")}; }`;

describe("a budget", () => {
  it("is kept by what takes no more, and not much less", () => {
    expect(judge("b", { "slots.a": 90 }, { "slots.a": 100 })).toEqual([]);
    expect(judge("b", { "slots.a": 100 }, { "slots.a": 100 })).toEqual([]);
  });

  it("is exceeded by one too many, and says what by how much", () => {
    expect(judge("b", { "slots.a": 101 }, { "slots.a": 100 })).toEqual([
      'boards/b/budget.json: "slots.a" is 101, 1 over its budget of 100',
    ]);
  });

  it("is stale when much less is taken, when a figure is new, and when one is not there any more", () => {
    expect(judge("b", { "slots.a": 50 }, { "slots.a": 100 })).toEqual([expect.stringContaining("stale")]);
    expect(judge("b", { "slots.a": 50 }, {})).toEqual([expect.stringContaining("stale")]);
    expect(leftOver("b", {}, { "slots.a": 100 })).toEqual([expect.stringContaining("stale")]);
  });
});

describeWith("C compiler", "on XS, in an ESP32-C3's memory, the firmware", () => {
  it("takes what its budget allows; `npm run budget -- --update` accepts what it takes", async () => {
    const found = {
      ...(await bytecodeOf(board)),
      ...(await memoryFigures(board)),
      ...(await smallestNear(board, budget)),
    };
    expect([...judge(board.id, found, budget), ...leftOver(board.id, found, budget)]).toEqual([]);
  });

  it("answers the longest commands that anybody can send, and goes on", async () => {
    const { code, wrong } = await tellNode(board, await modulesOf(entries.node));
    expect({ code, wrong }).toEqual({ code: 0, wrong: [] });
  });

  it("takes the same at every run", async () => {
    expect(await memoryFigures(board)).toEqual(await memoryFigures(board));
  });

  it("is over budget with 2 KB of ballast in one module", async () => {
    const matches = "export function matches(";
    const found = await bytecodeOf(board, new Map([patched(matches, `${BALLAST}\n${matches}`)]));
    const wrong = judge(board.id, found, budget);
    expect(wrong).toEqual([
      expect.stringMatching(
        /^boards\/esp32c3_devkitm\/budget.json: "bytecode.mqtt\/wire\/topic" is \d+, \d+ over its budget of \d+$/,
      ),
    ]);
    expect(Number(/, (\d+) over/.exec(wrong[0] ?? "")?.[1])).toBeGreaterThanOrEqual(2048);
  });

  // 100,000 in `npm run budget`: they take a minute.
  it("has no more in use after 3,000 messages at every QoS, each way, than after a few", async () => {
    expect(await growthOver(board, 3000)).toBeUndefined();
  });

  it("is caught when it keeps a little of every message", async () => {
    const check = "  check(byteLength: number, held: number, keepFree: number): void {\n";
    const leak = patched(check, `  private readonly kept: number[] = [];\n${check}    this.kept.push(1);\n`);
    expect(await growthOver(board, 500, new Map([leak]))).toMatch(/more in use than after/);
  });
});
