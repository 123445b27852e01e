import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../host-sim/core/storage/memory-store.js";
import { formatDuration, parseDuration } from "../../src/mote/duration.js";
import { definitions, SettingsStore, type SettingValues } from "../../src/mote/settings.js";
import { StorageFailure } from "../../src/platforms/storage-error.js";

const DAY = 86_400_000;
const DEFAULTS = { interval: 10_000, QoS: 1, diagnosticsInterval: 60_000, retain: true };

describe("settings", () => {
  let store: MemoryStore;
  let errors: string[];

  beforeEach(() => {
    store = new MemoryStore();
    errors = [];
  });

  function settings(defaults: SettingValues = {}, override: SettingValues = {}): SettingsStore {
    return new SettingsStore(store, defaults, override, (error, where) =>
      errors.push(`${where}: ${(error as Error).message}`),
    );
  }

  function stored(text: string): void {
    store.write("settings", new TextEncoder().encode(text));
  }

  function text(key: string): string | undefined {
    const bytes = store.read(key);
    return bytes && new TextDecoder().decode(bytes);
  }

  it("have defaults, and store nothing for them", () => {
    expect(settings().current).toEqual(DEFAULTS);
    expect(store.keys()).toEqual([]);
  });

  it("take other defaults from outside", () => {
    expect(settings({ interval: 5000, QoS: undefined }).current).toEqual({ ...DEFAULTS, interval: 5000 });
  });

  it("are kept over a restart once a command has set them", () => {
    settings().change({ interval: "5s", QoS: 2 });
    expect(settings().current).toEqual({ ...DEFAULTS, interval: 5000, QoS: 2 });
    expect(text("settings")).toBe('{"version":1,"interval":"5s","QoS":2}');
  });

  it("rank: what is stored above defaults, what is forced above what is stored, what is set now above all", () => {
    settings().change({ interval: "5s" });
    expect(settings({ interval: 1000 }).current.interval).toBe(5000);
    const forced = settings({}, { interval: 2000 });
    expect(forced.current.interval).toBe(2000);
    forced.change({ interval: "3s" });
    expect(forced.current.interval).toBe(3000);
  });

  it("do not store what is only forced", () => {
    settings({}, { interval: 2000 }).change({ QoS: 0 });
    expect(settings().current).toEqual({ ...DEFAULTS, QoS: 0 });
  });

  it("are described as people write them", () => {
    expect(settings({}, { interval: 1500 }).describe()).toEqual({
      interval: "1500ms",
      QoS: 1,
      diagnosticsInterval: "1m",
      retain: true,
    });
  });

  it.each<[string, unknown, string]>([
    ["interval", "99ms", 'interval is "99ms": must be a duration with its unit (ms, s, m, h, d), "100ms" to "24h"'],
    ["interval", "25h", 'interval is "25h": must be a duration with its unit (ms, s, m, h, d), "100ms" to "24h"'],
    ["interval", 5000, 'interval is 5000: must be a duration with its unit (ms, s, m, h, d), "100ms" to "24h"'],
    ["interval", "5 s", 'interval is "5 s": must be a duration'],
    ["interval", "5sec", 'interval is "5sec": must be a duration'],
    ["interval", null, "interval is null: must be a duration"],
    ["diagnosticsInterval", "999ms", 'diagnosticsInterval is "999ms": must be a duration with its unit'],
    ["QoS", 3, "QoS is 3: must be a whole number from 0 to 2"],
    ["QoS", "1", 'QoS is "1": must be a whole number from 0 to 2'],
    ["QoS", 1.5, "QoS is 1.5: must be a whole number from 0 to 2"],
    ["colour", "red", 'setting "colour" is unknown: known are interval, QoS, diagnosticsInterval'],
    ["__proto__", 1, 'setting "__proto__" is unknown'],
    ["constructor", 1, 'setting "constructor" is unknown'],
  ])("refuse %s = %j by name, and change nothing", (name, value, error) => {
    const wrong = JSON.parse(`{"interval":"5s",${JSON.stringify(name)}:${JSON.stringify(value)},"QoS":2}`);
    if (name === "QoS") wrong.QoS = value;
    const some = settings();
    expect(() => some.change(wrong)).toThrow(error);
    expect(some.current).toEqual(DEFAULTS);
    expect(store.keys()).toEqual([]);
  });

  it("change nothing when they cannot be stored", () => {
    const some = settings();
    some.change({ QoS: 2 });
    store = new MemoryStore({
      entries: store.entries(),
      before: () => {
        throw new StorageFailure("failed", "flash is worn out");
      },
    });
    const others = settings();
    expect(() => others.change({ QoS: 0 })).toThrow("flash is worn out");
    expect(others.current.QoS).toBe(2);
    expect(settings().current.QoS).toBe(2);
  });

  it.each([
    ["", "what is stored is not JSON"],
    ["{", "what is stored is not JSON"],
    ["[]", "what is stored must be one flat JSON object"],
    ["5", "what is stored must be a JSON object"],
    ['{"interval":"5s"}', "what is stored has version undefined, known is 1"],
    ['{"version":2,"interval":"5s"}', "what is stored has version 2, known is 1"],
  ])("that are stored as %j are reported, moved aside, and not used", (value, error) => {
    stored(value);
    expect(settings().current).toEqual(DEFAULTS);
    expect(errors).toEqual([expect.stringContaining(`settings: ${error}`)]);
    expect(text("settings.broken")).toBe(value);
    // The next start finds nothing to complain of.
    expect(settings().current).toEqual(DEFAULTS);
    expect(errors).toHaveLength(1);
  });

  it("of which one is broken in the store are used but for that one, which is reported by name", () => {
    const value = '{"version":1,"interval":"5ms","QoS":2,"colour":"red"}';
    stored(value);
    expect(settings().current).toEqual({ ...DEFAULTS, QoS: 2 });
    expect(errors).toEqual([
      'settings: stored interval is "5ms": must be a duration with its unit (ms, s, m, h, d), "100ms" to "24h"; the default is used',
      'settings: stored setting "colour" is unknown: known are interval, QoS, diagnosticsInterval, retain; the default is used',
    ]);
    expect(text("settings.broken")).toBe(value);
    expect(text("settings")).toBe('{"version":1,"QoS":2}');
  });

  it("are the defaults when the store cannot be read, or the broken value cannot be moved aside", () => {
    stored("{");
    store = new MemoryStore({
      entries: store.entries(),
      before: () => {
        throw new StorageFailure("full", "no room");
      },
    });
    expect(settings().current).toEqual(DEFAULTS);
    expect(errors).toEqual([expect.stringContaining("is not JSON"), "settings: no room"]);
    store.read = () => {
      throw new StorageFailure("failed", "unreadable");
    };
    expect(settings().current).toEqual(DEFAULTS);
    expect(errors.at(-1)).toBe("settings: unreadable");
  });

  it("start from any stored bytes with values within their bounds", () => {
    const values = fc.oneof(fc.json(), fc.string(), fc.constantFrom("5s", "1ms", 0, 3, null, 1e99));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.json().map((json) => new TextEncoder().encode(json)),
      fc
        .dictionary(fc.constantFrom("version", "interval", "QoS", "diagnosticsInterval", "x"), values)
        .map((object) => new TextEncoder().encode(JSON.stringify({ version: 1, ...object }))),
    );
    fc.assert(
      fc.property(bytes, (broken) => {
        store = new MemoryStore({ entries: [["settings", broken]] });
        errors = [];
        const first = { ...settings().current };
        for (const name of ["interval", "QoS", "diagnosticsInterval"] as const) {
          const { least, most } = definitions[name];
          expect(Number.isInteger(first[name])).toBe(true);
          expect(first[name]).toBeGreaterThanOrEqual(least);
          expect(first[name]).toBeLessThanOrEqual(most);
        }
        errors = [];
        expect(settings().current).toEqual(first);
        expect(errors).toEqual([]);
      }),
    );
  });

  it("that are accepted come back after a restart as they were", () => {
    const fields = fc.record(
      {
        interval: fc.integer({ min: 100, max: DAY }).map(formatDuration),
        QoS: fc.constantFrom(0, 1, 2),
        diagnosticsInterval: fc.integer({ min: 1000, max: DAY }).map(formatDuration),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fields, (changes) => {
        store = new MemoryStore();
        const before = settings();
        before.change(changes);
        expect(settings().current).toEqual(before.current);
        expect(before.describe()).toMatchObject(changes);
      }),
    );
  });

  it.each([
    [{ interval: 99 }, "interval is 99: must be a whole number from 100 to 86400000"],
    [{ QoS: 3 }, "QoS is 3: must be a whole number from 0 to 2"],
  ])("refuse %j from outside", (values, error) => {
    expect(() => settings(values as SettingValues)).toThrow(error);
    expect(() => settings({}, values as SettingValues)).toThrow(error);
  });
});

describe("durations", () => {
  it.each([
    ["100ms", 100],
    ["5s", 5000],
    ["1.5s", 1500],
    ["0.1s", 100],
    ["2m", 120_000],
    ["24h", DAY],
    ["1d", DAY],
    ["0s", 0],
  ])("%s are %i ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", "5", "s", "5S", "-5s", "+5s", "5s ", " 5s", "5 s", "1e3s", ".5s", "5.s", "5w", "NaNs", "5s5s", "٥s"])(
    "%j is none",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it("are written so that they are read as the same", () => {
    fc.assert(fc.property(fc.nat(0x7fff_ffff), (ms) => parseDuration(formatDuration(ms)) === ms));
  });

  it("are read as a whole number of ms, or not at all, whatever is written", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const ms = parseDuration(text);
        expect(ms === undefined || Number.isSafeInteger(ms)).toBe(true);
      }),
    );
  });
});
