import { beforeEach, describe, expect, it } from "vitest";
import { board } from "../../boards/esp32c3_devkitm/board.js";
import { latency } from "../../host-sim/core/network/rules.js";
import { queueBytes } from "../../src/mote/nvs.js";
import type { Json } from "../support/auto-broker.js";
import { Bench } from "./bench.js";

/** What a device has: the least of all boards. */
const maximumQueued = queueBytes(board.storage.nvs);
const interval = 1000;
const START = Date.UTC(2026, 10, 23);

describe("a stranger's flood of commands", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
    bench.clock.setEpoch(START);
  });

  const say = (name: string, fields: object, QoS: 0 | 1 | 2 = 1) =>
    bench.broker.publish(`motewire/mote/command/${name}`, JSON.stringify(fields), QoS);

  /** All results, of whatever command, and with which QoS they came. */
  const results = () =>
    bench.broker.messages
      .filter(({ topic }) => topic.startsWith("motewire/mote/result/"))
      .map(({ payload, QoS }): Json & { readonly QoS: number } => ({ ...JSON.parse(payload), QoS }));
  const busy = () => results().filter(({ ok, error, QoS }) => !ok && /^busy/.test(error ?? "") && QoS === 0);
  const obeyed = () => results().filter(({ ok, QoS }) => ok && QoS === 1);
  /** The fresh diagnostics of a node that has been left alone for a while. */
  const told = () => {
    bench.clock.advance(20_000);
    return bench.diagnostics.at(-1) as unknown as {
      readonly messages: { readonly [name: string]: number };
      readonly counters: { readonly [name: string]: number };
    };
  };
  const expectNothingGivenUp = ({ messages }: ReturnType<typeof told>) => {
    const { found = 0, taken = 0, delivered = 0, lost = 0, full, age, refused, waiting = 0 } = messages;
    expect({ full, age, refused, lost }).toEqual({ full: 0, age: 0, refused: 0, lost: 0 });
    expect(found + taken).toBe(delivered + waiting);
  };
  /** The uptimes, in whole intervals, of readings that the metronome has taken. */
  const inTurn = () =>
    bench.readings().flatMap(({ time }) => {
      const at = Date.parse(time ?? "") - START;
      return at % interval === 0 ? [at / interval] : [];
    });
  const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

  it.each(["sample", "settings", "identify"])("of 150 %s at once: each is obeyed or refused, and told", (name) => {
    bench.startConnected({ override: { interval, diagnosticsInterval: 10_000 }, maximumQueued });
    bench.clock.advance(1500);
    for (let id = 1; id <= 150; id++) say(name, { id: `${id}` });
    bench.settle();
    expect(obeyed().length).toBeGreaterThan(3);
    expect(obeyed().length + busy().length).toBe(150);
    expect(new Set(results().map(({ id }) => id)).size).toBe(150);
    const refused = busy().length;
    const now = told();
    expect(now.counters).toMatchObject({ refused, busy: refused });
    expectNothingGivenUp(now);
    expect(new Set(inTurn())).toEqual(new Set(upTo(22)));
    expect(bench.notes.errors).toEqual([]);
  });

  it.each([0, 1, 2] as const)("of 1,000 samples a second, with readings at QoS %i, takes no reading's room", (QoS) => {
    bench.station.rules.add(latency(20, 0, Math.random));
    bench.startConnected({ override: { interval, diagnosticsInterval: 10_000 }, maximumQueued });
    bench.clock.advance(250);
    say("settings", { QoS });
    bench.clock.advance(250);
    let most = 0;
    let waiting = 0;
    for (let ms = 0; ms < 15_000; ms++) {
      say("sample", { id: `${ms}` });
      bench.clock.advance(1);
      const keys = bench.session.keys().filter((key) => key.startsWith("o"));
      most = Math.max(
        most,
        keys.reduce((sum, key) => sum + (bench.session.read(key)?.byteLength ?? 0), 0),
      );
      waiting = Math.max(waiting, keys.length);
    }
    const now = told();
    expect(obeyed().length + busy().length).toBe(15_001);
    expect(now.counters).toMatchObject({ refused: busy().length, busy: busy().length });
    expectNothingGivenUp(now);
    expect(new Set(inTurn())).toEqual(new Set(upTo(Math.max(...inTurn()) + 1)));
    expect(inTurn().length).toBeGreaterThan(34);
    expect(most).toBeLessThanOrEqual(maximumQueued);
    expect(waiting).toBeLessThan(40);
  });

  /** Readings that wait when the broker has acknowledged nothing for five minutes. */
  const kept = (flooded: boolean) => {
    bench = new Bench();
    bench.clock.setEpoch(START);
    bench.broker.acknowledges = ({ topic }) => topic.endsWith("/status");
    bench.startConnected({ override: { interval, diagnosticsInterval: 86_400_000 }, maximumQueued });
    for (let second = 0; second < 300; second++) {
      if (flooded) for (let id = 0; id < 20; id++) say(id % 2 === 0 ? "settings" : "sample", { id: `${second} ${id}` });
      bench.clock.advance(interval);
    }
    bench.broker.acknowledges = () => true;
    bench.broker.kick("mote");
    bench.clock.runUntil(() => bench.broker.connected("mote"), 60_000);
    bench.clock.advance(100);
    return new Set(inTurn());
  };

  it("has no more readings given up than there would be without it, though the broker acknowledges nothing", () => {
    const without = kept(false);
    const flooded = kept(true);
    expect(without.size).toBeGreaterThan(25);
    // But for the window, in which results stand instead of readings that were sent.
    expect(flooded.size).toBeGreaterThanOrEqual(without.size - 8);
    expect(obeyed().length).toBeGreaterThan(3);
  });

  it("does not keep a node that is full of readings from obeying one", () => {
    bench.start({ override: { interval }, maximumQueued });
    bench.clock.advance(300_000);
    bench.broker.acknowledges = ({ topic }) => topic.endsWith("/status");
    bench.join();
    say("settings", { id: "1" });
    bench.settle();
    bench.broker.acknowledges = () => true;
    bench.broker.kick("mote");
    bench.clock.advance(60_000);
    expect(obeyed()).toContainEqual(expect.objectContaining({ id: "1", ok: true }));
  });

  it("is obeyed up to a burst at once, and then one a second", () => {
    bench.startConnected({ commandBurst: 4, commandInterval: 1000 });
    bench.clock.advance(10_000);
    for (let id = 1; id <= 6; id++) say("settings", { id: `${id}` });
    bench.settle();
    expect(obeyed().map(({ id }) => id)).toEqual(["1", "2", "3", "4"]);
    expect(busy().map(({ id }) => id)).toEqual(["5", "6"]);
    for (let id = 7; id <= 26; id++) {
      bench.clock.advance(500);
      say("settings", { id: `${id}` });
    }
    bench.settle();
    expect(obeyed()).toHaveLength(4 + 10);
    bench.clock.advance(60_000);
    for (let id = 27; id <= 32; id++) say("settings", { id: `${id}` });
    bench.settle();
    expect(obeyed()).toHaveLength(4 + 10 + 4);
  });

  it("restarts a device once a minute at most", () => {
    bench.startConnected({ override: { diagnosticsInterval: 1000 } });
    let id = 0;
    for (let second = 0; second < 180; second++) {
      if (bench.boot?.running === false) bench.startConnected({ override: { diagnosticsInterval: 1000 } });
      say("restart", { id: `new ${id++}` });
      bench.clock.advance(1000);
    }
    expect(bench.restarts).toBeGreaterThan(1);
    expect(bench.restarts).toBeLessThanOrEqual(3);
    expect(results()).toContainEqual(
      expect.objectContaining({ ok: false, error: "busy: after a restart none is obeyed for 1m" }),
    );
  });

  it("of commands that nobody knows, with names and payloads of any length, is refused by name without taking room", () => {
    bench.startConnected({ override: { interval, diagnosticsInterval: 10_000 }, maximumQueued });
    for (let id = 1; id <= 50; id++) say("x".repeat(id * 20), { id: `${id}`, y: "é".repeat(id) });
    bench.settle();
    expect(results()).toHaveLength(50);
    expect(results().every(({ ok }) => ok === false)).toBe(true);
    // What is longer than the room of a result is not stored.
    expect(results().filter(({ QoS }) => QoS === 1).length).toBeGreaterThan(3);
    expect(bench.broker.messages.filter(({ topic, QoS }) => topic.length > 500 && QoS > 0)).toEqual([]);
    expectNothingGivenUp(told());
  });

  it("has what it was promised: a result that waited through a loss of power holds its share, not the readings'", () => {
    bench.broker.acknowledges = () => false;
    bench.startConnected({ override: { interval: 86_400_000 }, maximumQueued, commandBurst: 100 });
    bench.clock.advance(100);
    for (let id = 1; id <= 100; id++) say("settings", { id: `${id}` });
    bench.settle();
    const promised = bench.notes.lines.filter((line) =>
      /^accepted \d+ motewire\/mote\/result\/settings .* QoS 1/.test(line),
    );
    expect(promised.length).toBeGreaterThan(6);
    bench.cutPower();
    bench.start({ override: { interval }, maximumQueued });
    bench.clock.advance(300_000);
    bench.broker.acknowledges = () => true;
    bench.join();
    bench.clock.advance(60_000);
    expect(new Set(obeyed().map(({ id }) => id)).size).toBe(promised.length);
    expect(bench.readings().length - 60).toBeGreaterThan(22);
  });
});
