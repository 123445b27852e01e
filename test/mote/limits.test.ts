/** Every limit of the node driven to its edge, and one beyond. */
import { beforeEach, describe, expect, it } from "vitest";
import type { SocketOptions } from "../../src/platform.js";
import { Bench, BenchSensor } from "./bench.js";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
/** As long as an id may be. */
const LONG_ID = "n".repeat(64);

describe("a command", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  /** `{"id":"1"}` in so many bytes. */
  const sized = (bytes: number) => '{"id":"1"}'.padEnd(bytes);

  it("may have 1,024 bytes, and not one more", () => {
    bench.startConnected();
    bench.command("sample", sized(1024));
    expect(bench.result("sample")).toEqual({ id: "1", ok: true, readings: 1 });
    bench.command("sample", sized(1025));
    expect(bench.result("sample")).toEqual({ ok: false, error: "the payload has 1025 bytes: must be at most 1024" });
  });

  it("is received whole with 1,024 bytes, its characters too, however long the node's id is", () => {
    bench.start({ id: LONG_ID });
    bench.link?.change("up", "bench");
    bench.clock.runUntil(() => bench.broker.connected(LONG_ID), 10_000);
    bench.settle();
    const head = '{"id":"1","duration":"';
    const long = `${head}${"é".repeat((1024 - head.length - 2) / 2)}"}`;
    expect(Buffer.byteLength(long)).toBe(1024);
    bench.broker.publish(`motewire/${LONG_ID}/command/identify`, long);
    bench.settle();
    expect(bench.broker.objects(`motewire/${LONG_ID}/result/identify`)).toEqual([
      { id: "1", ok: false, error: expect.stringContaining("must be a duration with its unit") },
    ]);
  });

  it("may have 32 fields, and not one more", () => {
    bench.startConnected();
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, "a,b"]));
    bench.command("sample", fields(32));
    expect(bench.result("sample")).toEqual({ ok: false, error: expect.stringContaining('field "f0" is unknown') });
    bench.command("sample", fields(33));
    expect(bench.result("sample")).toEqual({ ok: false, error: "the payload has 33 fields: must be at most 32" });
  });

  it("may have an id of 64 bytes, and not one more", () => {
    bench.startConnected();
    for (const id of ["x".repeat(64), "é".repeat(32), "😀".repeat(16)]) {
      bench.command("sample", { id });
      expect(bench.result("sample")).toMatchObject({ id, ok: true });
      bench.command("sample", { id: `${id}x` });
      expect(bench.result("sample")).toMatchObject({ ok: false, error: expect.stringContaining("1 to 64 bytes") });
    }
  });

  it.each([
    ["identify", "duration", "1s", "999ms", "10m", "600001ms"],
    ["interval", "interval", "100ms", "99ms", "24h", "86400001ms"],
    ["settings", "diagnosticsInterval", "1s", "999ms", "24h", "86400001ms"],
  ])("%s takes a %s from %s, not %s, to %s, not %s", (name, field, least, tooShort, most, tooLong) => {
    bench.startConnected();
    for (const value of [least, most]) {
      bench.command(name, { [field]: value });
      expect(bench.result(name), value).toMatchObject({ ok: true });
    }
    for (const value of [tooShort, tooLong]) {
      bench.command(name, { [field]: value });
      expect(bench.result(name), value).toMatchObject({ ok: false, error: expect.stringContaining(`"${value}"`) });
    }
  });

  it.each([0, 1, 2])("settings takes a QoS of %d", (QoS) => {
    bench.startConnected();
    bench.command("settings", { QoS });
    expect(bench.result("settings")).toMatchObject({ ok: true, QoS });
  });

  it.each([-1, 3, 0.5, 1e300])("settings takes no QoS of %d", (QoS) => {
    bench.startConnected();
    bench.command("settings", { QoS });
    expect(bench.result("settings")).toMatchObject({ ok: false });
  });

  it("has a duration of twelve digits and six decimals at most", () => {
    bench.startConnected();
    for (const value of ["000000000005s", "5.000000s"]) {
      bench.command("interval", { interval: value });
      expect(bench.result("interval"), value).toMatchObject({ ok: true, interval: "5s" });
    }
    for (const value of ["0000000000005s", "5.0000000s"]) {
      bench.command("interval", { interval: value });
      expect(bench.result("interval"), value).toMatchObject({ ok: false });
    }
  });

  it("is quoted in its refusal up to 40 characters", () => {
    bench.startConnected();
    const refused = (length: number) => {
      bench.command("interval", { interval: "x".repeat(length) });
      return bench.result("interval")?.error;
    };
    expect(refused(38)).toContain(`interval is "${"x".repeat(38)}": must`);
    expect(refused(39)).toContain(`interval is "${"x".repeat(39)}…: must`);
  });
});

describe("a node's id", () => {
  it("has 1 to 64 characters", () => {
    expect(new Bench().start({ id: LONG_ID }).id).toBe(LONG_ID);
    expect(new Bench().start({ id: "n" }).id).toBe("n");
    for (const id of [`${LONG_ID}n`, ""]) expect(() => new Bench().start({ id })).toThrow("1 to 64 characters");
  });
});

describe("the node's socket", () => {
  it("is read 1,280 bytes at a time, and written 512, at most", () => {
    const bench = new Bench();
    const { openSocket } = bench.station;
    const [reads, writes]: [number[], number[]] = [[], []];
    Object.assign(bench.station, {
      openSocket: (options: SocketOptions) => {
        const socket = openSocket(options);
        return {
          read(into: Uint8Array) {
            reads.push(into.length);
            return socket.read(into);
          },
          write(bytes: Uint8Array) {
            writes.push(bytes.length);
            return socket.write(bytes);
          },
          close: () => socket.close(),
        };
      },
    });
    bench.start({ override: { interval: 100 } });
    bench.clock.advance(5000);
    bench.join();
    bench.broker.publish(`motewire/mote/command/${"x".repeat(1100)}`, "{}");
    bench.clock.advance(5000);
    expect(Math.max(...reads)).toBe(1280);
    expect(Math.max(...writes)).toBe(512);
  });
});

describe("what waits", () => {
  /** A sensor whose readings take more than half of the room. */
  const large = () => {
    const quantities = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`quantity-${index}`, index]));
    return new BenchSensor("large", () => ({ many: quantities }));
  };

  it("is given up for a newer one of its topic, though it is the newest there is", () => {
    const bench = new Bench();
    bench.sensors = [large()];
    bench.start({ override: { interval: 1000 }, maximumQueued: 2000 });
    bench.clock.advance(5500);
    expect(bench.notes.errors).toEqual([]);
    bench.join();
    expect(bench.readings("large").map(({ seq }) => seq)).toEqual([6]);
  });

  it("is kept for seven days, and not an hour longer, unless it is the newest", () => {
    const bench = new Bench();
    bench.clock.setEpoch(Date.UTC(2026, 10, 23));
    bench.start({ override: { interval: DAY, diagnosticsInterval: DAY } });
    const dropped = () => bench.notes.lines.filter((line) => line.startsWith("dropped"));
    bench.clock.advance(7 * DAY + HOUR / 2);
    expect(dropped()).toEqual([]);
    bench.clock.advance(HOUR);
    expect(dropped()).toEqual([expect.stringMatching(/"seq":1,.* age$/)]);
  });
});

describe("a commanded restart", () => {
  /** Runs until the node has said DISCONNECT. @returns milliseconds since `begin` */
  function untilDisconnect(bench: Bench, begin: number): number {
    let left = false;
    bench.broker.onPacket = ({ cmd }) => {
      if (cmd === "disconnect") left = true;
    };
    expect(bench.clock.runUntil(() => left || !bench.broker.connected("mote"), 60_000)).toBe(true);
    return bench.clock.elapsed - begin;
  }

  it("comes 200 ms after the last bytes, so that they leave the machine", () => {
    const bench = new Bench();
    bench.startConnected();
    bench.broker.publish("motewire/mote/command/restart", '{"id":"1"}');
    untilDisconnect(bench, 0);
    bench.clock.advance(190);
    expect(bench.restarts).toBe(0);
    bench.clock.advance(20);
    expect(bench.restarts).toBe(1);
  });

  it("waits five seconds for what is under way, and no longer", () => {
    const bench = new Bench();
    bench.broker.acknowledges = ({ topic }) => !topic.includes("/reading/");
    bench.startConnected();
    const begin = bench.clock.elapsed;
    bench.broker.publish("motewire/mote/command/restart", '{"id":"1"}');
    const waited = untilDisconnect(bench, begin);
    expect(waited).toBeGreaterThanOrEqual(5000);
    expect(waited).toBeLessThan(5100);
    bench.clock.advance(300);
    expect(bench.restarts).toBe(1);
  });
});

describe("the count of starts", () => {
  it("is read with 15 digits, and begins again at 1 when it has more", () => {
    const bench = new Bench();
    bench.settings.write("boot", Buffer.from("9".repeat(15)));
    bench.startConnected();
    expect(bench.status.at(-1)?.instance).toMatch(/^1000000000000000-/);
    bench.cutPower();
    bench.startConnected();
    expect(bench.status.at(-1)?.instance).toMatch(/^1-/);
    expect(bench.notes.errors).toEqual([expect.stringContaining("the stored count of starts is broken")]);
  });
});

describe("the time of day", () => {
  it("reaches as far as a date does, and is not known beyond", () => {
    const bench = new Bench();
    bench.clock.setEpoch(8.64e15);
    bench.start({ override: { interval: 1000 } });
    bench.clock.advance(1500);
    bench.join();
    const [first, second] = bench.readings();
    expect(first).toMatchObject({ seq: 1, time: "+275760-09-13T00:00:00.000Z" });
    expect(second).toMatchObject({ seq: 2, uptime: 1000 });
  });
});

describe("sensors, button and network", () => {
  it("are not listened to any more once the node has ended", () => {
    const bench = new Bench();
    const node = bench.startConnected();
    const { link } = bench;
    let ended = 0;
    bench.boot?.run(() => node.stop(1000, () => ended++));
    bench.clock.advance(5000);
    expect(ended).toBe(1);
    const lines = bench.notes.lines.length;
    const messages = bench.broker.messages.length;
    // Late, from an interrupt that was on its way.
    bench.push();
    if (link !== undefined) link.closed = false;
    link?.change("down", "late");
    link?.change("up", "late");
    bench.clock.advance(300_000);
    expect(bench.broker.messages).toHaveLength(messages);
    expect(bench.broker.connected("mote")).toBe(false);
    // The journal may note that the link said something, and no more.
    expect(bench.notes.lines.slice(lines).filter((line) => !line.startsWith("link "))).toEqual([]);
    expect(bench.clock.pending).toBe(0);
  });
});
