import { describe, expect, it } from "vitest";
import { Flash } from "../../../../host-sim/core/storage/flash.js";

const one = Uint8Array.of(1);
const two = Uint8Array.of(2);

class PowerLost extends Error {}

function withoutPower(): never {
  throw new PowerLost();
}

describe("a flash that loses power", () => {
  it("before an operation has the old value", () => {
    const flash = new Flash();
    flash.write("k", one);
    flash.cutAt(0, "before", withoutPower);
    expect(() => flash.write("k", two)).toThrow(PowerLost);
    expect(flash.read("k")).toEqual(one);
  });

  it("after an operation has the new value", () => {
    const flash = new Flash();
    flash.write("k", one);
    flash.cutAt(0, "after", withoutPower);
    expect(() => flash.delete("k")).toThrow(PowerLost);
    expect(flash.read("k")).toBeUndefined();
  });

  it("lets operations pass as it is told, and loses power once", () => {
    const flash = new Flash();
    flash.cutAt(2, "before", withoutPower);
    flash.write("a", one);
    flash.write("b", one);
    expect(() => flash.write("c", one)).toThrow(PowerLost);
    flash.write("c", one);
    expect(flash.keys()).toEqual(["a", "b", "c"]);
  });

  it("does not when that is taken back", () => {
    const flash = new Flash();
    flash.cutAt(0, "before", withoutPower)();
    flash.write("k", one);
    expect(flash.read("k")).toEqual(one);
  });
});

describe("a flash that fails", () => {
  it.each([
    ["old", false, one],
    ["new", true, two],
  ])("leaves the %s value and says that it failed", (_, changed, value) => {
    const flash = new Flash();
    flash.write("k", one);
    flash.fail(1, () => changed);
    expect(() => flash.write("k", two)).toThrow(expect.objectContaining({ storage: "failed" }));
    expect(flash.read("k")).toEqual(value);
    flash.write("k", two);
    expect(flash.read("k")).toEqual(two);
  });

  it("fails as often as it is told", () => {
    const flash = new Flash();
    flash.fail(2, () => false);
    expect(() => flash.write("k", one)).toThrow();
    expect(() => flash.write("k", one)).toThrow();
    flash.write("k", one);
  });

  it("refuses writes and takes deletes when it is full", () => {
    const flash = new Flash();
    flash.write("k", one);
    flash.full = true;
    expect(() => flash.write("l", one)).toThrow(expect.objectContaining({ storage: "full" }));
    flash.delete("k");
    expect(flash.keys()).toEqual([]);
    flash.full = false;
    flash.write("l", one);
  });
});

describe("a flash is counted", () => {
  it("by its operations and what became of them", () => {
    const seen: unknown[] = [];
    const flash = new Flash({
      onCommit: ({ number, key }, outcome, changed) => seen.push([number, key, outcome, changed]),
    });
    flash.write("a", one);
    flash.fail(1, () => true);
    expect(() => flash.write("b", one)).toThrow();
    flash.cutAt(0, "before", withoutPower);
    expect(() => flash.delete("a")).toThrow();
    expect(seen).toEqual([
      [1, "a", "done", true],
      [2, "b", "failed", true],
      [3, "a", "cut", false],
    ]);
    expect(flash.commits).toBe(3);
  });

  it("by the bytes that wear it", () => {
    const flash = new Flash();
    flash.write("a", new Uint8Array(100));
    const after = flash.bytesWritten;
    expect(after).toBeGreaterThan(100);
    flash.write("a", new Uint8Array(100));
    expect(flash.bytesWritten).toBe(2 * after);
    expect(flash.erasures(24_576)).toBeCloseTo((2 * after) / 20_480);
  });
});
