import { beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../host-sim/core/world/clock.js";
import { Indicator } from "../../src/mote/indicator.js";
import { Bench } from "./bench.js";

const NAMES: { [colour: number]: string } = {
  0: "dark",
  16711680: "red",
  65280: "green",
  255: "blue",
  16752640: "yellow",
  16777215: "white",
};

describe("indicator", () => {
  let clock: VirtualClock;
  let shown: string[];
  let errors: string[];
  let indicator: Indicator;

  beforeEach(() => {
    clock = new VirtualClock();
    shown = [];
    errors = [];
    indicator = make((colour) => shown.push(`${clock.elapsed} ${NAMES[colour]}`));
  });

  function make(show: (colour: number) => void): Indicator {
    return new Indicator({ show }, clock, (error, where) => errors.push(`${where}: ${(error as Error).message}`));
  }

  it("blinks blue while joining the network", () => {
    indicator.show("joining");
    clock.advance(1500);
    expect(shown).toEqual(["0 blue", "500 dark", "1000 blue", "1500 dark"]);
  });

  it("flashes yellow while connecting to the broker", () => {
    indicator.show("connecting");
    clock.advance(1000);
    expect(shown).toEqual(["0 yellow", "100 dark", "1000 yellow"]);
  });

  it("flashes green now and then when online", () => {
    indicator.show("online");
    clock.advance(5000);
    expect(shown).toEqual(["0 green", "50 dark", "5000 green"]);
  });

  it("flashes red twice when something is wrong, until it is not", () => {
    indicator.show("online");
    indicator.error(true);
    clock.advance(2000);
    indicator.error(false);
    expect(shown.slice(1)).toEqual(["0 red", "100 dark", "250 red", "350 dark", "2000 red", "2000 green"]);
  });

  it("identifies in white above all else, then shows what it would have shown", () => {
    indicator.show("joining");
    indicator.identify(400);
    indicator.error(true);
    indicator.show("online");
    clock.advance(300);
    expect(shown.slice(1)).toEqual(["0 white", "100 dark", "200 white", "300 dark"]);
    clock.advance(100);
    expect(shown.at(-1)).toBe("400 red");
  });

  it("identifies for the longer time when asked again", () => {
    indicator.identify(400);
    clock.advance(300);
    indicator.identify(1000);
    clock.advance(800);
    expect(shown.at(-1)).toMatch(/white|dark/);
    expect(shown.some((line) => /blue/.test(line))).toBe(false);
  });

  it("does not begin its pattern anew when nothing has changed", () => {
    indicator.show("joining");
    clock.advance(400);
    indicator.show("joining");
    clock.advance(100);
    expect(shown).toEqual(["0 blue", "500 dark"]);
  });

  it("is dark for good when it is off", () => {
    indicator.show("online");
    indicator.identify(1000);
    indicator.off();
    indicator.show("joining");
    clock.advance(10_000);
    expect(shown.at(-1)).toBe("0 dark");
    expect(clock.pending).toBe(0);
  });

  it("reports a LED that fails once, and does without it", () => {
    indicator = make(() => {
      throw new Error("no LED on this pin");
    });
    indicator.show("joining");
    clock.advance(10_000);
    expect(errors).toEqual(["led: no LED on this pin"]);
    expect(() => indicator.identify(1000)).toThrow("there is no LED");
  });

  it("shows how the node is connected", () => {
    const bench = new Bench();
    const look = () => NAMES[bench.colours.filter((colour) => colour !== 0).at(-1) ?? 0];
    bench.start();
    expect(look()).toBe("blue");
    bench.link?.change("up");
    expect(look()).toBe("yellow");
    bench.clock.runUntil(() => bench.broker.connected("mote"), 5000);
    bench.settle();
    expect(look()).toBe("green");
    bench.sensors[0]?.fail("no answer");
    bench.push();
    expect(look()).toBe("red");
    bench.lose();
    bench.sensors[0]?.repair();
    bench.push();
    expect(look()).toBe("blue");
  });
});
