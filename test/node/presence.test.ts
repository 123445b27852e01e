import { beforeEach, describe, expect, it } from "vitest";
import { Bench, keepAll } from "./bench.js";

const STATUS = "motewire/mote/status";

describe("status", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  it("is online, retained and at QoS 1, once connected", () => {
    bench.startConnected();
    expect(bench.broker.on(STATUS)).toMatchObject([{ QoS: 1, retain: true }]);
    expect(bench.status).toEqual([
      {
        status: "online",
        instance: expect.stringMatching(/^1-[0-9a-f]{8}$/),
        firmware: "1.2.3",
        board: "bench",
        restartReason: "power on",
      },
    ]);
  });

  it("is made offline by the last will, of the same instance, when the node vanishes", () => {
    bench.startConnected();
    bench.cutPower();
    expect(bench.broker.retained.get(STATUS)).toMatchObject({ QoS: 1, retain: true });
    expect(bench.status.at(-1)).toEqual({
      status: "offline",
      instance: bench.status[0]?.instance,
      reason: "connection lost",
    });
  });

  it("is online again after every reconnect", () => {
    bench.startConnected();
    for (let times = 1; times <= 3; times++) {
      bench.clock.advance(60_000);
      bench.broker.kick("mote");
      expect(bench.status.at(-1)).toMatchObject({ status: "offline" });
      bench.clock.runUntil(() => bench.broker.connected("mote"), 60_000);
      bench.settle();
      expect(bench.status.at(-1)).toMatchObject({ status: "online" });
    }
    expect(bench.status).toHaveLength(7);
  });

  it("does not pile up in the queue while the connection flaps", () => {
    bench.broker.acknowledges = ({ topic }) => topic !== STATUS;
    bench.startConnected();
    for (let times = 1; times <= 2; times++) {
      bench.clock.advance(1000);
      bench.broker.kick("mote");
      bench.clock.runUntil(() => bench.broker.connected("mote"), 120_000);
      // After the second time it is held until the connection has shown itself good.
      bench.clock.advance(3000);
      expect(bench.status.at(-1)).toMatchObject({ status: "online" });
    }
    expect(bench.notes.lines.filter((line) => line.includes('"status":"online"'))).toHaveLength(1);
  });

  it("comes late when the queue was full, but comes", () => {
    bench.start({ override: { interval: 100 }, dropPolicy: keepAll });
    bench.clock.advance(60_000);
    bench.join();
    bench.clock.advance(1000);
    expect(bench.notes.errors.some((line) => line.startsWith(`publish ${STATUS}`))).toBe(true);
    expect(bench.status).toMatchObject([{ status: "online" }]);
  });

  it("comes late when the store was full, but comes", () => {
    bench = new Bench({ sessionCapacity: 1500 });
    bench.startConnected({ override: { interval: 1000 }, dropPolicy: keepAll });
    bench.lose();
    bench.clock.advance(30_000);
    bench.sensors[0]?.fail("no answer");
    bench.join();
    bench.clock.advance(1000);
    expect(bench.notes.errors.some((line) => line.startsWith(`publish ${STATUS}`))).toBe(true);
    expect(bench.status.map(({ status }) => status)).toEqual(["online", "offline", "online"]);
  });

  it("names another instance at every start, in their order", () => {
    bench.startConnected();
    bench.cutPower();
    bench.startConnected();
    const [first, , second] = bench.status;
    expect(first?.instance).toMatch(/^1-/);
    expect(second?.instance).toMatch(/^2-/);
  });

  it("names an instance of its own when the count of starts is lost or broken", () => {
    bench.settings.write("boot", new TextEncoder().encode("many"));
    bench.startConnected();
    expect(bench.status[0]?.instance).toMatch(/^1-[0-9a-f]{8}$/);
    expect(bench.notes.errors).toEqual(["settings: the stored count of starts is broken; it begins again at 1"]);
  });

  it("names an instance when nothing can be stored", () => {
    bench = new Bench({
      beforeWrite: () => {
        throw new Error("flash is worn out");
      },
    });
    bench.startConnected();
    expect(bench.status[0]?.instance).toMatch(/^1-[0-9a-f]{8}$/);
    expect(bench.notes.errors).toEqual(["settings: flash is worn out"]);
  });
});

describe("a take-over", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  /** Another device with the same id connects and is connected itself for a moment. */
  function takenOver(instance: string): void {
    bench.broker.kick("mote");
    const status = { status: "online", instance };
    bench.broker.publish(STATUS, JSON.stringify(status), 1, true);
    bench.clock.runUntil(() => bench.broker.connected("mote"), 120_000);
    bench.broker.publish(STATUS, JSON.stringify({ ...status, status: "offline" }), 1, true);
    bench.clock.advance(500);
  }

  const confirmed = () => bench.notes.errors.filter((line) => line.startsWith("status: "));
  const suspected = () => bench.notes.errors.some((line) => line.includes("another client seems to use"));

  it("is confirmed, naming the other instance, when it is suspected and another writes the status", () => {
    bench.startConnected();
    for (let times = 1; times <= 8; times++) takenOver("9-deadbeef");
    expect(suspected()).toBe(true);
    expect(confirmed()).toEqual([expect.stringContaining("take-over confirmed: instance 9-deadbeef")]);
  });

  it("is reported for each other instance", () => {
    bench.startConnected();
    for (let times = 1; times <= 8; times++) takenOver("9-deadbeef");
    for (let times = 1; times <= 2; times++) takenOver("10-deadbeef");
    expect(confirmed()).toEqual([expect.stringContaining("9-deadbeef"), expect.stringContaining("10-deadbeef")]);
  });

  it("is not confirmed by the node's own status and last will", () => {
    bench.startConnected();
    for (let times = 1; times <= 8; times++) {
      bench.broker.kick("mote");
      bench.clock.runUntil(() => bench.broker.connected("mote"), 120_000);
      bench.clock.advance(500);
    }
    expect(suspected()).toBe(true);
    expect(confirmed()).toEqual([]);
  });

  it("is not confirmed by the last will of this device's start before, as long as it has said nothing itself", () => {
    bench.startConnected();
    bench.cutPower();
    bench.broker.acknowledges = ({ topic }) => topic !== STATUS;
    bench.startConnected();
    for (let times = 1; times <= 20; times++) {
      bench.broker.kick("mote");
      bench.broker.publish(STATUS, JSON.stringify({ status: "offline", instance: "1-deadbeef" }), 1, true);
      bench.clock.runUntil(() => bench.broker.connected("mote"), 120_000);
      bench.clock.advance(500);
    }
    expect(suspected()).toBe(true);
    expect(confirmed()).toEqual([]);
  });

  it("is not looked for as long as it is not suspected", () => {
    bench.startConnected();
    takenOver("9-deadbeef");
    expect(confirmed()).toEqual([]);
    expect(bench.notes.errors).toEqual([]);
  });

  it("survives a status that cannot be read", () => {
    bench.startConnected();
    for (let times = 1; times <= 8; times++) takenOver("9-deadbeef");
    bench.broker.publish(STATUS, "[[[[", 1, true);
    bench.settle();
    expect(bench.notes.errors.at(-1)).toContain("must be one flat JSON object");
    expect(bench.broker.connected("mote")).toBe(true);
  });
});
