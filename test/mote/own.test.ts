/** What an application may do of its own: drivers, late sensors, intervals, commands, settings, topics, timers, start and stop. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Application, ApplicationNode } from "../../src/mote/application.js";
import { Bench } from "./bench.js";

describe("an application of one's own", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  /** The diagnostics message has the errors' count; the node's interval is 10 s. */
  function start(application: Application): void {
    bench.startConnected({ application, override: { interval: 10_000 } });
  }

  const retained = (topic: string): unknown => {
    const message = bench.broker.retained.get(`motewire/mote/${topic}`);
    return message && JSON.parse(message.payload);
  };
  /** Has promises that are settled call what waits for them. */
  const settled = () => new Promise<void>((done) => setImmediate(done));

  describe("has sensors that answer later:", () => {
    const soil = { driver: "DS18B20", pin: "D3" } as const;

    it("a driver that converts while the node goes on, and others are not kept waiting", () => {
      start({ sensors: { soil, air: { board: "climate" } } });
      expect(bench.readings("air")).toHaveLength(1);
      expect(bench.readings("soil")).toHaveLength(0);
      bench.clock.advance(750);
      expect(bench.readings("soil")).toMatchObject([{ seq: 1, uptime: 0 }]);
    });

    it("a promise, whose reading has the time at which it was asked", async () => {
      let answer: (value: number) => void = () => {};
      const read = () =>
        new Promise<number>((done) => {
          answer = done;
        });
      start({ sensors: { tank: { read, quantity: "level", unit: "cm" } } });
      bench.clock.advance(3000);
      answer(17);
      await settled();
      bench.settle();
      expect(bench.readings("tank")).toMatchObject([{ seq: 1, level: 17, uptime: 0 }]);
    });

    it("a promise that is rejected is reported as that sensor's, and it is asked again in turn", async () => {
      const read = vi.fn(() => Promise.reject<number>(new Error("no echo")));
      start({ sensors: { tank: { read, quantity: "level", unit: "cm" } } });
      await settled();
      bench.clock.advance(10_000);
      await settled();
      expect(bench.notes.errors).toEqual(["sensor tank: no echo", "sensor tank: no echo"]);
      expect(read).toHaveBeenCalledTimes(2);
    });

    it("one that never answers is asked anew after a minute, which is reported", () => {
      const read = vi.fn(() => new Promise<number>(() => {}));
      start({ sensors: { tank: { read, quantity: "level", unit: "cm" } } });
      bench.clock.advance(59_000);
      expect(read).toHaveBeenCalledTimes(1);
      bench.clock.advance(1000);
      expect(read).toHaveBeenCalledTimes(2);
      expect(bench.notes.errors).toEqual(["sensor tank: it has not answered for 60 s: it is asked anew"]);
    });

    it("what it says after power failed goes nowhere", () => {
      start({ sensors: { soil } });
      bench.cutPower();
      bench.clock.advance(750);
      expect(bench.readings("soil")).toEqual([]);
    });
  });

  it("has sensors of several quantities", () => {
    start({
      sensors: { wind: { read: () => ({ speed: 4.25, direction: 270 }), units: { speed: "m/s", direction: "°" } } },
    });
    expect(retained("reading/wind")).toMatchObject({ speed: 4.25, direction: 270 });
    expect(retained("description")).toMatchObject({ sensors: { wind: { speed: "m/s", direction: "°" } } });
  });

  it("has sensors with an interval of their own, which number their own readings", () => {
    start({ sensors: { fast: { board: "climate", interval: "2s" }, air: { board: "climate" } } });
    bench.clock.advance(6000);
    expect(bench.readings("fast").map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(bench.readings("air").map(({ seq }) => seq)).toEqual([1]);
  });

  it("publishes on change, where a least difference is declared, and all of it by command", () => {
    let level = 10;
    start({ sensors: { tank: { read: () => level, quantity: "level", unit: "cm", change: 2 } } });
    // The broker had no session: what it keeps may be older, and the next reading goes whatever it says.
    bench.clock.advance(10_000);
    for (level of [11, 11.9, 12, 13, 10]) bench.clock.advance(10_000);
    expect(bench.readings("tank").map((reading) => [reading.seq, reading.level])).toEqual([
      [1, 10],
      [2, 10],
      [3, 12],
      [4, 10],
    ]);
    bench.command("sample");
    expect(bench.readings("tank").at(-1)).toMatchObject({ seq: 5, level: 10 });
  });

  it("publishes a reading that has not changed again, when the broker may keep something older", () => {
    start({ sensors: { tank: { read: () => 10, quantity: "level", unit: "cm", change: 2 } } });
    bench.lose();
    bench.broker.forget();
    bench.join();
    bench.clock.advance(20_000);
    expect(bench.readings("tank").length).toBeGreaterThan(1);
  });

  describe("has commands:", () => {
    const commands: Application["commands"] = {
      water: {
        fields: {
          time: { kind: "duration", least: "1s", most: "10m", required: true },
          zone: { kind: "choice", choices: ["beds", "pots"], initial: "beds" },
          litres: { kind: "number", least: 0.5, most: 20 },
        },
        run: (_node, values) => ({ ...values }),
      },
      fail: {
        run() {
          throw new Error("the tank is empty");
        },
      },
      later: {
        run: () => new Promise((_done, refuse) => setImmediate(refuse, new Error("the valve sticks"))),
      },
      slow: { run: () => new Promise(() => {}) },
      soon: { run: () => Promise.resolve({ poured: 3, id: "not yours", ok: false as boolean }) },
    };

    it("whose fields are checked and filled in", () => {
      start({ commands });
      bench.command("water", { id: "1", time: "30s", litres: 2.5 });
      expect(bench.result("water")).toEqual({ id: "1", ok: true, time: 30_000, zone: "beds", litres: 2.5 });
    });

    it.each([
      ["{}", 'the field "time" is missing, such as {"time":"0s"}'],
      ['{"time":"1h"}', 'time is "1h": must be a duration with its unit (ms, s, m, h, d), from 1s to 10m'],
      ['{"time":"2s","zone":"roof"}', 'zone is "roof": must be one of beds, pots'],
      ['{"time":"2s","litres":0.1}', "litres is 0.1: must be a number from 0.5 to 20"],
    ])("which refuse %s by name", (payload, error) => {
      start({ commands });
      bench.command("water", payload);
      expect(bench.result("water")).toMatchObject({ ok: false });
      expect(bench.result("water")?.error).toContain(error.slice(0, 24));
    });

    it("whose error is the answer", () => {
      start({ commands });
      bench.command("fail");
      expect(bench.result("fail")).toEqual({ ok: false, error: "the tank is empty" });
    });

    it("that are answered later, with their own id, and others meanwhile", async () => {
      start({ commands });
      bench.command("later", { id: "a" });
      bench.command("soon", { id: "b" });
      bench.command("sample", { id: "c" });
      expect(bench.result("sample")).toMatchObject({ id: "c" });
      await settled();
      await settled();
      bench.settle();
      expect(bench.result("later")).toEqual({ id: "a", ok: false, error: "the valve sticks" });
      expect(bench.result("soon")).toEqual({ id: "b", ok: true, poured: 3 });
    });

    it("that never answer are answered for after a minute, and more than four at once are refused", () => {
      start({ commands });
      for (const id of ["1", "2", "3", "4", "5"]) bench.command("slow", { id });
      expect(bench.result("slow")).toEqual({ id: "5", ok: false, error: "busy: send it again later" });
      bench.clock.advance(60_000);
      const results = bench.broker.objects("motewire/mote/result/slow").slice(1);
      expect(results.map(({ id, error }) => [id, error])).toEqual(
        ["1", "2", "3", "4"].map((id) => [id, "it has not ended within 60 s"]),
      );
      bench.command("slow", { id: "6" });
      expect(bench.result("slow")).toMatchObject({ id: "4" });
    });

    it("which are in the description", () => {
      start({ commands });
      expect(retained("description")).toMatchObject({
        commands: {
          water: {
            fields: {
              time: { kind: "duration", least: "1s", most: "10m", required: true },
              zone: { kind: "choice", choices: ["beds", "pots"], initial: "beds" },
              litres: { kind: "number", least: 0.5, most: 20 },
            },
          },
        },
      });
    });
  });

  describe("has settings:", () => {
    const application: Application = {
      settings: {
        dry: { kind: "number", least: 0, most: 100, initial: 20 },
        pause: { kind: "duration", least: "1m", most: "1d", initial: "1h" },
        name: { kind: "text", most: 16, initial: "bed" },
      },
      commands: { tell: { run: (node) => ({ dry: node.setting("dry"), pause: node.setting("pause") }) } },
    };

    it("set by the command that sets the node's own, kept over a restart, and read by the application", () => {
      start(application);
      bench.command("settings", { dry: 35.5, pause: "2h", interval: "20s" });
      expect(bench.result("settings")).toMatchObject({
        ok: true,
        dry: 35.5,
        pause: "2h",
        name: "bed",
        interval: "20s",
      });
      bench.cutPower();
      bench.startConnected({ application });
      bench.command("tell");
      expect(bench.result("tell")).toEqual({ ok: true, dry: 35.5, pause: 7_200_000 });
    });

    it("which are refused out of their bounds, all or none", () => {
      start(application);
      bench.command("settings", { name: "a name of more than sixteen", dry: 1 });
      expect(bench.result("settings")).toMatchObject({ ok: false });
      bench.command("tell");
      expect(bench.result("tell")).toMatchObject({ dry: 20 });
    });

    it("of which one that is not declared any more is reported, and the others stay", () => {
      start(application);
      bench.command("settings", { dry: 40, name: "pots" });
      bench.cutPower();
      const { dry } = application.settings as NonNullable<Application["settings"]>;
      bench.startConnected({
        application: { ...application, settings: { dry } as Application["settings"] } as Application,
      });
      expect(bench.notes.errors).toEqual([expect.stringContaining('stored setting "name" is unknown')]);
      bench.command("settings");
      expect(bench.result("settings")).toMatchObject({ dry: 40 });
    });
  });

  describe("has a node:", () => {
    let node: ApplicationNode;

    function open(application: Application = {}): void {
      start({
        ...application,
        start: (given) => {
          node = given;
        },
      });
    }

    it("publishes to topics that are declared, as declared", () => {
      open({ topics: { count: {}, door: { topic: "house/door", QoS: 0, retain: true } } });
      expect(node.publish("count", { opened: 3 })).toBe(true);
      expect(node.publish("door", "open")).toBe(true);
      bench.settle();
      expect(bench.broker.on("motewire/mote/topic/count")).toMatchObject([{ QoS: 1, retain: false }]);
      expect(bench.broker.objects("motewire/mote/topic/count")).toMatchObject([
        { opened: 3, uptime: expect.any(Number) },
      ]);
      expect(bench.broker.on("house/door")).toMatchObject([{ payload: "open", QoS: 0, retain: true }]);
      expect(() => node.publish("window", "")).toThrow('there is no topic "window": there are count, door');
    });

    it("keeps what it publishes over a broken network and a loss of power", () => {
      const application = { topics: { count: {} } };
      open(application);
      bench.lose();
      expect(node.publish("count", "1")).toBe(true);
      bench.cutPower();
      bench.startConnected({ application });
      expect(bench.broker.on("motewire/mote/topic/count")).toMatchObject([{ payload: "1" }]);
    });

    it("listens to subscriptions, whose errors are theirs", () => {
      const received = vi.fn((_node: ApplicationNode, text: string) => {
        if (text === "bad") throw new Error("not a number");
      });
      open({ subscriptions: { price: { filter: "house/price", received } } });
      for (const text of ["12", "bad", "13"]) bench.broker.publish("house/price", text);
      bench.settle();
      expect(received.mock.calls.map(([, text]) => text)).toEqual(["12", "bad", "13"]);
      expect(bench.notes.errors).toEqual(["subscription price: not a number"]);
    });

    it("has timers that end with it, whose errors are reported", () => {
      open();
      const tick = vi.fn(() => {
        throw new Error("odd");
      });
      const once = vi.fn();
      const never = vi.fn();
      node.every("5s", tick);
      node.after(1000, once);
      node.after("2s", never).stop();
      bench.clock.advance(11_000);
      expect([tick, once, never].map(({ mock }) => mock.calls.length)).toEqual([2, 1, 0]);
      expect(bench.notes.errors).toEqual(["timer: odd", "timer: odd"]);
      bench.node?.stop(1000, () => {});
      bench.clock.advance(20_000);
      expect(tick).toHaveBeenCalledTimes(2);
      expect(() => node.after("soon", once)).toThrow('the time is "soon": must be milliseconds from 0, or a duration');
    });

    it("switches outputs, and knows what is on", () => {
      open({ outputs: { pump: { pin: "D1" } }, inputs: { float: { pin: "D2" } } });
      node.switch("pump", true);
      bench.pins.drive("D2", true);
      bench.settle();
      expect([node.isOn("pump"), node.isOn("float"), bench.pins.on.has(2)]).toEqual([true, true, true]);
      expect(retained("output/pump")).toMatchObject({ state: "on" });
      expect(() => node.switch("lamp", true)).toThrow('there is no output "lamp": there are pump');
      expect(() => node.isOn("lamp")).toThrow('there is no input or output "lamp": there are float, pump');
    });

    it("knows what was measured last, whether it is online, and its settings", () => {
      open({ sensors: { air: { board: "climate" } } });
      expect(node.reading("air")).toEqual({ temperature: 21.438, humidity: 45.2 });
      expect([node.id, node.online, node.setting("interval")]).toEqual(["mote", true, 10_000]);
      bench.lose();
      expect(node.online).toBe(false);
      expect(() => node.reading("soil")).toThrow('there is no sensor "soil": there are air');
    });
  });

  it("is told of an input's changes after they were published", () => {
    const told: unknown[] = [];
    start({ inputs: { motion: { pin: "D2", changed: (node, on) => told.push([on, node.isOn("motion")]) } } });
    bench.pins.drive("D2", true);
    bench.pins.drive("D2", false);
    bench.settle();
    expect(told).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  it("is started at each start, stopped in order once, and what it throws there is reported", () => {
    const stop = vi.fn(() => {
      throw new Error("the valve sticks");
    });
    start({
      start() {
        throw new Error("no valve");
      },
      stop,
    });
    bench.node?.stop(1000, () => {});
    bench.node?.stop(1000, () => {});
    expect(stop).toHaveBeenCalledTimes(1);
    expect(bench.notes.errors).toEqual(["application start: no valve", "application stop: the valve sticks"]);
    expect(bench.readings()).toHaveLength(1);
  });
});
