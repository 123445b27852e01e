import { beforeEach, describe, expect, it } from "vitest";
import type { Application } from "../../src/mote/application.js";
import { commands } from "../../src/mote/built-in.js";
import { Bench } from "./bench.js";

describe("an application", () => {
  let bench: Bench;
  let light: number;

  beforeEach(() => {
    bench = new Bench();
    light = 40;
  });

  const porch = {
    name: "porch",
    sensors: {
      air: { board: "temperature" },
      herbs: { analog: "A1", volts: [2.2, 0.9], values: [0, 100], quantity: "moisture", unit: "%" },
      daylight: { read: () => light, quantity: "light", unit: "lx" },
    },
    inputs: { motion: { pin: "D2" } },
    outputs: { lamp: { pin: "D1" } },
    alerts: { dark: { of: "daylight.light", below: 10, clear: 20, for: "30s" } },
  } satisfies Application;

  function start(application: Application = porch, interval = 10_000): void {
    bench.startConnected({ application, override: { interval } });
  }

  const retained = (topic: string): unknown => {
    const message = bench.broker.retained.get(`motewire/mote/${topic}`);
    return message && JSON.parse(message.payload);
  };
  const states = (topic: string): unknown[] => bench.broker.objects(`motewire/mote/${topic}`).map(({ state }) => state);

  describe("has sensors:", () => {
    it("one of the board by what it measures, under a name of its own", () => {
      start();
      expect(retained("reading/air")).toMatchObject({ seq: 1, temperature: 21.438, humidity: 45.2 });
    });

    it("a pin, scaled by two points", () => {
      bench.pins.volts.set(1, 1.55);
      start();
      expect(retained("reading/herbs")).toMatchObject({ moisture: 50 });
    });

    it("a pin without a scale, in volts", () => {
      bench.pins.volts.set(1, 1.55);
      start({ sensors: { probe: { analog: 1, quantity: "voltage", unit: "V" } } });
      expect(retained("reading/probe")).toMatchObject({ voltage: 1.55 });
    });

    it("a function", () => {
      start();
      expect(retained("reading/daylight")).toMatchObject({ light: 40 });
    });

    it("a function that throws, or gives no number, is reported by name, and the others go on", () => {
      const broken = () => {
        throw new Error("no bus");
      };
      const text = (() => "warm") as unknown as () => number;
      start({
        sensors: {
          broken: { read: broken, quantity: "light", unit: "lx" },
          text: { read: text, quantity: "light", unit: "lx" },
          daylight: porch.sensors.daylight,
        },
      });
      expect(bench.notes.errors).toEqual([
        "sensor broken: no bus",
        "sensor text: read gave string: must give a number",
      ]);
      expect(retained("reading/daylight")).toMatchObject({ light: 40 });
    });

    it("those of the board, where it declares none", () => {
      start({});
      expect(retained("reading/climate")).toMatchObject({ temperature: 21.438 });
    });

    it("none, where it declares an empty table", () => {
      start({ sensors: {} });
      expect(bench.broker.messages.some(({ topic }) => topic.includes("/reading/"))).toBe(false);
    });
  });

  describe("has outputs:", () => {
    it("off at the start, which is retained", () => {
      start();
      expect(retained("output/lamp")).toMatchObject({ state: "off", uptime: 0 });
    });

    it("switched by the command of their name, with the state retained and the result answered", () => {
      start();
      bench.command("lamp", { id: "1", state: "on" });
      expect(bench.pins.on.has(2)).toBe(true);
      expect(retained("output/lamp")).toMatchObject({ state: "on" });
      expect(bench.result("lamp")).toEqual({ id: "1", ok: true, state: "on" });
    });

    it("told once, however often they are switched to what they are", () => {
      start();
      for (const state of ["on", "on", "off", "off"]) bench.command("lamp", { state });
      expect(states("output/lamp")).toEqual(["off", "on", "off"]);
    });

    it.each([
      ['{"state":"blue"}', 'state is "blue": must be one of on, off'],
      ['{"state":true}', "state is true: must be one of on, off"],
      ["{}", 'the field "state" is missing, such as {"state":"on"}'],
      ['{"colour":"red"}', 'field "colour" is unknown: lamp knows id, state'],
    ])("refuse %s by name", (payload, error) => {
      start();
      bench.command("lamp", payload);
      expect(bench.result("lamp")).toEqual({ ok: false, error });
      expect(bench.pins.on.size).toBe(0);
    });

    it("off again after a loss of power, which is told", () => {
      start();
      bench.command("lamp", { state: "on" });
      bench.cutPower();
      expect(bench.pins.on.has(2)).toBe(false);
      start();
      expect(retained("output/lamp")).toMatchObject({ state: "off" });
    });

    it("whose pin cannot be opened are reported, refuse their command, and leave the rest alone", () => {
      const open = bench.pins.openOutput.bind(bench.pins);
      bench.pins.openOutput = (pin) => {
        if (pin === "D1") throw new Error("pin 2 is an input only");
        return open(pin);
      };
      start({ ...porch, outputs: { lamp: { pin: "D1" }, fan: { pin: 7 } } });
      expect(bench.notes.errors).toEqual(["output lamp: pin 2 is an input only"]);
      bench.command("lamp", { state: "on" });
      expect(bench.result("lamp")).toEqual({ ok: false, error: "the pin of output lamp could not be opened" });
      bench.command("fan", { state: "on" });
      expect(retained("output/fan")).toMatchObject({ state: "on" });
    });

    it("told when there is room, where there was none: with the state that holds then", () => {
      bench.broker.acknowledges = () => false;
      bench.startConnected({ application: porch, maximumQueued: 2048, commandBurst: 100 });
      for (let id = 0; id < 9; id++) bench.command("lamp", { state: id % 2 === 0 ? "on" : "off" });
      expect(bench.pins.on.has(2)).toBe(true);
      bench.broker.acknowledges = () => true;
      bench.lose();
      bench.join();
      bench.clock.advance(1000);
      expect(retained("output/lamp")).toMatchObject({ state: "on" });
    });
  });

  describe("has inputs:", () => {
    it("told at once when they change, with the time", () => {
      start();
      expect(retained("input/motion")).toMatchObject({ state: "off" });
      bench.clock.advance(1234);
      bench.pins.drive("D2", true);
      bench.settle();
      expect(retained("input/motion")).toMatchObject({ state: "on", uptime: expect.closeTo(1254, -2) });
    });

    it("whose changes while there is no network arrive later, each, in order", () => {
      start();
      bench.lose();
      for (const on of [true, false, true]) {
        bench.clock.advance(5000);
        bench.pins.drive("D2", on);
      }
      bench.join();
      expect(states("input/motion")).toEqual(["off", "on", "off", "on"]);
    });

    it("not told after the node was stopped", () => {
      start();
      bench.node?.stop(1000, () => {});
      bench.clock.advance(1000);
      const before = bench.notes.lines.length;
      bench.pins.drive("D2", true);
      expect(bench.notes.lines.length).toBe(before);
    });
  });

  describe("has alerts:", () => {
    it("cleared from the first sample on, retained with what was measured", () => {
      start();
      expect(retained("alert/dark")).toMatchObject({ state: "cleared", value: 40 });
    });

    it("raised when the quantity has stayed beyond the bound for the time", () => {
      start();
      light = 5;
      bench.clock.advance(30_000);
      expect(states("alert/dark")).toEqual(["cleared"]);
      bench.clock.advance(20_000);
      expect(retained("alert/dark")).toMatchObject({ state: "raised", value: 5 });
    });

    it("not raised by a quantity that comes back in between", () => {
      start();
      for (let round = 0; round < 10; round++) {
        light = round % 3 === 2 ? 15 : 5;
        bench.clock.advance(10_000);
      }
      expect(states("alert/dark")).toEqual(["cleared"]);
    });

    it("cleared behind the other bound only: a value that wavers between the two tells nothing", () => {
      start();
      light = 5;
      bench.clock.advance(60_000);
      for (const between of [12, 9, 19, 11]) {
        light = between;
        bench.clock.advance(10_000);
      }
      expect(states("alert/dark")).toEqual(["cleared", "raised"]);
      light = 20;
      bench.clock.advance(10_000);
      expect(states("alert/dark")).toEqual(["cleared", "raised", "cleared"]);
    });

    it("above a bound as well as below one", () => {
      start({ ...porch, alerts: { bright: { of: "daylight.light", above: 90, clear: 80 } } });
      light = 91;
      bench.clock.advance(10_000);
      light = 81;
      bench.clock.advance(10_000);
      light = 80;
      bench.clock.advance(10_000);
      expect(states("alert/bright")).toEqual(["cleared", "raised", "cleared"]);
    });

    it("raised still after a loss of power, until a sample says otherwise", () => {
      start();
      light = 5;
      bench.clock.advance(60_000);
      bench.cutPower();
      light = 15;
      start();
      expect(retained("alert/dark")).toMatchObject({ state: "raised", value: 15 });
      light = 25;
      bench.clock.advance(10_000);
      expect(retained("alert/dark")).toMatchObject({ state: "cleared", value: 25 });
    });

    it("told again to a broker that has lost what it kept", () => {
      start();
      light = 5;
      bench.clock.advance(60_000);
      bench.lose();
      bench.broker.forget();
      bench.join();
      expect(retained("alert/dark")).toMatchObject({ state: "raised" });
      expect(retained("output/lamp")).toMatchObject({ state: "off" });
      expect(retained("description")).toMatchObject({ application: "porch" });
    });
  });

  describe("is described, retained:", () => {
    it("all that it declares, and what each node has", () => {
      start();
      expect(retained("description")).toEqual({
        version: 1,
        application: "porch",
        firmware: "1.2.3",
        board: "bench",
        sensors: {
          air: { temperature: "°C", humidity: "%" },
          herbs: { moisture: "%" },
          daylight: { light: "lx" },
        },
        inputs: { motion: {} },
        outputs: { lamp: {} },
        alerts: { dark: { of: "daylight.light", below: 10, clear: 20, for: "30s" } },
        commands: {
          ...Object.fromEntries(Object.keys(commands).map((name) => [name, expect.anything()])),
          restart: { needsId: true, fields: {} },
          identify: { fields: { duration: { kind: "duration", initial: "10s", least: "1s", most: "10m" } } },
          lamp: { fields: { state: { kind: "choice", choices: ["on", "off"], required: true } } },
        },
        settings: {
          interval: { kind: "duration", initial: "10s", least: "100ms", most: "24h" },
          QoS: { kind: "integer", initial: 1, least: 0, most: 2 },
          diagnosticsInterval: { kind: "duration", initial: "1m", least: "1s", most: "24h" },
          retain: { kind: "boolean", initial: true },
        },
      });
    });

    it("with nothing of it in the store, and once for a session", () => {
      start();
      const described = () => bench.broker.on("motewire/mote/description").length;
      expect(described()).toBe(1);
      bench.clock.advance(60_000);
      for (let again = 0; again < 3; again++) {
        bench.lose();
        bench.join();
      }
      expect(described()).toBe(1);
      for (const key of bench.session.keys()) {
        expect(Buffer.from(bench.session.read(key) ?? []).toString()).not.toContain("description");
      }
    });

    it("again where the connection ended before anything later was answered", () => {
      bench.broker.acknowledges = () => false;
      start();
      bench.lose();
      bench.broker.acknowledges = () => true;
      bench.join();
      expect(bench.broker.on("motewire/mote/description").length).toBe(2);
    });
  });
});

describe("retained readings", () => {
  it("can be turned off by the setting", () => {
    const bench = new Bench();
    bench.startConnected();
    bench.command("settings", { retain: false });
    const before = bench.broker.messages.length;
    bench.clock.advance(10_000);
    const later = bench.broker.messages.slice(before).filter(({ topic }) => topic.includes("/reading/"));
    expect(later.map(({ retain }) => retain)).toEqual([false]);
  });

  it("with QoS 0 are not retained while something older waits, which would take their place", () => {
    const bench = new Bench();
    bench.startConnected();
    bench.lose();
    bench.clock.advance(20_000);
    bench.broker.acknowledges = ({ topic }) => !topic.includes("/reading/");
    bench.join();
    bench.command("settings", { QoS: 0 });
    bench.clock.advance(10_000);
    const last = bench.broker.on("motewire/mote/reading/climate").at(-1);
    expect(last).toMatchObject({ QoS: 0, retain: false });
  });
});

describe("what is retained", () => {
  it("is told again when a message that had rested went out after newer ones and took their place", () => {
    const bench = new Bench();
    bench.startConnected({ application: { outputs: { lamp: { pin: "D1" } } } });
    // The broker bears no state "on" for a while.
    const bears = bench.broker.closesOn;
    bench.broker.closesOn = ({ topic, payload }) => topic.endsWith("/output/lamp") && `${payload}`.includes('"on"');
    bench.command("lamp", { state: "on" });
    const rests = () => bench.notes.errors.some((error) => error.includes("rests"));
    expect(bench.clock.runUntil(rests, 600_000)).toBe(true);
    bench.clock.runUntil(() => bench.broker.connected("mote"), 60_000);
    bench.command("lamp", { state: "off" });
    const states = () => bench.broker.objects("motewire/mote/output/lamp").map(({ state }) => state);
    expect(bench.clock.runUntil(() => states().at(-1) === "off", 3_600_000)).toBe(true);
    bench.broker.closesOn = bears;
    expect(bench.clock.runUntil(() => states().includes("on"), 86_400_000)).toBe(true);
    bench.clock.advance(5000);
    expect(states().at(-1)).toBe("off");
  });

  it("is told again when a message that was not acknowledged is sent again after newer ones that were", () => {
    const bench = new Bench();
    bench.startConnected({ application: { outputs: { lamp: { pin: "D1" } } } });
    bench.broker.acknowledges = ({ payload }) => !`${payload}`.includes('"on"');
    bench.command("lamp", { state: "on" });
    bench.command("lamp", { state: "off" });
    bench.clock.advance(1000);
    bench.broker.acknowledges = () => true;
    bench.lose();
    bench.join();
    bench.clock.advance(5000);
    const states = bench.broker.objects("motewire/mote/output/lamp").map(({ state }) => state);
    expect(states.slice(-2)).toEqual(["on", "off"]);
  });
});
