import { expect, it, vi } from "vitest";
import { RandomStream } from "../../host-sim/core/world/random.js";
import { describeWith } from "../support/describe-with.js";
import { openMutated, readMutated } from "../vectors/mutated-frames.js";
import { C3, runOnXs } from "./rig.js";

// The first one may build the host.
vi.setConfig({ testTimeout: 240_000 });

/** Node.js reads a million of them. */
const FRAMES = 100_000;
/** What an unchanging program may differ by between two looks. */
const NO_GROWTH = { slots: 16, chunks: 256 };

describeWith("C compiler", "on XS, in an ESP32-C3's memory,", () => {
  it("mutated frames raise the protocol's errors and none other, the same as on Node.js, and memory does not grow", async () => {
    const ran = await runOnXs({ entry: "test/xs/programs/mutated-frames.ts", memory: C3, onAsk: () => FRAMES });
    expect({ code: ran.code, words: ran.words, traced: ran.traced }).toEqual({ code: 0, words: "", traced: "" });
    const told = Object.fromEntries(ran.told.map(([name, json]) => [name, JSON.parse(String(json))]));
    expect(told).toEqual({
      read: { ...readMutated(new RandomStream("read").random, FRAMES) },
      opened: { ...openMutated(new RandomStream("opened").random, FRAMES) },
    });
    for (const name of ["read", "opened"]) {
      expect(told[name].problems).toBeGreaterThan(100);
      const looks = [...ran.memory].filter(([label]) => label.startsWith(name)).map(([, figures]) => figures);
      expect(looks).toHaveLength(10);
      const [first, last] = [looks[1], looks[9]];
      expect(last?.slots).toBeLessThanOrEqual((first?.slots ?? 0) + NO_GROWTH.slots);
      expect(last?.chunks).toBeLessThanOrEqual((first?.chunks ?? 0) + NO_GROWTH.chunks);
      expect(last?.blockPeak).toBeLessThanOrEqual(last?.block ?? 0);
    }
  });
});
