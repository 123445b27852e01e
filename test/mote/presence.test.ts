import { beforeEach, describe, expect, it } from "vitest";
import { Bench, keepAll } from "./bench.js";

const STATUS = "motewire/mote/status";
const MINUTE = 60_000;

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

describe("a status that another has written", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
    bench.startConnected();
    bench.clock.advance(5 * MINUTE);
  });

  const forge = (payload: string | Buffer = '{"status":"offline"}') => bench.broker.publish(STATUS, payload, 1, true);
  const kept = () => JSON.parse(bench.broker.retained.get(STATUS)?.payload ?? "{}");
  const mended = () => bench.ownStatus.length - 1;

  it.each<[string, string | Buffer]>([
    ["says that it is offline", '{"status":"offline","instance":"1-deadbeef"}'],
    ["is of another instance", '{"status":"online","instance":"9-deadbeef"}'],
    ["is empty, and has the broker forget it", ""],
    ["is no JSON", "[[[["],
    ["is no text", Buffer.from([0xff, 0xfe])],
    ["is longer than the receive buffer", "x".repeat(4000)],
  ])("is written over when it %s", (_what, payload) => {
    forge(payload);
    bench.settle();
    expect(mended()).toBe(1);
    expect(kept()).toMatchObject({ status: "online", instance: bench.status[0]?.instance });
    expect(bench.notes.errors).toEqual([expect.stringContaining("status: another has written this node's status")]);
    bench.clock.advance(10 * MINUTE);
    expect(mended()).toBe(1);
  });

  it("is its own last will, published late: the status is mended, too", () => {
    forge(JSON.stringify({ status: "offline", instance: bench.status[0]?.instance, reason: "connection lost" }));
    bench.settle();
    expect(kept()).toMatchObject({ status: "online" });
  });

  it("is not written over when it says what the node says", () => {
    forge(JSON.stringify(bench.status[0]));
    bench.clock.advance(5 * MINUTE);
    expect(mended()).toBe(0);
  });

  it("is written over at most once a minute, and then after twice the pause each time, an hour at most", () => {
    const times: number[] = [];
    let now = 0;
    bench.broker.onPacket = (packet) => {
      if (packet.cmd !== "publish" || packet.topic !== STATUS) return;
      times.push(now);
    };
    // Somebody who forges it every five seconds, for eight hours.
    for (now = 0; now < 8 * 3600; now += 5) {
      forge();
      bench.clock.advance(5000);
    }
    const pauses = times.slice(1).map((time, index) => time - (times[index] as number));
    expect(pauses.map((pause) => Math.round(pause / 60))).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]);
  });

  it("is written over when the pause ends, and at once again when nobody has forged it for long", () => {
    forge();
    bench.settle();
    forge();
    bench.clock.advance(50_000);
    expect(mended()).toBe(1);
    bench.clock.advance(15_000);
    expect(mended()).toBe(2);
    bench.clock.advance(10 * MINUTE);
    forge();
    bench.settle();
    forge();
    bench.settle();
    expect(mended()).toBe(3);
    bench.clock.advance(MINUTE + 1000);
    expect(mended()).toBe(4);
  });

  it("is mended though it was written while the node's own was under way", () => {
    bench.broker.kick("mote");
    bench.broker.onAnswer = (packet) => {
      if (packet.cmd === "puback" && kept().status === "online") forge();
    };
    bench.clock.runUntil(() => kept().status === "online", 120_000);
    bench.settle();
    bench.broker.onAnswer = () => {};
    expect(kept()).toEqual({ status: "offline" });
    bench.clock.advance(MINUTE + 1000);
    expect(kept()).toMatchObject({ status: "online" });
  });

  it("is mended at the next connection when there is none", () => {
    bench.lose();
    forge();
    bench.clock.advance(5 * MINUTE);
    bench.join();
    expect(kept()).toMatchObject({ status: "online" });
  });

  it("is left alone by a node that is stopping", () => {
    bench.broker.acknowledges = ({ topic }) => !topic.includes("reading");
    bench.push();
    bench.node?.stop(10 * MINUTE, () => {});
    bench.settle();
    forge();
    bench.clock.advance(5000);
    expect(bench.ownStatus.at(-1)).toMatchObject({ status: "offline", reason: "stopped" });
    expect(mended()).toBe(1);
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

  const confirmed = () => bench.notes.errors.filter((line) => line.startsWith("status: take-over confirmed"));
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
  });

  it("has the node leave the status alone as long as it is suspected, and mend it again an hour later", () => {
    bench.startConnected();
    for (let times = 1; times <= 8; times++) takenOver("9-deadbeef");
    expect(suspected()).toBe(true);
    bench.clock.advance(30_000);
    const before = bench.ownStatus.length;
    const forge = () => bench.broker.publish(STATUS, '{"status":"offline"}', 1, true);
    for (let minutes = 0; minutes < 50; minutes += 5) {
      forge();
      bench.clock.advance(5 * MINUTE);
    }
    expect(bench.ownStatus).toHaveLength(before);
    bench.clock.advance(15 * MINUTE);
    forge();
    bench.settle();
    expect(bench.ownStatus).toHaveLength(before + 1);
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
