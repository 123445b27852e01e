import { beforeEach, describe, expect, it } from "vitest";
import type { Journal } from "../../src/mote/journal.js";
import { Topics } from "../../src/mote/topics.js";
import { Bench } from "./bench.js";

describe("node", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  it("connects with its id, a persistent session, its credentials and a last will", () => {
    bench.startConnected({
      broker: { host: "broker.test", port: 1883, user: "mote", password: "secret" },
    });
    expect(bench.broker.connects.at(-1)).toMatchObject({
      clientId: "mote",
      clean: false,
      username: "mote",
      password: Buffer.from("secret"),
      will: { topic: "motewire/mote/status", qos: 1, retain: true },
    });
  });

  it("takes its id from the machine when it is given none", () => {
    expect(bench.start({ id: undefined }).id).toBe("mote-24a1608bf3c0");
  });

  it.each(["", "a b", "a/b", "a.b", "a+b", "#", "é", "x".repeat(65)])("refuses the id %j", (id) => {
    expect(() => bench.start({ id })).toThrow(/the node's id is ".*: must be 1 to 64 characters of A-Z a-z 0-9 _ -/);
  });

  it("refuses a wrong broker when it is made", () => {
    expect(() => bench.start({ broker: { host: "", port: 1883 } })).toThrow("option host");
    expect(() => bench.start({ broker: { host: "x", port: 0 } })).toThrow("option port");
  });

  it("tells its journal what happens, in order", () => {
    bench.startConnected();
    const told = bench.notes.lines.map((line) => line.split(" ", 2).join(" "));
    expect(told.filter((line) => !line.startsWith("published"))).toEqual([
      "link up",
      "accepted 1",
      "connected false",
      "accepted 2",
      "accepted 3",
      "accepted 4",
    ]);
    // The description, with QoS 0, is delivered when it is handed to the socket.
    expect(told.filter((line) => line.startsWith("published"))).toEqual([
      "published 3",
      "published 1",
      "published 2",
      "published 4",
    ]);
    expect(bench.notes.lines).toContain("published 1 delivered");
  });

  it("says when the connection is lost, why, and comes back", () => {
    bench.startConnected();
    bench.broker.kick("mote");
    bench.clock.runUntil(() => bench.notes.lines.some((line) => line.startsWith("disconnected")), 1000);
    expect(bench.notes.lines.at(-1)).toMatch(/^disconnected the connection to broker.test:1883 was closed/);
    expect(bench.clock.runUntil(() => bench.broker.connected("mote"), 60_000)).toBe(true);
    bench.settle();
    expect(bench.notes.lines).toContain("connected true");
  });

  it("does not try to connect while there is no network", () => {
    bench.startConnected();
    bench.lose();
    const { connections } = bench.station;
    bench.clock.advance(600_000);
    expect(bench.station.connections).toBe(connections);
    bench.join();
    expect(bench.readings().length).toBeGreaterThanOrEqual(60);
  });

  it("connects at once where the network is there from the start", () => {
    bench.start({});
    bench.cutPower();
    const platform = bench.start().id;
    expect(platform).toBe("mote");
  });

  it("goes on when its journal throws at everything", () => {
    const broken: Journal = new Proxy({} as Journal, {
      get: () => () => {
        throw new Error("journal");
      },
    });
    bench.startConnected({ journal: broken, override: { interval: 1000 } });
    bench.sensors[0]?.fail("no answer");
    bench.command("nonsense");
    bench.broker.kick("mote");
    bench.clock.advance(60_000);
    expect(bench.broker.connected("mote")).toBe(true);
    expect(bench.boot?.running).toBe(true);
  });

  it("loses no accepted reading when power fails at any moment", () => {
    for (let seed = 0; seed < 40; seed++) {
      bench = new Bench();
      const accepted: string[] = [];
      bench.startConnected({ override: { interval: 100 } });
      bench.clock.advance(37 * seed);
      if (seed % 3 === 0) bench.lose();
      bench.clock.advance(29 * seed);
      for (const line of bench.notes.lines) {
        const found = /^accepted \d+ motewire\/mote\/reading\/climate (.*) QoS 1 retained$/.exec(line);
        if (found?.[1] !== undefined) accepted.push(found[1]);
      }
      bench.cutPower();
      bench.sensors = [];
      bench.startConnected();
      bench.clock.advance(2000);
      const seen = new Set(bench.broker.on("motewire/mote/reading/climate").map(({ payload }) => payload));
      expect(accepted.length).toBeGreaterThan(0);
      expect(accepted.filter((payload) => !seen.has(payload))).toEqual([]);
    }
  });

  it("reports subscriptions that the broker refuses", () => {
    bench.broker.grants = () => 128;
    bench.startConnected();
    expect(bench.notes.errors).toEqual([
      "mqtt: the broker refuses the subscription to motewire/mote/status",
      "mqtt: the broker refuses the subscription to motewire/mote/command/+",
    ]);
  });
});

describe("topics", () => {
  it("are all below motewire/<node>/", () => {
    const topics = new Topics("mote-1");
    expect(topics).toMatchObject({
      status: "motewire/mote-1/status",
      diagnostics: "motewire/mote-1/diagnostics",
      commands: "motewire/mote-1/command/+",
    });
    expect(topics.reading("climate")).toBe("motewire/mote-1/reading/climate");
    expect(topics.result("sample")).toBe("motewire/mote-1/result/sample");
    expect(topics.commandName("motewire/mote-1/command/sample")).toBe("sample");
    expect(topics.commandName("motewire/mote-1/command/")).toBe("");
  });
});
