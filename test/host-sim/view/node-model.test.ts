/** What the page knows of a node, from what the node publishes. */
import { describe, expect, test, vi } from "vitest";
import { NodeModel } from "../../../host-sim/view/node-model.js";

const NOW = Date.parse("2026-11-26T12:00:00Z");

function bench() {
  const raised = vi.fn();
  const node = new NodeModel("porch", "page-x", raised);
  let now = NOW;
  const give = (path: string, payload: unknown, retained = false) => {
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    node.take({ path, payload: new TextEncoder().encode(text), retained, now });
  };
  const read = (value: number, ago = 0, sensor = "climate") =>
    give(`reading/${sensor}`, { seq: 1, time: new Date(now - ago).toISOString(), temperature: value });
  const online = () => give("status", { status: "online", instance: "1-a", board: "lin" });
  /** Time passes, and the page looks at its clock each second. */
  const pass = (ms: number) => {
    for (const end = now + ms; now < end; ) {
      now += 1_000;
      node.tick(now);
    }
  };
  /** A reading a second. */
  const run = (seconds: number) => {
    for (let count = 0; count < seconds; count++) {
      read(20 + count);
      pass(1_000);
    }
  };
  return { node, raised, give, read, online, pass, run, at: () => now };
}

describe("a node", () => {
  test("shows at once what has lain at the broker, and takes what comes then", () => {
    const { node, give, read } = bench();
    give("status", { status: "online", board: "lin" }, true);
    give("reading/climate", { seq: 9, time: "2026-11-26T11:59:00Z", temperature: 19.5, humidity: 50 }, true);
    give("output/lamp", { state: "on", time: "2026-11-26T11:00:00Z" }, true);
    expect(node.presence).toBe("online");
    expect(node.readings.get("climate")).toMatchObject({ retained: true, at: NOW - 60_000 });
    expect([...(node.readings.get("climate")?.values ?? [])]).toEqual([
      ["temperature", 19.5],
      ["humidity", 50],
    ]);
    expect(node.outputs.get("lamp")?.state).toBe("on");
    read(21);
    expect(node.seriesOf("climate", "temperature")?.values).toEqual([19.5, 21]);
    expect(node.readings.get("climate")).toMatchObject({ retained: false });
  });

  test("that is not described has the usual commands and units; one that is has its own", () => {
    const { node, give, read } = bench();
    read(20);
    expect(node.unitOf("climate", "temperature")).toBe("°C");
    expect(node.description.commands.map(({ name }) => name)).toContain("identify");
    give(
      "description",
      { version: 1, sensors: { soil: { moisture: "%" }, climate: { temperature: "K" } }, commands: {} },
      true,
    );
    expect(node.unitOf("climate", "temperature")).toBe("K");
    expect(node.quantities).toEqual([
      ["soil", "moisture"],
      ["climate", "temperature"],
    ]);
    expect(node.description.commands).toEqual([]);
    give("description", "{broken");
    expect(node.unitOf("climate", "temperature")).toBe("K");
    give("description", "");
    expect(node.described).toBeUndefined();
  });

  test("is out from its status on, until it is online again", () => {
    const { node, give, online, pass } = bench();
    node.watching(true, NOW);
    online();
    pass(10_000);
    give("status", { status: "offline", reason: "connection lost" });
    expect(node.outages.open).toMatchObject({ why: "offline", from: NOW + 10_000, words: "connection lost" });
    pass(5_000);
    online();
    expect(node.outages.list).toMatchObject([{ from: NOW + 10_000, to: NOW + 15_000 }]);
  });

  test("is out when its readings stay away for longer than chance, from the last one on", () => {
    const { node, online, run, pass, read, at } = bench();
    node.watching(true, NOW);
    online();
    run(6);
    const last = at() - 1_000;
    pass(2_000);
    expect(node.outages.open).toBeUndefined();
    pass(3_000);
    expect(node.outages.open).toMatchObject({ why: "silent", from: last });
    read(1);
    expect(node.outages.open).toBeUndefined();
  });

  test("that is slow by its settings may be silent for longer", () => {
    const { node, give, online, run, pass } = bench();
    node.watching(true, NOW);
    online();
    run(6);
    give("result/settings", { id: "x", ok: true, interval: "1m", QoS: 1 });
    expect([node.interval, node.patience]).toEqual([60_000, 90_000]);
    pass(80_000);
    expect(node.outages.open).toBeUndefined();
    pass(20_000);
    expect(node.outages.open?.why).toBe("silent");
  });

  test("delivers late what it has measured meanwhile: in its place, marked, and not shown as the last", () => {
    const { node, online, run, pass, read, at } = bench();
    node.watching(true, NOW);
    online();
    run(5);
    pass(8_000);
    online();
    for (let ago = 8_000; ago > 0; ago -= 1_000) read(100 + ago / 1_000, ago);
    read(7);
    const series = node.seriesOf("climate", "temperature");
    expect(series?.times).toEqual([...(series?.times ?? [])].sort((one, other) => one - other));
    expect(series?.late.filter(Boolean)).toHaveLength(6);
    expect(series?.times).toHaveLength(5 + 8 + 1);
    expect(node.readings.get("climate")).toMatchObject({ at: at() });
    expect(node.readings.get("climate")?.values.get("temperature")).toBe(7);
    expect(node.outages.list).toHaveLength(1);
  });

  test("without times has late readings too: those of the burst with which an outage ends", () => {
    const { node, give, pass } = bench();
    node.watching(true, NOW);
    give("reading/a", { value: 1 });
    give("status", { status: "offline" });
    pass(5_000);
    give("status", { status: "online" });
    give("reading/a", { value: 2 });
    give("reading/a", { value: 3 });
    pass(2_000);
    give("reading/a", { value: 4 });
    expect(node.seriesOf("a", "value")?.late).toEqual([false, true, true, false]);
  });

  test("cannot be seen while the page is not connected, whatever it does", () => {
    const { node, online, pass } = bench();
    node.watching(true, NOW);
    online();
    node.watching(false, NOW + 1_000, "this page was not connected");
    pass(60_000);
    expect(node.outages.open).toMatchObject({ why: "unseen", from: NOW + 1_000 });
    node.watching(true, NOW + 60_000);
    expect(node.outages.list).toEqual([
      { why: "unseen", from: NOW + 1_000, to: NOW + 60_000, words: "this page was not connected" },
    ]);
  });

  test("tells of an alert when it is raised, not of one that was raised before somebody looked", () => {
    const { node, raised, give } = bench();
    give("alert/cold", { state: "raised", value: -3 }, true);
    give("alert/hot", { state: "cleared", value: 20 }, true);
    expect(raised).not.toHaveBeenCalled();
    give("alert/hot", { state: "raised", value: 30.1, time: "2026-11-26T12:00:00Z" });
    give("alert/hot", { state: "raised", value: 30.2, time: "2026-11-26T12:00:01Z" });
    expect(raised.mock.calls).toEqual([["hot", { raised: true, value: 30.1, at: NOW }]]);
    expect(node.alerts.get("cold")).toMatchObject({ raised: true, value: -3 });
    give("alert/cold", "", true);
    expect(node.alerts.has("cold")).toBe(false);
  });

  test("says that it has changed once for many changes", async () => {
    const { node, read } = bench();
    for (let count = 0; count < 1_000; count++) read(count);
    expect(node.version.value).toBe(0);
    await expect.poll(() => node.version.value).toBe(1);
  });
});

describe("hostile messages", () => {
  test.each([
    ["broken JSON", "reading/climate", '{"temperature":'],
    ["a list", "reading/climate", "[1,2]"],
    ["no numbers", "reading/climate", '{"temperature":"warm"}'],
    ["a number that is none", "reading/climate", '{"temperature":1e999}'],
    ["nothing", "reading/climate", ""],
    ["no sensor", "reading/", '{"temperature":1}'],
    ["another level", "reading/climate/x", '{"temperature":1}'],
    ["an unknown kind", "secret", '{"a":1}'],
    ["a status that is none", "status", "[]"],
    ["diagnostics that are none", "diagnostics", "null"],
    ["a long name", `reading/${"x".repeat(5_000)}`, '{"temperature":1}'],
  ])("with %s are counted, and change nothing", (_, path, payload) => {
    const { node, give } = bench();
    give(path, payload);
    expect([node.readings.size, node.series.size, node.presence, node.ignored]).toEqual([0, 0, "unknown", 1]);
  });

  test("to ten thousand topics are kept to a number", () => {
    const { node, give } = bench();
    for (let count = 0; count < 10_000; count++)
      for (const kind of ["reading", "alert", "input", "output", "result"])
        give(`${kind}/n${count}`, { [`q${count}`]: count, state: "raised" });
    const sizes = [node.readings, node.series, node.alerts, node.inputs, node.outputs].map(({ size }) => size);
    expect(sizes).toEqual([32, 32, 32, 32, 32]);
    for (let count = 0; count < 1_000; count++) give("reading/n1", { [`q${count}`]: 1 });
    expect(node.series.get("n1")?.size).toBe(8);
  });

  test("named like what objects are made of do no harm", () => {
    const { node, give } = bench();
    for (const name of ["__proto__", "constructor", "toString"]) {
      give(`reading/${name}`, `{"__proto__":1,"constructor":2,"time":"${new Date(NOW).toISOString()}"}`);
      give(`alert/${name}`, '{"state":"raised","__proto__":{"x":1}}');
    }
    expect(node.readings.size).toBe(3);
    expect(node.seriesOf("__proto__", "__proto__")?.values).toEqual([1]);
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});
