import { beforeEach, describe, expect, it } from "vitest";
import { Bench, BenchSensor, keepAll } from "./bench.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 23);

/** Whether the numbers of a diagnostics message add up. */
function sum(messages: { readonly [name: string]: number }): number {
  const { found = 0, taken = 0, delivered = 0, lost = 0, full = 0, age = 0, refused = 0, waiting = 0 } = messages;
  return found + taken - (delivered + lost + full + age + refused + waiting);
}

describe("readings taken offline", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
    bench.clock.setEpoch(START);
  });

  const dropped = () => bench.notes.lines.filter((line) => line.startsWith("dropped"));
  const numbers = (sensor?: string) => bench.readings(sensor).map(({ seq }) => seq as number);
  const told = () => bench.diagnostics.at(-1)?.messages as { [name: string]: number };

  it("are given up oldest first when there is no room, and the rest arrives in order with its time stamps", () => {
    bench.start({ override: { interval: 1000 }, maximumQueued: 2000 });
    bench.clock.advance(100_500);
    bench.join();
    const seqs = numbers();
    expect(seqs.length).toBeGreaterThan(10);
    expect(seqs.at(-1)).toBe(101);
    expect(seqs).toEqual(seqs.map((_, at) => 102 - seqs.length + at));
    for (const { seq, time } of bench.readings()) {
      expect(time).toBe(new Date(START + ((seq as number) - 1) * 1000).toISOString());
    }
    expect(dropped()).toHaveLength(101 - seqs.length);
    expect(bench.notes.errors).toEqual([]);
  });

  it("are counted by why they were given up, in the first diagnostics when the node is back", () => {
    bench.startConnected({ override: { interval: 1000, diagnosticsInterval: DAY }, maximumQueued: 2000 });
    bench.lose();
    bench.clock.advance(100_000);
    bench.join();
    expect(bench.diagnostics).toHaveLength(2);
    expect(told().full).toBe(dropped().length);
    expect(told().full).toBeGreaterThan(50);
    expect(sum(told())).toBe(0);
    expect(bench.diagnostics[1]).toMatchObject({ dropped: { full: told().full, age: 0, refused: 0 } });
  });

  it("free an eighth of the room at once, for each look costs reading all of it", () => {
    bench.start({ override: { interval: 1000 }, maximumQueued: 8000 });
    let looks = 0;
    const read = bench.session.read.bind(bench.session);
    bench.session.read = (key) => {
      looks++;
      return read(key);
    };
    bench.clock.advance(HOUR / 2);
    const waiting = bench.session.keys().filter((key) => key.startsWith("o")).length;
    // Of three quarters of the room: the rest is for what commands ask for.
    expect(waiting).toBeGreaterThan(40);
    // Two looks at all for every eighth of them.
    expect(looks / 1800).toBeLessThan(17);
  });

  it("keep the newest of each topic, however old it is beside the others", () => {
    const old = new BenchSensor("old", () => ({ a: { b: 1 } }));
    bench.sensors.push(old);
    bench.start({ override: { interval: 1000 }, maximumQueued: 2000 });
    bench.clock.advance(5500);
    old.fail("no answer");
    bench.clock.advance(200_000);
    bench.join();
    expect(numbers("old")).toEqual([6]);
    expect(numbers().length).toBeGreaterThan(5);
  });

  it("give way before a status or a result does", () => {
    bench.broker.acknowledges = ({ topic }) => topic.endsWith("status");
    bench.startConnected({ override: { interval: 1000 }, maximumQueued: 3000 });
    for (let id = 1; id <= 5; id++) bench.command("settings", { id: `${id}` });
    bench.clock.advance(100_000);
    expect(dropped().length).toBeGreaterThan(30);
    expect(dropped().some((line) => /\/(status|result)/.test(line))).toBe(false);
    bench.broker.acknowledges = () => true;
    bench.broker.kick("mote");
    bench.clock.runUntil(() => bench.broker.connected("mote"), 60_000);
    bench.clock.advance(1000);
    const ids = bench.broker.objects("motewire/mote/result/settings").map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set(["1", "2", "3", "4", "5"]));
  });

  it("that were sent are never given up, though their acknowledgement never comes", () => {
    bench.broker.acknowledges = () => false;
    bench.startConnected({ override: { interval: 1000 }, maximumQueued: 2000 });
    bench.clock.advance(10_000);
    bench.lose();
    const sent = new Set(bench.readings().map(({ seq }) => `"seq":${seq},`));
    expect(sent.size).toBeGreaterThan(3);
    bench.clock.advance(100_000);
    expect(dropped().length).toBeGreaterThan(50);
    for (const line of dropped()) for (const seq of sent) expect(line).not.toContain(seq);
  });

  it("are given up when they are older than the bound says, but for the newest", () => {
    bench.start({ override: { interval: HOUR }, maximumAge: DAY });
    bench.clock.advance(2 * DAY + HOUR / 2);
    expect(dropped().every((line) => line.endsWith(" age"))).toBe(true);
    bench.join();
    expect(numbers()).toEqual(Array.from({ length: 24 }, (_, at) => 26 + at));
    expect(told()).toMatchObject({ age: 25, full: 0 });
    expect(sum(told())).toBe(0);
  });

  it("have their age looked at before the first of them is sent", () => {
    bench.startConnected({ override: { interval: HOUR }, maximumAge: 1.5 * HOUR });
    bench.lose();
    bench.clock.advance(2.6 * HOUR);
    expect(dropped()).toEqual([]);
    bench.join();
    expect(numbers()).toEqual([1, 3]);
    expect(dropped()).toEqual([expect.stringMatching(/"seq":2,.* age$/)]);
  });

  it("of an unknown start are kept until their bytes are needed", () => {
    bench = new Bench();
    bench.start({ override: { interval: HOUR }, maximumAge: DAY });
    bench.clock.advance(20 * HOUR);
    bench.cutPower();
    bench.clock.setEpoch(START);
    bench.clock.advance(20 * DAY);
    bench.startConnected({ override: { interval: HOUR }, maximumAge: DAY });
    expect(bench.readings().filter(({ boot }) => boot !== undefined)).toHaveLength(21);
    expect(dropped()).toEqual([]);
  });

  it("refuse an age that is none", () => {
    expect(() => bench.start({ maximumAge: 0 })).toThrow("maximumAge is 0: must be milliseconds, more than 0");
  });

  it("may be dealt with by another policy", () => {
    bench.start({ override: { interval: 1000 }, maximumQueued: 2000, dropPolicy: keepAll });
    bench.clock.advance(100_500);
    bench.join();
    expect(numbers().slice(0, 3)).toEqual([1, 2, 3]);
    expect(told().refused).toBeGreaterThan(50);
    expect(sum(told())).toBe(0);
  });

  it("are counted over restarts, at the cost of far fewer writes than readings", () => {
    let writes = 0;
    bench = new Bench({
      beforeWrite: ({ key }) => {
        if (key === "dropped") writes++;
      },
    });
    bench.start({ override: { interval: 1000 }, maximumQueued: 4000 });
    bench.clock.advance(500_000);
    bench.cutPower();
    const before = dropped().length;
    expect(writes).toBeLessThan(before / 3);
    bench.start({ override: { interval: 1000 }, maximumQueued: 4000 });
    bench.clock.advance(1000);
    bench.join();
    expect(told().found).toBeGreaterThan(20);
    expect(sum(told())).toBe(0);
    expect(bench.diagnostics.at(-1)?.dropped).toEqual({ full: dropped().length, age: 0, refused: 0 });
    expect(dropped().length).toBeGreaterThanOrEqual(before);
  });

  it("are counted from 0 on where the stored counts are broken, which is reported", () => {
    bench.settings.write("dropped", Buffer.from('{"full":-1,"age":0,"refused":0}'));
    bench.startConnected();
    expect(bench.notes.errors).toEqual(["dropped messages: the stored counts are broken; they begin again at 0"]);
    expect(bench.diagnostics[0]).toMatchObject({ dropped: { full: 0, age: 0, refused: 0 } });
  });
});

describe("readings taken before the clock was set", () => {
  const stamps = (bench: Bench) => bench.readings().map(({ time, boot, uptime }) => time ?? `${boot} ${uptime}`);

  it("get the time of day when it is", () => {
    const bench = new Bench();
    bench.start({ override: { interval: 1000 } });
    bench.clock.advance(9500);
    bench.clock.setEpoch(START);
    bench.clock.advance(1000);
    bench.join();
    expect(stamps(bench)).toEqual(
      Array.from({ length: 11 }, (_, at) => new Date(START - 9500 + at * 1000).toISOString()),
    );
    expect(bench.readings()[3]).toEqual({
      seq: 4,
      time: new Date(START - 6500).toISOString(),
      temperature: 21.438,
      humidity: 45.2,
    });
    expect(bench.notes.lines.filter((line) => line.startsWith("revised"))).toHaveLength(10);
    expect(bench.notes.lines).toContainEqual(
      expect.stringMatching(/^revised 1 motewire\/mote\/reading\/climate .*"time"/),
    );
  });

  it("keep what they have where the start is not this one, for nobody knows how long the device was off", () => {
    const bench = new Bench();
    bench.start({ override: { interval: 1000 } });
    bench.clock.advance(20_500);
    bench.cutPower();
    bench.start({ override: { interval: 1000 } });
    bench.clock.advance(2500);
    bench.clock.setEpoch(START);
    bench.join();
    const all = stamps(bench);
    expect(all.slice(0, 21)).toEqual(
      Array.from({ length: 21 }, (_, at) => expect.stringMatching(`^1-.* ${at * 1000}$`)),
    );
    expect(all.slice(21)).toEqual([-2500, -1500, -500].map((ms) => new Date(START + ms).toISOString()));
  });

  it("keep what they have where the store does not take another, which is reported, and get it when it does", () => {
    const bench = new Bench({ sessionCapacity: 100_000 });
    bench.start({ override: { interval: 1000 } });
    bench.clock.advance(1500);
    bench.clock.setEpoch(START);
    const write = bench.session.write.bind(bench.session);
    bench.session.write = (key, value) => {
      if (key.startsWith("o")) throw Object.assign(new Error("worn out"), { storage: "failed" });
      write(key, value);
    };
    bench.clock.advance(1000);
    expect(bench.notes.errors[0]).toBe("backlog: the store refused a write: worn out");
    bench.session.write = write;
    bench.clock.advance(1000);
    bench.join();
    expect(stamps(bench).every((stamp) => stamp.startsWith("2026"))).toBe(true);
  });
});
