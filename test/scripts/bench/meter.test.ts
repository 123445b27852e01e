import { describe, expect, it } from "vitest";
import { TripMeter } from "../../../scripts/bench/opening/meter.js";

describe("round trips", () => {
  it("are counted by what follows from what", () => {
    const meter = new TripMeter();
    meter.arrived("client", meter.sent("client", 26)); // CONNECT
    const connack = meter.sent("broker", 4);
    meter.arrived("broker", connack);
    const publish = meter.sent("client", 74);
    meter.arrived("client", publish);
    expect([connack, publish, meter.sent("broker", 4)]).toEqual([2, 3, 4]);
    expect(meter.bytes).toEqual({ client: 100, broker: 8 });
  });

  it("do not grow while an answer is still under way", () => {
    const meter = new TripMeter();
    meter.arrived("client", meter.sent("client", 26));
    const connack = meter.sent("broker", 4);
    const publish = meter.sent("client", 74); // right behind CONNECT
    meter.arrived("broker", connack);
    meter.arrived("client", publish);
    expect([publish, meter.sent("broker", 4)]).toEqual([1, 2]);
  });
});
