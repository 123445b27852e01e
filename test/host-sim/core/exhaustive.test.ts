import { describe, expect, it } from "vitest";
import { describePosition, positionsOf, runPosition } from "../../../host-sim/core/sim/exhaustive/enumerate.js";
import { handShakes } from "../../../host-sim/core/sim/exhaustive/hand-shakes.js";

describe.each(handShakes)("$name", (handShake) => {
  it.each([
    ["lasts at once", false],
    ["lasts after a sync", true],
  ])(
    "keeps the promise whatever single fault there is, wherever it is, where what is stored %s",
    (_, defers) => {
      const positions = positionsOf(handShake, defers);
      // A packet has at least two bytes each way, and each byte is a place for three faults.
      expect(positions.length).toBeGreaterThan(80);
      const broken = positions.flatMap((position) =>
        runPosition(handShake, position, defers).map(
          ({ invariant, detail }) => `${describePosition(position)}: ${invariant}: ${detail}`,
        ),
      );
      expect(broken).toEqual([]);
    },
    60_000,
  );
});

describe("the positions of a hand-shake", () => {
  const positions = positionsOf(handShakes.find(({ name }) => name === "publish with QoS 2") as never);

  it("hold every operation of the flash, before and after, failing with the old value and with the new", () => {
    // The reserve, accepted, PUBREC noted, message and note forgotten.
    const operations = positions.flatMap((position) => ("operation" in position ? [JSON.stringify(position)] : []));
    expect(new Set(operations).size).toBe(5 * 4);
  });

  it("hold every packet", () => {
    const packets = positions.flatMap((position) => (position.kind === "packet" ? [position.way] : []));
    // PUBLISH, PUBREC, PUBREL, PUBCOMP.
    expect(packets.sort()).toEqual(["down", "down", "up", "up"]);
  });

  it("hold every boundary of a byte", () => {
    const bytes = positions.flatMap((position) =>
      position.kind === "end" && position.how === "reset" && position.way === "down" ? [position.byte] : [],
    );
    // Two acknowledgements of four bytes: 8 bytes have 9 boundaries.
    expect(bytes).toHaveLength(9);
    expect((bytes.at(-1) as number) - (bytes[0] as number)).toBe(8);
  });
});
