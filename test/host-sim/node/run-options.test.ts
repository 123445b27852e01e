import { describe, expect, test } from "vitest";
import { parseBrokerUrl } from "../../../host-sim/node/broker-url.js";
import { readRunOptions, runHelp } from "../../../host-sim/node/run-options.js";
import { UsageError } from "../../../host-sim/node/usage.js";

const read = (line: string) => readRunOptions(line === "" ? [] : line.split(" "), 42);

test("without flags a run has its defaults", () => {
  expect(read("")).toMatchObject({
    board: { id: "esp32_devkitc" },
    settings: {},
    seed: 42,
    wire: false,
    json: false,
  });
  expect(read("")).not.toHaveProperty("broker");
  expect(read("")).not.toHaveProperty("duration");
});

test.each([
  ["--interval 500ms", { settings: { interval: 500 } }],
  ["--interval=1.5m", { settings: { interval: 90_000 } }],
  ["--qos 2 --interval 5s", { settings: { QoS: 2, interval: 5_000 } }],
  ["--duration 2h", { duration: 7_200_000 }],
  ["--board m5atom_lite", { board: { id: "m5atom_lite" } }],
  ["--id Porch-1_a", { id: "Porch-1_a" }],
  ["--store here", { store: "here" }],
  ["--seed 0", { seed: 0 }],
  ["--seed 4294967295", { seed: 4_294_967_295 }],
  ["--wire --json", { wire: true, json: true }],
  ["--broker mqtt://h", { broker: { host: "h", port: 1883 } }],
  ["--qos 0 --qos 1", { settings: { QoS: 1 } }],
])("%s is read", (line, options) => {
  expect(read(line)).toMatchObject(options);
});

test.each([
  ["--bogus", /^unknown flag --bogus: known are --broker, .*--json, --help$/],
  ["-x", /^unknown flag -x: known are /],
  ["--no-json", /^unknown flag --no-json/],
  ["stray", /^unexpected "stray": flags begin with --$/],
  ["--board nope", /^--board is "nope": must be one of esp32_devkitc, .*lin$/],
  ["--interval soon", /^--interval is "soon": must be a duration with its unit .*"100ms" to "24h"$/],
  ["--interval 5", /^--interval is "5": must be a duration with its unit/],
  ["--interval 1ms", /^--interval is "1ms": must be/],
  ["--duration 0s", /^--duration is "0s": must be .*"100ms" to "576h"$/],
  ["--duration", /^--duration needs a value: --duration TIME$/],
  ["--duration --json", /^--duration needs a value: --duration TIME$/],
  ["--id=", /^--id needs a value: --id NAME$/],
  ["--qos 3", /^--qos is "3": must be 0, 1 or 2$/],
  ["--qos 01", /^--qos is "01"/],
  ["--id a/b", /^--id: the node's id is "a\/b": must be 1 to 64 characters/],
  ["--seed -1", /^--seed is "-1": must be a whole number from 0 to 4294967295$/],
  ["--seed 4294967296", /^--seed is "4294967296"/],
  ["--seed 1e3", /^--seed is "1e3"/],
  ["--json=yes", /^--json takes no value$/],
])("%s is refused in one line that names it", (line, message) => {
  let thrown: unknown;
  try {
    read(line);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(UsageError);
  expect((thrown as Error).message).toMatch(message);
  expect((thrown as Error).message).not.toContain("\n");
});

test.each(["--help", "-h", "--bogus --help"])("%s asks for help", (line) => {
  expect(read(line)).toBeUndefined();
});

test("the help's lines are not too wide for a terminal that is not narrow", () => {
  for (const line of runHelp.split("\n")) expect(line.length).toBeLessThanOrEqual(130);
});

describe("a broker's URL", () => {
  const parse = (text: string) => parseBrokerUrl("--broker", text);

  test.each([
    ["mqtt://broker.example", { host: "broker.example", port: 1883 }],
    ["MQTT://broker.example:8883/", { host: "broker.example", port: 8883 }],
    ["mqtt://127.0.0.1:1", { host: "127.0.0.1", port: 1 }],
    ["mqtt://[::1]:1884", { host: "::1", port: 1884 }],
    ["mqtt://user@host", { host: "host", port: 1883, user: "user" }],
    ["mqtt://user:pass@host", { host: "host", port: 1883, user: "user", password: "pass" }],
    ["mqtt://us%40er:p%3A%2F%C3%A4@host", { host: "host", port: 1883, user: "us@er", password: "p:/ä" }],
  ])("%s", (text, address) => {
    expect(parse(text)).toEqual(address);
  });

  test.each([
    ["http://x", /must begin with mqtt:\/\/, as in mqtt:\/\/user:password@host:port$/],
    ["localhost:1883", /must begin with mqtt:\/\//],
    ["mqtts://x", /TLS is not there yet; must be mqtt:\/\/$/],
    ["mqtt://", /the host is missing|must be of the form/],
    ["mqtt://h:99999", /with a port from 1 to 65535$/],
    ["mqtt://h:0", /the port must be from 1 to 65535$/],
    ["mqtt://h:1883/topic", /nothing may follow the port/],
    ["mqtt://h?x", /nothing may follow the port/],
    ["mqtt://u:%zz@h", /a % must be followed by two hexadecimal digits$/],
    ["mqtt://:p@h", /a password needs a user before it$/],
  ])("%s is refused", (text, message) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(message);
  });

  test("is refused without repeating its password", () => {
    expect(() => parse("http://user:secret@host")).toThrow(/^--broker is "http:\/\/user:\*\*\*@host"/);
    expect(() => parse("mqtt://user:se@cret@host:0")).toThrow(/user:\*\*\*@host:0"/);
  });
});
