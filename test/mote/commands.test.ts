import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { StorageFailure } from "../../src/platforms/storage-error.js";
import { Bench } from "./bench.js";

describe("commands", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  it("are subscribed to with one filter, at QoS 1, beside the node's own status", () => {
    const filters: unknown[] = [];
    bench.broker.onPacket = (packet) => {
      if (packet.cmd === "subscribe") filters.push(...packet.subscriptions);
    };
    bench.startConnected();
    expect(filters).toMatchObject([
      { topic: "motewire/mote/status", qos: 0 },
      { topic: "motewire/mote/command/+", qos: 1 },
    ]);
  });

  it("are told to the journal, and so are their results", () => {
    bench.startConnected();
    bench.command("sample", { id: "a" });
    const lines = bench.notes.lines.filter((line) => /^(received|command|result)/.test(line));
    expect(lines).toEqual([
      'received motewire/mote/command/sample {"id":"a"}',
      "command sample a",
      'result sample {"id":"a","ok":true,"readings":1}',
    ]);
  });

  it("are answered with their id, at QoS 1 and not retained", () => {
    bench.startConnected();
    bench.command("sample", { id: "a" });
    expect(bench.broker.on("motewire/mote/result/sample")).toMatchObject([{ QoS: 1, retain: false }]);
    expect(bench.result("sample")).toEqual({ id: "a", ok: true, readings: 1 });
  });

  it("need no id and no payload", () => {
    bench.startConnected();
    bench.command("sample");
    expect(bench.result("sample")).toEqual({ ok: true, readings: 1 });
  });

  it("set the interval, from now on and after a restart", () => {
    bench.startConnected();
    bench.command("interval", { interval: "2s" });
    expect(bench.result("interval")).toEqual({
      ok: true,
      interval: "2s",
      QoS: 1,
      diagnosticsInterval: "1m",
      retain: true,
    });
    bench.clock.advance(4500);
    expect(bench.readings()).toHaveLength(3);
    bench.cutPower();
    const before = bench.readings().length;
    bench.startConnected();
    bench.clock.advance(4500);
    expect(bench.readings().length - before).toBe(3);
  });

  it("leave the grid of the readings alone when they set something else", () => {
    bench.startConnected({ override: { interval: 1000 } });
    bench.clock.advance(500);
    bench.command("settings", { QoS: 0, diagnosticsInterval: "5s", interval: "1s" });
    bench.clock.advance(2000);
    expect(bench.readings().map(({ uptime }) => uptime)).toEqual([0, 1000, 2000]);
  });

  it("set the QoS of what follows", () => {
    bench.startConnected({ override: { interval: 1000 } });
    bench.command("settings", { QoS: 2 });
    bench.clock.advance(1000);
    expect(bench.broker.on("motewire/mote/reading/climate").map(({ QoS }) => QoS)).toEqual([1, 2]);
  });

  it("tell the settings, and change none, when none is given", () => {
    bench.startConnected();
    bench.command("settings", { id: "1" });
    expect(bench.result("settings")).toEqual({
      id: "1",
      ok: true,
      interval: "10s",
      QoS: 1,
      diagnosticsInterval: "1m",
      retain: true,
    });
    expect(bench.settings.keys()).toEqual(["boot"]);
  });

  it("take a reading out of turn", () => {
    bench.startConnected();
    bench.clock.advance(500);
    bench.command("sample");
    expect(bench.readings()).toHaveLength(2);
  });

  it("say so when sampling gave nothing", () => {
    bench.startConnected();
    bench.sensors[0]?.fail("no answer");
    bench.command("sample");
    expect(bench.result("sample")).toEqual({ ok: true, readings: 0 });
  });

  it("identify by the LED for as long as they say", () => {
    bench.startConnected();
    bench.command("identify", { duration: "1s" });
    expect(bench.result("identify")).toEqual({ ok: true, duration: "1s" });
    expect(bench.colours.at(-1)).toBe(0xffffff);
    bench.clock.advance(2000);
    bench.colours.length = 0;
    bench.clock.advance(10_000);
    expect(bench.colours).not.toContain(0xffffff);
  });

  it("do not identify without a LED", () => {
    bench = new Bench({ led: false });
    bench.startConnected();
    bench.command("identify");
    expect(bench.result("identify")).toEqual({ ok: false, error: "there is no LED to identify this device by" });
  });

  it.each<[string, string, string | undefined, string]>([
    ["interval", "{", undefined, "the payload is not JSON: "],
    ["interval", "5", undefined, "the payload must be a JSON object"],
    ["interval", '"5s"', undefined, "the payload must be a JSON object"],
    ["interval", "null", undefined, "the payload must be a JSON object"],
    ["interval", '["5s"]', undefined, "the payload must be one flat JSON object"],
    ["interval", '{"id":"1","interval":{"s":5}}', undefined, "the payload must be one flat JSON object"],
    ["interval", "\u0000", undefined, "the payload is not JSON: "],
    ["interval", '{"id":"1"}', "1", 'the field "interval" is missing, such as {"interval":"10s"}'],
    ["interval", '{"id":"1","interval":5}', "1", "interval is 5: must be a duration with its unit"],
    ["interval", '{"id":"1","interval":"50ms"}', "1", 'interval is "50ms": must be a duration'],
    ["interval", '{"id":"1","seconds":5}', "1", 'field "seconds" is unknown: interval knows id, interval'],
    ["interval", '{"id":"1","interval":"5s","QoS":1}', "1", 'field "QoS" is unknown: interval knows id, interval'],
    ["settings", '{"id":"1","QoS":3}', "1", "QoS is 3: must be a whole number from 0 to 2"],
    ["settings", '{"id":"1","interval":"1s","QoS":3}', "1", "QoS is 3: must be a whole number from 0 to 2"],
    ["settings", '{"__proto__":1}', undefined, 'field "__proto__" is unknown'],
    ["identify", '{"duration":"11m"}', undefined, 'duration is "11m": must be a duration with its unit'],
    ["sample", '{"id":7}', undefined, "id is 7: must be text of 1 to 64 bytes without control characters"],
    ["sample", '{"id":""}', undefined, 'id is "": must be text of 1 to 64 bytes'],
    ["sample", `{"id":"${"é".repeat(33)}"}`, undefined, "must be text of 1 to 64 bytes"],
    ["sample", '{"id":"a\\nb"}', undefined, 'id is "a\\nb": must be text'],
    ["sample", '{"id":"\\ud800"}', undefined, "must be text of 1 to 64 bytes"],
    ["restart", "{}", undefined, 'restart needs an "id", a new one each time'],
    [
      "reboot",
      '{"id":"1"}',
      "1",
      'command "reboot" is unknown: known are interval, settings, sample, identify, restart',
    ],
    ["constructor", "{}", undefined, 'command "constructor" is unknown'],
    ["", "{}", undefined, 'command "" is unknown'],
  ])("refuse %s %s by name and change nothing", (name, payload, id, error) => {
    bench.startConnected();
    bench.command(name, payload);
    expect(bench.result(name)).toEqual({ ...(id && { id }), ok: false, error: expect.stringContaining(error) });
    bench.command("settings");
    expect(bench.result("settings")).toMatchObject({ interval: "10s", QoS: 1, diagnosticsInterval: "1m" });
    expect(bench.settings.keys()).toEqual(["boot"]);
    expect(bench.readings()).toHaveLength(1);
    expect(bench.restarts).toBe(0);
  });

  it("refuse a payload that is not UTF-8", () => {
    bench.startConnected();
    bench.command("sample", Uint8Array.of(0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d));
    expect(bench.result("sample")).toEqual({ ok: false, error: expect.stringContaining("not well-formed UTF-8") });
  });

  it("refuse a payload of more than 1,024 bytes, however large, once", () => {
    bench.startConnected();
    for (const size of [1025, 2500, 100_000]) bench.command("sample", `{"id":"${"x".repeat(size)}"}`);
    bench.clock.advance(1000);
    const results = bench.broker.objects("motewire/mote/result/sample");
    expect(results).toHaveLength(3);
    expect(bench.notes.lines.filter((line) => line.startsWith("received"))).toHaveLength(3);
    expect(results[2]).toEqual({ ok: false, error: "the payload has 100009 bytes: must be at most 1024" });
  });

  it.each([0, 1, 2] as const)("are obeyed after a stranger's with a topic of any length (QoS %i)", (QoS) => {
    bench.startConnected();
    const { connects } = bench.broker;
    const before = connects.length;
    const lengths = [1255, 1268, 1269, 1270, 1273, 1275, 1276, 1280, 2048, 65_000];
    for (const length of lengths) bench.broker.publish("motewire/mote/command/".padEnd(length, "x"), "{}", QoS);
    bench.clock.advance(1000);
    bench.command("sample", { id: "after" });
    expect(bench.result("sample")).toEqual({ id: "after", ok: true, readings: 1 });
    bench.clock.advance(120_000);
    expect(connects.length).toBe(before);
    // What fits is a command of a name that nobody knows.
    const unknown = bench.broker.messages.filter(({ topic }) => topic.startsWith("motewire/mote/result/xxx"));
    expect(unknown).toHaveLength(QoS === 0 ? 5 : 4);
    expect(bench.notes.errors.filter((line) => line.includes("motewire/mote/command/xxx"))).toHaveLength(1);
  });

  it("refuse brackets that would overflow a small stack before they are parsed", () => {
    bench.startConnected();
    bench.command("sample", "[".repeat(1000));
    bench.command("sample", '{"a":'.repeat(200));
    expect(bench.broker.objects("motewire/mote/result/sample")).toEqual([
      { ok: false, error: "the payload must be one flat JSON object: no arrays, no objects inside" },
      { ok: false, error: "the payload must be one flat JSON object: no arrays, no objects inside" },
    ]);
  });

  it("that are retained are ignored and reported, restart above all", () => {
    bench.broker.publish("motewire/mote/command/restart", '{"id":"1"}', 1, true);
    bench.startConnected();
    bench.clock.advance(10_000);
    expect(bench.restarts).toBe(0);
    expect(bench.result("restart")).toBeUndefined();
    expect(bench.notes.errors).toEqual([
      "command restart: retained: ignored, for it would be obeyed again at every start",
    ]);
  });

  it("are refused when the settings cannot be stored, and change nothing", () => {
    let worn = false;
    bench = new Bench({
      beforeWrite: () => {
        if (worn) throw new StorageFailure("failed", "flash is worn out");
      },
    });
    bench.startConnected();
    worn = true;
    bench.command("interval", { interval: "1s" });
    expect(bench.result("interval")).toEqual({ ok: false, error: "flash is worn out" });
    bench.command("restart", { id: "1" });
    expect(bench.result("restart")).toEqual({ id: "1", ok: false, error: "flash is worn out" });
    bench.clock.advance(5000);
    expect(bench.readings()).toHaveLength(1);
    expect(bench.restarts).toBe(0);
  });

  it("are refused while the node stops", () => {
    bench.broker.acknowledges = ({ topic }) => !topic.includes("/reading/");
    bench.startConnected();
    bench.boot?.run(() => bench.node?.stop(5000, () => {}));
    bench.command("sample", { id: "late" });
    expect(bench.result("sample")).toEqual({ id: "late", ok: false, error: "the node is stopping" });
  });

  it("leave the node alive whatever their payload, and change it within bounds only", () => {
    const name = fc.constantFrom("interval", "settings", "sample", "identify", "restart", "x");
    const value = fc.oneof(fc.string(), fc.json(), fc.constantFrom("5s", "0s", "1h", 2, -1, true, null));
    const fields = fc.dictionary(fc.constantFrom("interval", "QoS", "duration", "diagnosticsInterval", "y"), value);
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 50 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
      fields.map((object) => new TextEncoder().encode(JSON.stringify(object))),
    );
    bench.startConnected();
    let answers = 0;
    bench.broker.onPacket = (packet) => {
      if (packet.cmd === "publish" && packet.topic.startsWith("motewire/mote/result/")) answers++;
    };
    fc.assert(
      fc.property(name, payload, (command, bytes) => {
        answers = 0;
        bench.command(command, bytes);
        expect(answers).toBe(1);
        const result = bench.result(command);
        if (result?.ok !== true) expect(result?.error).toMatch(/\w/);
        expect(bench.boot?.running).toBe(true);
        expect(bench.broker.connected("mote")).toBe(true);
      }),
    );
    bench.command("settings");
    expect(bench.result("settings")).toMatchObject({
      ok: true,
      QoS: expect.toSatisfy((QoS) => [0, 1, 2].includes(QoS)),
    });
  });
});
