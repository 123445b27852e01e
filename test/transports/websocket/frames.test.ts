import { expect, test } from "vitest";
import { RandomStream } from "../../../host-sim/core/world/random.js";
import { openMutated, readMutated } from "../../vectors/mutated-frames.js";

test("a million mutated frames raise nothing but protocol errors, and hold no more than a control frame", () => {
  const { problems, kinds, largest } = readMutated(new RandomStream("mutated frames").random, 1_000_000);
  expect(problems).toBeGreaterThan(1_000);
  expect(kinds.length).toBeGreaterThanOrEqual(10);
  expect(largest).toBeLessThanOrEqual(125);
}, 60_000);

test("100,000 of them through the opener end its connections by protocol errors, once each, and nothing is thrown", () => {
  const { streams, problems, kinds } = openMutated(new RandomStream("mutated connections").random, 100_000);
  expect(streams).toBeGreaterThan(1_000);
  expect(problems).toBeGreaterThan(1_000);
  expect(kinds.length).toBeGreaterThanOrEqual(8);
}, 60_000);
