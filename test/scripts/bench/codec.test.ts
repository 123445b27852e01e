import { describe, expect, it } from "vitest";
import * as peer from "../../../scripts/bench/codec/peer.js";
import { decoding, encoding } from "../../../scripts/bench/codec/workload.js";

describe("the codecs are given the same work", () => {
  it("and encode it in the same number of bytes", () => {
    const ours = encoding().map(({ name, packets, run }) => [name, packets, run()]);
    expect(ours).toEqual(peer.encoding().map(({ name, packets, run }) => [name, packets, run()]));
  });

  it("and decode it by the same names, as many packets each", () => {
    const names = decoding().map(({ name, packets }) => [name, packets]);
    expect(names).toEqual(peer.decoding().map(({ name, packets }) => [name, packets]));
  });

  it("of which ours finds every packet, again and again", () => {
    for (const { run } of decoding()) {
      const once = run();
      expect(once).toBeGreaterThan(0);
      expect(run()).toBe(once);
    }
  });
});
