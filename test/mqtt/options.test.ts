import { describe, expect, it } from "vitest";
import type { ClientOptions } from "../../src/mqtt/api.js";
import { checkedQoS, settle } from "../../src/mqtt/options.js";
import { thrownBy } from "../support/rig.js";

const LEAST = { host: "broker.test", id: "mote" } as ClientOptions;
const MAXIMUM_TIME = 0x7fffffff;

/** An option that is a number, where it ends up, its default, and the least and the most it may be. */
const NUMBERS: [option: string, settled: string, otherwise: number, least: number, most: number][] = [
  ["port", "port", 1883, 1, 65_535],
  ["keepAlive", "keepAlive", 60_000, 0, 65_535_000],
  ["responseTimeout", "responseTimeout", 20_000, 1, MAXIMUM_TIME],
  ["stableTime", "stableTime", 30_000, 0, MAXIMUM_TIME],
  ["window", "window", 8, 1, 65_535],
  ["maximumQueued", "maximumQueued", 16_384, 0, Number.MAX_SAFE_INTEGER],
  ["maximumReceived", "maximumReceived", 1024, 1, 65_535],
  ["receiveBuffer", "receiveBuffer", 2048, 64, MAXIMUM_TIME],
  ["transmitBuffer", "transmitBuffer", 2048, 1, MAXIMUM_TIME],
  ["backoff.minimum", "minimumDelay", 1000, 1, MAXIMUM_TIME],
  ["backoff.maximum", "maximumDelay", 60_000, 1000, MAXIMUM_TIME],
];

/** The options with this one set; one of `backoff` beside the other's default. */
function withOption(option: string, value: unknown): ClientOptions {
  if (!option.startsWith("backoff.")) return { ...LEAST, [option]: value };
  const backoff: object = { maximum: MAXIMUM_TIME, [option.slice("backoff.".length)]: value };
  return { ...LEAST, backoff };
}

describe("the options", () => {
  it("are these where nothing is said", () => {
    const numbers = Object.fromEntries(NUMBERS.map(([, settled, otherwise]) => [settled, otherwise]));
    expect(settle(LEAST)).toEqual({
      ...numbers,
      host: "broker.test",
      id: "mote",
      user: undefined,
      password: undefined,
      clean: false,
      will: undefined,
      foreignSession: "discard",
      malformedSession: "discard",
      pipelining: false,
    });
  });

  it.each(NUMBERS)(
    "%s: the least and the most are taken, what is beyond is refused by name",
    (option, settled, _otherwise, least, most) => {
      for (const value of [least, most]) expect(settle(withOption(option, value))).toMatchObject({ [settled]: value });
      // Of keepAlive, what is between 0 and a second is refused in words of its own.
      const between = option === "keepAlive" ? 1000.5 : least + 0.5;
      for (const value of [least - 1, most + 1, between, Number.NaN, "1", null]) {
        expect(thrownBy(() => settle(withOption(option, value)))).toMatchObject({
          kind: "misuse",
          code: "option",
          message: `option ${option} must be a whole number from ${least} to ${most}, not ${typeof value === "string" ? JSON.stringify(value) : String(value)}`,
        });
      }
    },
  );

  it("keepAlive is 0 or a second at least: what is less was probably meant in seconds", () => {
    expect(settle({ ...LEAST, keepAlive: 1000 })).toMatchObject({ keepAlive: 1000 });
    for (const keepAlive of [1, 60, 999])
      expect(thrownBy(() => settle({ ...LEAST, keepAlive })).message).toContain(`at least 1,000, not ${keepAlive}`);
  });

  it.each(["mqtt://x", "x:1883", " x", "x ", "a b", "x/y"])("host %j is refused: it is not a name alone", (host) => {
    expect(thrownBy(() => settle({ ...LEAST, host }))).toMatchObject({ kind: "misuse", code: "option" });
  });

  it("backoff.maximum may not be less than backoff.minimum", () => {
    expect(settle({ ...LEAST, backoff: { minimum: 5000, maximum: 5000 } })).toMatchObject({ maximumDelay: 5000 });
    expect(thrownBy(() => settle({ ...LEAST, backoff: { minimum: 5000, maximum: 4999 } })).code).toBe("option");
  });

  it.each([
    ["no host", { host: "" }, "option"],
    ["host undefined", { host: undefined }, "option"],
    ["id undefined", { id: undefined }, "option"],
    ["a number as id", { id: 5 }, "option"],
    ["U+0000 in id", { id: "a\0" }, "MQTT-1.5.3-1"],
    ["an id too long", { id: "a".repeat(65_536) }, "field-too-long"],
    ["an empty id without clean", { id: "" }, "MQTT-3.1.3-7"],
    ["U+0000 in user", { user: "a\0" }, "MQTT-1.5.3-1"],
    ["a user too long", { user: "a".repeat(65_536) }, "field-too-long"],
    ["a password without user", { password: "b" }, "MQTT-3.1.2-22"],
    ["half a surrogate pair in password", { user: "a", password: "\ud800" }, "MQTT-1.5.3-1"],
    ["a password too long", { user: "a", password: "b".repeat(65_536) }, "field-too-long"],
    ["a will to a wildcard", { will: { topic: "a/#", message: "" } }, "MQTT-3.3.2-2"],
    ["half a surrogate pair in a will", { will: { topic: "a", message: "\ud800" } }, "MQTT-1.5.3-1"],
    ["a will too long", { will: { topic: "a", message: new Uint8Array(65_536) } }, "field-too-long"],
    ["foreignSession of another name", { foreignSession: "keep" }, "option"],
    ["malformedSession of another name", { malformedSession: "random" }, "option"],
    ["a will with QoS 3", { will: { topic: "a", message: "", QoS: 3 } }, "option"],
  ])("%s is refused", (_what, wrong, code) => {
    expect(thrownBy(() => settle({ ...LEAST, ...wrong } as ClientOptions))).toMatchObject({ kind: "misuse", code });
  });

  it("that are one of two words are refused with both", () => {
    const wrong = { ...LEAST, malformedSession: "drop" } as unknown as ClientOptions;
    expect(thrownBy(() => settle(wrong)).message).toBe(
      'option malformedSession must be "discard" or "keep", not "drop"',
    );
    expect(settle({ ...LEAST, malformedSession: "keep" }).malformedSession).toBe("keep");
  });

  it("may be as long as the protocol allows, and a password may hold any bytes", () => {
    const longest = "a".repeat(65_535);
    const will = { topic: "a", message: longest, QoS: 2 as const };
    expect(settle({ ...LEAST, id: longest, user: longest, password: longest, will })).toMatchObject({
      id: longest,
      user: longest,
      password: longest,
      will: { topic: "a", message: longest, QoS: 2, retain: false },
    });
    expect(settle({ ...LEAST, user: "a", password: "\0" }).password).toBe("\0");
    expect(settle({ ...LEAST, user: "a", password: Uint8Array.of(1, 2).buffer }).password).toEqual(Uint8Array.of(1, 2));
    expect(settle({ ...LEAST, id: "", clean: true, pipelining: true })).toMatchObject({
      clean: true,
      pipelining: true,
    });
    expect(settle({ ...LEAST, pipelining: 1 as never }).pipelining).toBe(false);
    expect(settle({ ...LEAST, user: "a" })).toMatchObject({ user: "a", password: undefined });
  });
});

describe("a QoS", () => {
  it("is 0 where nothing is said, and nothing but 0, 1 and 2", () => {
    expect([undefined, 0, 1, 2].map((QoS) => checkedQoS(QoS as 0))).toEqual([0, 0, 1, 2]);
    for (const QoS of [3, -1, 0.5, "1", null]) expect(thrownBy(() => checkedQoS(QoS as never)).code).toBe("option");
  });
});
