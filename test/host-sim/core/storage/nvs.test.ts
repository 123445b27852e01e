import { expect, test } from "vitest";
import { nvsCapacity, nvsSize } from "../../../../host-sim/core/storage/nvs.js";

test("a partition of six pages holds five pages of 126 entries", () => {
  expect(nvsCapacity(24_576)).toBe(5 * 126 * 32);
});

test("a partition of one page or less holds nothing", () => {
  expect(nvsCapacity(4096)).toBe(0);
  expect(nvsCapacity(0)).toBe(0);
});

test.each([
  [0, 64],
  [1, 96],
  [32, 96],
  [33, 128],
  [4000, 64 + 4000],
])("a value of %i bytes takes up %i", (length, size) => {
  expect(nvsSize("key", length)).toBe(size);
});
