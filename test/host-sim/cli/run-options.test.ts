import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readRunOptions, runHelp } from "../../../host-sim/cli/run-options.js";
import { UsageError } from "../../../host-sim/cli/usage.js";

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
  ["mqtt://user:secret@host", /^unexpected "mqtt:\/\/\*\*\*@host": flags begin with --$/],
  ["--password-file nowhere --broker mqtt://u@h", /^--password-file: ENOENT/],
  ["--password-file package.json", /^--password-file needs a user: --broker mqtt:\/\/user@host:port$/],
  [
    "--broker http://user:secret@host",
    /^--broker is "http:\/\/\*\*\*@host": must begin with mqtt:\/\/ or ws:\/\/, as in /,
  ],
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

describe("the broker's password", () => {
  const broker = (line: string, password?: string) => readRunOptions(line.split(" "), 1, password)?.broker;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "motewire-password-"));
    return () => rmSync(folder, { recursive: true });
  });

  test.each([
    ["secret", "secret"],
    ["secret\n", "secret"],
    ["secret\r\n", "secret"],
    [" two words \n\n", " two words \n"],
  ])("comes from a file that holds %j, for a command line is public", (text, password) => {
    const file = join(folder, "password");
    writeFileSync(file, text);
    expect(broker(`--broker mqtt://u@h --password-file ${file}`, "of the environment")).toMatchObject({ password });
  });

  test("comes from the environment, where it stands nowhere else and there is a user", () => {
    expect(broker("--broker mqtt://u@h", "pw")).toMatchObject({ user: "u", password: "pw" });
    expect(broker("--broker mqtt://u:own@h", "pw")).toMatchObject({ password: "own" });
    expect(broker("--broker mqtt://h", "pw")).not.toHaveProperty("password");
    expect(broker("--json", "pw")).toBeUndefined();
  });
});
