import { describe, expect, it } from "vitest";
import { faults } from "../../../../host-sim/core/sim/faults/index.js";
import { type Excerpt, shrink, storyOf } from "../../../../host-sim/core/sim/shrink.js";
import { Simulation } from "../../../../host-sim/core/sim/simulation.js";
import { states } from "../../../../host-sim/core/sim/states.js";
import { drawStory, type Story } from "../../../../host-sim/core/sim/story.js";
import { type TraceEvent, toJson } from "../../../../host-sim/core/sim/trace.js";

function run(seed: string, hours = 1, nodes = 1) {
  return new Simulation(drawStory({ seed, hours, nodes })).run();
}

/** Nodes without a fault, and none in sight. */
function calmStory(nodes: Story["nodes"], duration = 600_000): Story {
  return { seed: "calm", duration, nodes, steps: [], calms: [duration] };
}

const mote = { program: "mote", interval: 10_000, QoS: 1, latency: [20, 30], window: 1536, flash: 24_576 } as const;

describe("a simulation", () => {
  it("is a function of its seed", () => {
    const first = run("7", 2, 2);
    expect(run("7", 2, 2)).toEqual(first);
    expect(run("8", 2, 2).hash).not.toBe(first.hash);
  });

  it("runs the same whether somebody listens or not", () => {
    const events: TraceEvent[] = [];
    const story = drawStory({ seed: "3", hours: 1, nodes: 1 });
    const listened = new Simulation(story, { listener: (event) => events.push(event) }).run();
    expect(listened).toEqual(run("3"));
    expect(events).toHaveLength(listened.events);
    for (let index = 1; index < events.length; index++) {
      expect((events[index] as TraceEvent).t).toBeGreaterThanOrEqual((events[index - 1] as TraceEvent).t);
    }
    expect(toJson(events[0] as TraceEvent)).toEqual({ t: 300, node: 0, event: "start", reason: "power on" });
  });

  it("begins the same when it ends later", () => {
    const steps = (hours: number) => drawStory({ seed: "5", hours, nodes: 1 }).steps;
    const short = steps(1);
    expect(steps(3).slice(0, short.length)).toEqual(short);
  });

  it("has some of its nodes reach the broker over WebSocket", () => {
    const cast = Array.from(
      { length: 50 },
      (_, seed) => drawStory({ seed: `${seed}`, hours: 1, nodes: 2 }).nodes,
    ).flat();
    const over = cast.filter(({ webSocket }) => webSocket).length;
    expect(over).toBeGreaterThan(5);
    expect(over).toBeLessThan(50);
  });

  it.each([
    ["TCP", false],
    ["WebSocket", true],
  ])("of nodes over %s that nothing happens to loses nothing and connects each once", (_, webSocket) => {
    const cast = [mote, { ...mote, QoS: 2 as const }, { ...mote, program: "probe" as const }].map((node) => ({
      ...node,
      webSocket,
    }));
    const result = new Simulation(calmStory(cast)).run();
    expect(result.violations).toEqual([]);
    expect(result.connections).toBe(3);
    expect(result.powerCuts).toBe(0);
    expect(result.arrived).toBeGreaterThan(150);
    expect(result.hits.every((count) => count === 0)).toBe(true);
  });

  it("counts which fault has hit which state", () => {
    const steps = [{ index: 0, at: 100_000, node: 0, fault: "wifi_loss", values: {}, lasts: 5000, state: 9, after: 0 }];
    const result = new Simulation({ ...calmStory([mote]), steps }).run();
    const hit = result.hits.flatMap((count, index) =>
      count > 0 ? [[faults[Math.floor(index / states.length)]?.name, states[index % states.length], count]] : [],
    );
    expect(hit).toEqual([["wifi_loss", "idle", 1]]);
    expect(result.connections).toBe(2);
  });

  it("notices a node that does not come back", () => {
    const story = calmStory([mote]);
    const simulation = new Simulation(story);
    simulation.at(300_000, () => simulation.broker.crash("kept"));
    simulation.at(300_000, () => simulation.devices[0]?.station.rules.add((_, verdict) => verdict.hold()));
    const broken = simulation.run().violations.map(({ invariant }) => invariant);
    expect(broken).toContain("quiet");
    expect(broken).toContain("qos1-lost");
  });

  it("notices a program that runs in circles", () => {
    const simulation = new Simulation(calmStory([mote]), {
      program: ({ clock }) => ({
        id: "mote-0",
        window: 8,
        maximumQueued: 1,
        receiveBuffer: 2048,
        keepAlive: 0,
        pending: 0,
        start: () => {
          const again = (): void => void clock.setTimer(again, 0);
          again();
        },
      }),
    });
    expect(simulation.run().violations[0]).toMatchObject({ invariant: "stuck" });
  });

  it("notices an error that leaves a callback", () => {
    const simulation = new Simulation(calmStory([mote], 10_000), {
      program: () => ({
        id: "mote-0",
        window: 8,
        maximumQueued: 1,
        receiveBuffer: 2048,
        keepAlive: 0,
        pending: 0,
        start: () => {
          throw new Error("out of luck");
        },
      }),
    });
    const [first] = simulation.run().violations;
    expect(first).toMatchObject({ invariant: "crash", detail: expect.stringContaining("out of luck") });
  });
});

describe("a story that fails is shortened", () => {
  const whole = { seed: "11", hours: 6, nodes: 1, steps: undefined };
  const violation = { t: 7_200_000, node: 0, invariant: "quiet" as const, detail: "" };
  const { steps } = storyOf(whole);
  /** Fails when all of these steps are there, at that time. */
  const failsWith = (needed: readonly number[], invariant: "quiet" | "memory" = "quiet") => {
    return (excerpt: Excerpt) => {
      const there = storyOf(excerpt).steps.map(({ index }) => index);
      return needed.every((index) => there.includes(index)) ? { ...violation, invariant } : undefined;
    };
  };

  it("to the steps it needs, and ends where it fails", () => {
    expect(steps.length).toBeGreaterThan(60);
    const needed = [4, 5, 31];
    const { excerpt, runs } = shrink(whole, violation, 200, failsWith(needed));
    expect(excerpt.steps).toEqual(needed);
    expect(excerpt.hours).toBeLessThan(2.1);
    expect(runs).toBeLessThan(200);
  });

  it("not to one that breaks something else", () => {
    expect(shrink(whole, violation, 200, failsWith([4], "memory")).excerpt).toEqual(whole);
  });

  it("no further than the budget allows", () => {
    const { runs } = shrink(whole, violation, 7, failsWith([4, 5, 31]));
    expect(runs).toBe(7);
  });

  it("and an excerpt is the same story with fewer steps", () => {
    const kept = [3, 8];
    expect(storyOf({ ...whole, steps: kept }).steps).toEqual(steps.filter(({ index }) => kept.includes(index)));
  });
});
