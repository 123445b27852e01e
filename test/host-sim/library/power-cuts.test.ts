/** Every position of a single power cut, on somebody's own application. */
import { expect, test, vi } from "vitest";
import garden from "../../../examples/garden/main.js";
import { survivesPowerCuts } from "../../../host-sim/library/power-cuts.js";

vi.setConfig({ testTimeout: 120_000 });

test("the garden survives power cuts at each operation of its flash, each packet and each second", async () => {
  const { positions } = await survivesPowerCuts(garden);
  expect(positions).toBeGreaterThan(200);
});

test("without a store it does not, and the position is named", async () => {
  await expect(survivesPowerCuts(garden, { durability: "never" })).rejects.toThrow(
    /power was cut .*: message \d+ to motewire\/mote-0\/\S+ .* has not arrived/,
  );
});
