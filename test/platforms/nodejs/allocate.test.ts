import { describe, expect, it } from "vitest";
import { slabs } from "../../../src/platforms/nodejs/allocate.js";

describe("arrays for packets", () => {
  it("are as long as asked for, zero, and never share a byte", () => {
    const allocate = slabs();
    const lengths = [1, 86, 0, 4200, 9000, 8192, ...Array.from({ length: 300 }, (_, at) => at * 7)];
    const arrays = lengths.map((length) => allocate(length));
    for (const [at, array] of arrays.entries()) {
      expect(array.byteLength).toBe(lengths[at]);
      expect(array.every((byte) => byte === 0)).toBe(true);
      array.fill((at % 255) + 1);
    }
    for (const [at, array] of arrays.entries()) expect(array.every((byte) => byte === (at % 255) + 1)).toBe(true);
  });
});
