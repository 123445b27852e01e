import { beforeEach, describe, expect, test } from "vitest";
import type { SimEvent } from "../../../host-sim/cli/events.js";
import { Recorder } from "../../../host-sim/cli/recorder.js";
import { MqttError } from "../../../src/mqtt/errors.js";

const watching = { granted: 2, isReliable: true, wasAway: false } as const;

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
    expect(recorder.summary(watching)).toMatchObject({ published: 1, acknowledged: 0, lost: 1 });
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
    expect(recorder.summary(watching)).toMatchObject({ reconnects: 1, restarts: 1 });
    expect(events.filter(({ event }) => event === "restart")).toMatchObject([{ reason: "by command", count: 1 }]);
  });

  test("counts messages of one start that are acknowledged in the next", () => {
    recorder.journal(device).accepted(1, "a", "x", 1, false);
    recorder.journal(device).published(1, "delivered");
    expect(recorder.summary(watching)).toMatchObject({ published: 1, acknowledged: 1, pending: 0 });
  });

  test.each([
    [2, 2, { lost: 1, duplicated: 0 }],
    [1, 2, { lost: 1, duplicated: null }],
    [1, 1, { lost: 1, duplicated: 0 }],
    [undefined, 1, { lost: null, duplicated: 0 }],
    [undefined, 2, { lost: null, duplicated: null }],
  ] as const)("granted %s, messages of QoS %s", (granted, QoS, told) => {
    recorder.journal(device).accepted(1, "a", "x", QoS, false);
    recorder.journal(device).published(1, "delivered");
    expect(recorder.summary({ granted, isReliable: granted !== undefined, wasAway: false })).toMatchObject(told);
  });

  test("what is still to be delivered is not lost", () => {
    for (const token of [1, 2, 3]) recorder.journal(device).accepted(token, "a", "x", 1, false);
    recorder.journal(device).published(1, "delivered");
    recorder.ledger.seen("a", "x", 1);
    expect(recorder.summary(watching)).toMatchObject({ acknowledged: 1, pending: 2, lost: 0 });
    recorder.journal(device).published(2, "delivered");
    expect(recorder.summary(watching)).toMatchObject({ acknowledged: 2, pending: 1, lost: 1 });
  });

  test("of an observer that may have missed something says only what it has seen", () => {
    const journal = recorder.journal(device);
    journal.accepted(1, "a", "x", 2, false);
    journal.published(1, "delivered");
    const unsure = { ...watching, isReliable: false };
    expect(recorder.summary(unsure)).toMatchObject({ lost: null, duplicated: null });
    recorder.ledger.seen("a", "x", 2);
    expect(recorder.summary(unsure)).toMatchObject({ lost: 0, duplicated: null });
  });

  test("of an observer that was away at times cannot tell what became of messages with QoS 0", () => {
    const journal = recorder.journal(device);
    journal.accepted(1, "a", "x", 1, false);
    journal.published(1, "delivered");
    const away = { ...watching, wasAway: true };
    expect(recorder.summary(away)).toMatchObject({ lost: 1 });
    journal.accepted(2, "a", "y", 0, false);
    journal.published(2, "delivered");
    expect(recorder.summary(watching)).toMatchObject({ lost: 2 });
    expect(recorder.summary(away)).toMatchObject({ lost: null });
  });

  test("counts what was given up, of an earlier run too, and readings that found no room", () => {
    const journal = recorder.journal(device);
    journal.accepted(1, "a", "x", 1, false);
    journal.dropped(1, "a", "x", "full");
    journal.dropped(99, "a", "older", "age");
    journal.error(new Error("no room"), "publish motewire/porch/reading/climate");
    // It is made anew.
    journal.error(new Error("no room"), "publish motewire/porch/diagnostics");
    expect(recorder.summary(watching)).toMatchObject({ published: 1, dropped: 2, refused: 1, lost: 0, pending: 0 });
  });

  test("begins with the run, not with what had to be built before it", () => {
    recorder.begin();
    expect(recorder.now).toBeLessThan(1000);
    expect(recorder.summary(watching).seconds).toBeLessThan(1);
  });

  test("of a run without messages needs no observer", () => {
    expect(recorder.summary({ granted: undefined, isReliable: false, wasAway: false })).toMatchObject({
      published: 0,
      lost: 0,
      duplicated: 0,
    });
  });
});
