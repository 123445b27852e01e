/** Nodes of an application in virtual time, as somebody's tests have them. */
import { afterEach, describe, expect, test } from "vitest";
import garden from "../../../examples/garden/main.js";
import type { SimulatedEvent } from "../../../host-sim/library/events.js";
import { type Simulated, type SimulateOptions, simulate } from "../../../host-sim/library/virtual.js";
import type { Application } from "../../../src/mote/application.js";

let open: Simulated[] = [];

afterEach(() => {
  for (const simulated of open) simulated.end();
  open = [];
});

function started(options?: SimulateOptions, application: Application = garden): Simulated {
  const simulated = simulate(application, options);
  open.push(simulated);
  return simulated;
}

describe("the garden in virtual time", () => {
  test("comes online, and its soil and its DS18B20 are read", async () => {
    const sim = started();
    const [node] = sim.nodes as [Simulated["nodes"][number]];
    node.hold("soil", "moisture", 42);
    node.hold("ground", "temperature", 11.5);
    await sim.until(() => node.online && node.readings("ground").length > 0);
    expect(node.readings("soil")[0]).toMatchObject({ moisture: 42 });
    expect(node.readings("ground")[0]).toMatchObject({ temperature: 11.5 });
  });

  test("switches its relay by command, and publishes motion at once", async () => {
    const sim = started();
    const [node] = sim.nodes as [Simulated["nodes"][number]];
    await sim.until(() => node.online);
    expect(await node.command("pump", { state: "on" })).toMatchObject({ ok: true, state: "on" });
    expect(node.isOn("pump")).toBe(true);
    const before = sim.time;
    node.drive("motion", true);
    await sim.until(() => sim.broker.messages(node.topic("input/motion")).at(-1)?.text.includes('"on"') === true);
    expect(sim.time - before).toBeLessThan(1000);
    expect(await node.command("water", { time: "2s" })).toMatchObject({ ok: false, error: "the pump runs already" });
  });

  test("loses nothing over outages, power cuts and restarts of the broker, all twenty nodes of it", async () => {
    const sim = started({ nodes: 20 });
    sim.fault("wifi_loss@2m:15s");
    await sim.pass("1m");
    sim.broker.restart();
    await sim.pass("1m");
    sim.nodes[3]?.power.cut();
    await sim.pass("1m");
    sim.nodes[3]?.power.on();
    await sim.pass("2m");
    await sim.check();
    expect(sim.pending).toBe(0);
    for (const node of sim.nodes) expect(node.online).toBe(true);
  });

  test("is the same each time, and another with another seed", async () => {
    const texts: string[] = [];
    for (const seed of [1, 1, 2]) {
      const sim = started({ seed });
      await sim.pass("5m");
      texts.push(JSON.stringify(sim.broker.messages()));
    }
    expect(texts[1]).toBe(texts[0]);
    expect(texts[2]).not.toBe(texts[0]);
  });

  test("tells what happens, to whoever reads, until the end", async () => {
    const sim = started();
    const seen: SimulatedEvent["type"][] = [];
    const reading = (async () => {
      for await (const { type } of sim.events()) seen.push(type);
    })();
    const [node] = sim.nodes as [Simulated["nodes"][number]];
    await sim.until(() => node.online);
    node.wifi.off();
    await sim.pass("5m");
    node.power.cut();
    sim.end();
    await reading;
    expect([...new Set(seen)]).toEqual(
      expect.arrayContaining(["started", "connected", "message", "disconnected", "stopped"]),
    );
  });

  test("hands messages to a backend, and takes what that says", async () => {
    const sim = started({ nodes: 2 });
    const online: string[] = [];
    sim.broker.subscribe("motewire/+/status", ({ topic }) => {
      online.push(topic);
      sim.broker.publish(topic.replace("/status", "/command/identify"), {});
    });
    await sim.until(() => sim.broker.messages("motewire/+/result/identify").length === 2);
    expect(new Set(online).size).toBe(2);
  });
});

describe("what is wrong is said:", () => {
  test.each([
    ["nothing", 'the fault is "nothing": must be NAME[@WHEN][:HOW LONG]'],
    ["wifi_loss@soon", '"soon" must be a duration such as 15s'],
    ["broker_kick:5s", 'broker_kick is over at once: leave ":5s" out'],
    ["latency,speed=3", 'latency has no "speed": it has ms, jitter, way'],
    ["latency,ms=-3", 'ms of latency is "-3": must be from 0 to'],
    ["latency,way=round", 'way of latency is "round": must be one of both, up, down'],
  ])("the fault %s", (text, words) => {
    expect(() => started().fault(text)).toThrow(words);
  });

  test("a board that there is not, and no nodes", () => {
    expect(() => simulate({}, { board: "uno" })).toThrow('board is "uno": must be one of esp32');
    expect(() => simulate({}, { nodes: 0 })).toThrow("nodes is 0: must be a whole number from 1");
  });

  test("what does not happen, with how to see it again", async () => {
    const sim = started({ seed: "mine" });
    await expect(sim.until(() => false, "3s")).rejects.toThrow('The same happens again with { seed: "mine" }.');
  });

  test("a sensor, an input or an output that there is not", () => {
    const [node] = started().nodes as [Simulated["nodes"][number]];
    expect(() => node.hold("wind", "speed", 1)).toThrow('there is no sensor "wind"');
    expect(() => node.drive("door", true)).toThrow('there is no input "door"');
    expect(() => node.isOn("lamp")).toThrow('there is no output "lamp"');
  });
});
