/** Descriptions as they come, forms as they are filled in, answers as they are told. */
import { describe, expect, test } from "vitest";
import { readDescription, undescribed } from "../../../host-sim/view/description.js";
import { choicesOf, controlOf, hintOf, readWritten } from "../../../host-sim/view/forms.js";
import { Orders } from "../../../host-sim/view/orders.js";
import { fieldsOf, readJson } from "../../../host-sim/view/payload.js";
import { hrefOf, readPlace } from "../../../host-sim/view/place.js";
import { numberInWords, packetInWords, spanInWords } from "../../../host-sim/view/words.js";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("a description", () => {
  test("names sensors with units, inputs, outputs, alerts with their rules, commands, settings", () => {
    const description = readDescription({
      version: 1,
      application: "porch",
      board: "lin",
      sensors: { climate: { temperature: "°C" } },
      inputs: { motion: {} },
      outputs: { lamp: {} },
      alerts: { hot: { of: "climate.temperature", above: 28, clear: 27, for: "30s" } },
      commands: {
        restart: { needsId: true, fields: {} },
        lamp: { fields: { state: { kind: "choice", choices: ["on", "off"] } } },
      },
      settings: { interval: { kind: "duration", initial: "10s", least: "100ms", most: "1d" } },
    });
    expect(description).toMatchObject({ application: "porch", board: "lin", inputs: ["motion"], outputs: ["lamp"] });
    expect(description?.sensors.get("climate")?.get("temperature")).toBe("°C");
    expect(description?.alerts.get("hot")).toBe("climate.temperature above 28 clear 27 for 30s");
    expect(description?.commands).toEqual([
      { name: "restart", fields: [] },
      { name: "lamp", fields: [expect.objectContaining({ name: "state", kind: "choice", choices: ["on", "off"] })] },
    ]);
    expect(description?.settings[0]).toMatchObject({ name: "interval", initial: "10s", least: "100ms", most: "1d" });
  });

  test.each([
    ["of another version", { version: 2 }],
    ["that is a list", []],
    ["that is nothing", null],
    ["that is a text", "version"],
  ])("%s is none", (_, value) => {
    expect(readDescription(value)).toBeUndefined();
  });

  test("with anything at any place is read as far as it makes sense", () => {
    for (const nonsense of [
      null,
      1,
      "x",
      [],
      [[]],
      { a: null },
      { a: [] },
      { a: Number.POSITIVE_INFINITY },
      { a: { b: { c: {} } } },
    ]) {
      const parts = ["sensors", "inputs", "outputs", "alerts", "commands", "settings", "application"];
      const described = readDescription(Object.fromEntries([["version", 1], ...parts.map((part) => [part, nonsense])]));
      expect(described).toBeDefined();
    }
  });

  test("is bounded in each direction, and no name does harm", () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`n${index}`, { fields: {} }]));
    const value = readJson(
      bytes(`{"version":1,"commands":${JSON.stringify(many)},"sensors":{"__proto__":{"polluted":"yes"}}}`),
    );
    const description = readDescription(value);
    expect(description?.commands).toHaveLength(64);
    expect([...(description?.sensors.keys() ?? [])]).toEqual(["__proto__"]);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });
});

describe("a field", () => {
  const duration = { name: "duration", kind: "duration", least: "1s", most: "10m" };
  const integer = { name: "QoS", kind: "integer", least: 0, most: 2 };

  test("is a choice, a number or text, with its bounds beside it", () => {
    expect([controlOf(duration), controlOf(integer), controlOf({ name: "on", kind: "boolean" })]).toEqual([
      "text",
      "number",
      "choice",
    ]);
    expect(controlOf({ name: "state", kind: "choice", choices: ["on"] })).toBe("choice");
    expect([hintOf(duration), hintOf(integer), hintOf({ name: "x", kind: "text" })]).toEqual([
      "1s to 10m",
      "0 to 2",
      "",
    ]);
    expect(choicesOf({ name: "on", kind: "boolean" })).toEqual(["true", "false"]);
  });

  test.each([
    [duration, " 5s ", { value: "5s" }],
    [duration, "", {}],
    [duration, "5", { problem: "duration needs a number and a unit: ms, s, m, h or d, such as 5s" }],
    [duration, "11m", { problem: "duration must be from 1s to 10m" }],
    [duration, "999ms", { problem: "duration must be from 1s to 10m" }],
    [integer, "2", { value: 2 }],
    [integer, "1.5", { problem: "QoS must be a whole number" }],
    [integer, "3", { problem: "QoS must be from 0 to 2" }],
    [integer, "x", { problem: "QoS must be a whole number" }],
    [{ name: "n", kind: "number", least: 1 }, "0.5", { problem: "n must be from 1 to …" }],
    [{ name: "n", kind: "number" }, "-0.5", { value: -0.5 }],
    [{ name: "on", kind: "boolean" }, "false", { value: false }],
    [{ name: "s", kind: "choice", choices: ["on", "off"] }, "dim", { problem: "s must be one of on, off" }],
    [{ name: "s", kind: "choice", choices: ["on", "off"] }, "off", { value: "off" }],
    [{ name: "t", kind: "text" }, " as it is ", { value: " as it is " }],
  ])("%j with %j is %j", (field, text, expected) => {
    expect(readWritten(field, text)).toEqual(expected);
  });

  test("of firmware without a description takes its own first value", () => {
    for (const field of [...undescribed.settings, ...undescribed.commands.flatMap(({ fields }) => fields)])
      expect(readWritten(field, String(field.initial))).toEqual({ value: field.initial });
  });
});

describe("a command", () => {
  const result = (text: string) => fieldsOf(JSON.parse(text));

  test("has an id of its own, and its answer is known by that, with the time it took", () => {
    const orders = new Orders("page-x");
    expect(JSON.parse(orders.issue("identify", [["duration", "5s"]], 1_000))).toEqual({
      id: "page-x-1",
      duration: "5s",
    });
    orders.issue("sample", [], 1_100);
    orders.answered(result('{"id":"page-x-1","ok":true,"duration":"5s"}'), 1_042);
    expect(orders.list.map(({ command, state, ms, words }) => [command, state, ms, words])).toEqual([
      ["sample", "sent", undefined, ""],
      ["identify", "done", 42, "duration 5s"],
    ]);
  });

  test("that is refused says why, and one that nobody answers says so, until an answer comes all the same", () => {
    const orders = new Orders("p");
    orders.issue("a", [], 0);
    orders.issue("b", [], 0);
    orders.answered(result('{"id":"p-1","ok":false,"error":"busy"}'), 5);
    expect(orders.expire(14_000)).toBe(false);
    expect(orders.expire(16_000)).toBe(true);
    expect(orders.list.map(({ state, words }) => [state, words])).toEqual([
      ["unanswered", ""],
      ["refused", "busy"],
    ]);
    orders.answered(result('{"id":"p-2","ok":true}'), 20_000);
    expect(orders.list[0]).toMatchObject({ state: "done", ms: 20_000 });
  });

  test("of somebody else, and a second answer, are nothing to this page; nor what it asks for itself", () => {
    const orders = new Orders("p");
    orders.issue("settings", [], 0, true);
    orders.issue("a", [], 0);
    orders.answered(result('{"id":"p-1","ok":true}'), 1);
    orders.answered(result('{"id":"x","ok":true}'), 1);
    orders.answered(result('{"ok":true}'), 1);
    orders.answered(result('{"id":"p-2","ok":true}'), 1);
    orders.answered(result('{"id":"p-2","ok":false}'), 9);
    expect(orders.list).toMatchObject([{ command: "a", state: "done", ms: 1 }]);
  });

  test("is one of twenty that are kept", () => {
    const orders = new Orders("p");
    for (let count = 0; count < 1_000; count++) orders.issue("a", [], count);
    expect(orders.list).toHaveLength(20);
  });
});

describe("a payload", () => {
  test.each([["{"], ["\u0000"], ['{"a":'], [""]])("that is no JSON, %j, is nothing", (text) => {
    expect(readJson(bytes(text))).toBeUndefined();
  });

  test("that is no UTF-8 is nothing, and one of a hundred thousand brackets does no harm", () => {
    expect(readJson(Uint8Array.of(0xff, 0xfe))).toBeUndefined();
    expect(fieldsOf(readJson(bytes("[".repeat(100_000))))).toEqual(new Map());
    expect(fieldsOf(readJson(bytes(`${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`)))).toEqual(new Map());
  });

  test("gives text that is cut, finite numbers and booleans, and nothing else", () => {
    const fields = fieldsOf(
      readJson(bytes(`{"a":1e999,"b":null,"c":[1],"d":true,"e":2.5,"f":"${"x".repeat(9_000)}","__proto__":1}`)),
    );
    expect([...fields.keys()]).toEqual(["d", "e", "f", "__proto__"]);
    expect(String(fields.get("f")).length).toBe(301);
  });
});

describe("where a page looks", () => {
  const at = (url: string) => readPlace(new URL(url));

  test("is its own server, with its token for control and tunnel", () => {
    expect(at("http://127.0.0.1:9001/#abc")).toEqual({
      broker: "ws://127.0.0.1:9001/mqtt?token=abc",
      isOwn: true,
      node: undefined,
      token: "abc",
      control: "ws://127.0.0.1:9001/control?token=abc",
    });
    expect(at("http://127.0.0.1:9001/")).toMatchObject({ broker: "ws://127.0.0.1:9001/mqtt", control: undefined });
  });

  test("is another broker where it is named, which is given no token", () => {
    const place = at("http://127.0.0.1:9001/?broker=ws://lab:9001/mqtt&node=porch#abc");
    expect(place).toMatchObject({ broker: "ws://lab:9001/mqtt", isOwn: false, node: "porch" });
    expect(hrefOf(place, "a b")).toBe("?broker=ws%3A%2F%2Flab%3A9001%2Fmqtt&node=a+b#abc");
    expect(hrefOf(at("http://127.0.0.1:9001/#abc"), "porch")).toBe("?node=porch#abc");
  });
});

test.each([
  [21.374, "21.37"],
  [-0.5, "-0.50"],
  [101.32, "101.3"],
  [100_865.2, "100\u202f865"],
  [-1_234_567, "-1\u202f234\u202f567"],
  [1e300, "1.000e+300"],
  [0.0001, "0.0001000"],
  [0, "0.00"],
])("%d is shown as %s", (value, words) => {
  expect(numberInWords(value)).toBe(words);
});

test("spans and packets are words", () => {
  expect([40, 4_200, 180_000, 7_200_000].map(spanInWords)).toEqual(["40 ms", "4.2 s", "3 min", "2.0 h"]);
  const packet = { cmd: "publish", topic: "a/b", payload: "{}", qos: 1, messageId: 4, dup: false, retain: true };
  expect(packetInWords(packet)).toBe("a/b  qos 1  messageId 4  retain true  {}");
  expect(packetInWords({ cmd: "subscribe", subscriptions: [{ topic: "a", qos: 1 }] })).toBe(
    'subscriptions [{"topic":"a","qos":1}]',
  );
  expect(packetInWords(undefined)).toBe("");
});
