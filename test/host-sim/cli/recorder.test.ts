import { beforeEach, describe, expect, test } from "vitest";
import type { SimEvent } from "../../../host-sim/cli/events.js";
import { Recorder } from "../../../host-sim/cli/recorder.js";
import { MqttError } from "../../../src/mqtt/errors.js";

let events: SimEvent[];
let recorder: Recorder;

beforeEach(() => {
  events = [];
  recorder = new Recorder({ show: (event) => events.push(event) });
});

const device = (isOn = true) => ({
  isOn,
  link: { state: "up" as const, rssi: -60, address: "192.0.2.1", close: () => {} },
});

describe("the node's journal becomes events", () => {
  test("each with its time, in order", () => {
    const journal = recorder.journal(device);
    journal.link("up", "net");
    journal.connected(true);
    journal.accepted(1, "a/b", "x", 1, true);
    journal.published(1, "delivered");
    journal.received("c", new TextEncoder().encode("ü"), 0, false);
    journal.command("sample", undefined);
    journal.result("sample", "{}");
    journal.disconnected("gone", 12.7);
    expect(events).toMatchObject([
      { event: "wifi", state: "up", detail: "net", address: "192.0.2.1", rssi: -60 },
      { event: "connected", sessionPresent: true },
      { event: "accepted", token: 1, topic: "a/b", QoS: 1, retain: true, payload: "x" },
      { event: "acknowledged", token: 1, topic: "a/b", QoS: 1, ms: expect.any(Number) },
      { event: "received", topic: "c", QoS: 0, retain: false, payload: "ü" },
      { event: "command", name: "sample" },
      { event: "result", name: "sample", payload: "{}" },
      { event: "disconnected", reason: "gone", delay: 13 },
    ]);
    const times = events.map((event) => (event as { t: number }).t);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });

  test("a message that was lost is an error, and one of an earlier run is not told of", () => {
    const journal = recorder.journal(device);
    journal.accepted(1, "a", "x", 0, false);
    journal.published(1, "lost");
    journal.published(99, "delivered");
    expect(events.slice(1)).toMatchObject([{ event: "error", where: "publish a" }]);
    expect(recorder.summary(2)).toMatchObject({ published: 1, acknowledged: 0, lost: 1 });
  });

  test("an error keeps its kind and code; firmware that is halted has nothing to say", () => {
    recorder.journal(device).error(new MqttError("peer", "refused", "no"), "mqtt");
    recorder.journal(() => device(false)).error(new Error("way out"), "stop");
    expect(events).toMatchObject([{ event: "error", message: "no", where: "mqtt", kind: "peer", code: "refused" }]);
  });

  test("a message that the broker may have twice is marked", () => {
    const journal = recorder.journal(device);
    journal.accepted(1, "a", "x", 1, false);
    journal.published(1, "may-be-duplicated");
    expect(events[1]).toMatchObject({ event: "acknowledged", mayBeDuplicated: true });
  });
});

test("the LED's colours are told when they change, and its dark not", () => {
  for (const colour of [0x0000ff, 0, 0x0000ff, 0, 0xffa000, 0, 0xffa000]) recorder.led(colour);
  expect(events).toMatchObject([
    { event: "led", colour: "#0000ff" },
    { event: "led", colour: "#ffa000" },
  ]);
});

describe("the summary", () => {
  test("counts over restarts of the device: its first connection after one is no reconnect", () => {
    const first = recorder.journal(device);
    first.connected(false);
    first.connected(true);
    recorder.restart("by command");
    const second = recorder.journal(device);
    second.connected(true);
    expect(recorder.summary(2)).toMatchObject({ reconnects: 1, restarts: 1 });
    expect(events.filter(({ event }) => event === "restart")).toMatchObject([{ reason: "by command", count: 1 }]);
  });

  test("counts messages of one start that are acknowledged in the next", () => {
    recorder.journal(device).accepted(1, "a", "x", 1, false);
    recorder.journal(device).published(1, "delivered");
    expect(recorder.summary(2)).toMatchObject({ published: 1, acknowledged: 1, pending: 0 });
  });

  test.each([
    [2, 2, { lost: 1, duplicated: 0 }],
    [1, 2, { lost: 1, duplicated: null }],
    [1, 1, { lost: 1, duplicated: 0 }],
    [undefined, 1, { lost: null, duplicated: 0 }],
    [undefined, 2, { lost: null, duplicated: null }],
  ] as const)("granted %s, messages of QoS %s", (granted, QoS, told) => {
    recorder.journal(device).accepted(1, "a", "x", QoS, false);
    expect(recorder.summary(granted)).toMatchObject(told);
  });

  test("of a run without messages needs no observer", () => {
    expect(recorder.summary(undefined)).toMatchObject({ published: 0, lost: 0, duplicated: 0 });
  });
});
