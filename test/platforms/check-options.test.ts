import { describe, expect, test } from "vitest";
import type { ClientOptions } from "../../src/mqtt/api.js";
import { Client } from "../../src/mqtt/client.js";
import { MqttError } from "../../src/mqtt/errors.js";
import { nearest } from "../../src/platforms/check-options.js";
import { nodejsPlatform } from "../../src/platforms/nodejs/index.js";

const least = { platform: nodejsPlatform(), host: "localhost", id: "x" };

function said(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(MqttError);
    expect((error as MqttError).kind).toBe("misuse");
    return (error as Error).message;
  }
  return "nothing was refused";
}

describe("an option of the client that is wrong is refused at the door, by name:", () => {
  test.each<[object, string]>([
    [{ password: 1234, user: "u" }, "option password must be text or bytes, not 1234"],
    [
      { host: "mqtt://x" },
      'option host must be a name or address alone, such as "localhost" (a port is an option), not "mqtt://x"',
    ],
    [
      { host: "x:1883" },
      'option host must be a name or address alone, such as "localhost" (a port is an option), not "x:1883"',
    ],
    [
      { host: " x " },
      'option host must be a name or address alone, such as "localhost" (a port is an option), not " x "',
    ],
    [{ host: 5 }, "option host must be text, not 5"],
    [{ keepalive: 60 }, 'there is no option "keepalive": keepAlive?'],
    [{ keepAlive: 60 }, "option keepAlive must be 0 or milliseconds, at least 1,000, not 60"],
    [{ keepAlive: "60" }, 'option keepAlive must be a number, not "60"'],
    [{ clean: "false" }, 'option clean must be true or false, not "false"'],
    [{ onMessage: () => {} }, 'there is no option "onMessage"'],
    [{ onReadble: () => {} }, 'there is no option "onReadble": onReadable?'],
    [{ onError: console }, "option onError must be a function, not {"],
    [{ store: "./porch" }, 'option store must be an object, not "./porch"'],
    [{ durability: "allways" }, 'option durability must be "always", "offline" or "never", not "allways"'],
    [{ will: { topic: "t", message: "m", qos: 1 } }, 'there is no option "will.qos": will.QoS?'],
    [{ will: { topic: "t", message: 5 } }, "option will.message must be text or bytes, not 5"],
    [{ backoff: { min: 5 } }, 'there is no option "backoff.min"'],
    [{ backoff: 5 }, "option backoff must be an object, not 5"],
    [{ platform: undefined }, "option platform is missing: what the client runs on"],
  ])("%j", (options, message) => {
    expect(said(() => new Client({ ...least, ...options } as ClientOptions))).toContain(message);
  });

  test("and one that is right is not", () => {
    for (const host of ["localhost", "broker.example", "192.0.2.1", "::1", "fe80::1%eth0"])
      expect(
        said(() => new Client({ ...least, host, keepAlive: 0, onError: undefined } as object as ClientOptions)),
      ).toBe("nothing was refused");
  });
});

test.each<[object, string]>([
  [{ qos: 1 }, 'there is no option "qos": QoS?'],
  [{ QoS: "1" }, 'option QoS must be 0, 1 or 2, not "1"'],
  [{ retained: true }, 'there is no option "retained": retain?'],
  [{ retain: 1 }, "option retain must be true or false, not 1"],
])("publish refuses %j, and subscribe what it does not know", (options, message) => {
  const client = new Client(least);
  expect(said(() => client.publish("t", "x", options))).toBe(message);
  if ("retain" in options || "retained" in options) return;
  expect(said(() => client.subscribe("t", options, () => {}))).toBe(message);
});

describe("the name that was meant", () => {
  test.each([
    ["QOS", "QoS"],
    ["portt", "port"],
    ["xyz", undefined],
    ["", undefined],
  ])("for %j is %j", (name, expected) => {
    expect(nearest(name, ["QoS", "port", "retain"])).toBe(expected);
  });
});
