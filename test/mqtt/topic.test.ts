import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkTopicFilter, checkTopicName, hasWildcard, matches } from "../../src/mqtt/topic.js";
import { thrownBy } from "../support/rig.js";

/** 65,535 bytes, the most that a field holds. */
const LONGEST = `${"é".repeat(32_767)}x`;

describe("a topic name", () => {
  it.each(["a", "/", "//", "sport/tennis/player1", "Accounts payable", "$SYS/monitor", " ", "a b/é/😀"])(
    "may be %j",
    (topic) => {
      expect(checkTopicName(topic)).toBe(new TextEncoder().encode(topic).length);
      expect(hasWildcard(topic)).toBe(false);
    },
  );

  it("may be 65,535 bytes long, and no longer", () => {
    expect(checkTopicName(LONGEST)).toBe(65_535);
    expect(thrownBy(() => checkTopicName(`${LONGEST}y`))).toMatchObject({ kind: "misuse", code: "MQTT-4.7.3-3" });
  });

  it.each([
    ["", "MQTT-4.7.3-1"],
    ["a\u0000", "MQTT-1.5.3-1"],
    ["\ud800", "MQTT-1.5.3-1"],
    ["sport/#", "MQTT-3.3.2-2"],
    ["+", "MQTT-3.3.2-2"],
    ["a+b", "MQTT-3.3.2-2"],
  ])("may not be %j: %s", (topic, code) => {
    expect(thrownBy(() => checkTopicName(topic))).toMatchObject({ kind: "misuse", code });
  });
});

describe("a topic filter", () => {
  // Sections 4.7.1.2 and 4.7.1.3.
  it.each([
    "sport/tennis/player1/#",
    "sport/#",
    "#",
    "sport/tennis/#",
    "+",
    "+/tennis/#",
    "sport/+/player1",
    "/+",
    "+/+",
    "/",
    "$SYS/#",
  ])("may be %j", (filter) => {
    expect(checkTopicFilter(filter)).toBe(filter.length);
  });

  it.each([
    ["sport/tennis#", "MQTT-4.7.1-2"],
    ["sport/tennis/#/ranking", "MQTT-4.7.1-2"],
    ["##", "MQTT-4.7.1-2"],
    ["#/", "MQTT-4.7.1-2"],
    ["a/+#", "MQTT-4.7.1-2"],
    ["sport+", "MQTT-4.7.1-3"],
    ["++", "MQTT-4.7.1-3"],
    ["a/+b/c", "MQTT-4.7.1-3"],
    ["", "MQTT-4.7.3-1"],
    ["a\u0000", "MQTT-1.5.3-1"],
    ["a/\udc00", "MQTT-1.5.3-1"],
  ])("may not be %j: %s", (filter, code) => {
    const message = expect.stringContaining("the topic filter");
    expect(thrownBy(() => checkTopicFilter(filter))).toMatchObject({ kind: "misuse", code, message });
  });

  it("may be 65,535 bytes long, and no longer", () => {
    expect(checkTopicFilter(LONGEST)).toBe(65_535);
    expect(thrownBy(() => checkTopicFilter(`${LONGEST}y`))).toMatchObject({ kind: "misuse", code: "MQTT-4.7.3-3" });
  });
});

/** Section 4.7 in regular expressions: nothing of how src/mqtt does it. */
function matchesByRegExp(filter: string, topic: string): boolean {
  if (/^[+#]/.test(filter) && topic.startsWith("$")) return false;
  const pattern = filter
    .replace(/[^+#/]/gu, (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`)
    .replaceAll("+", "[^/]*")
    .replace(/^#$/, ".*")
    .replace(/\/#$/, "(/.*)?");
  return new RegExp(`^${pattern}$`, "su").test(topic);
}

describe("a filter matches a topic", () => {
  it.each([
    ["sport/tennis/player1/#", "sport/tennis/player1", true],
    ["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
    ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
    ["sport/tennis/player1/#", "sport/tennis/player12", false],
    ["sport/#", "sport", true],
    ["sport/tennis/+", "sport/tennis/player1", true],
    ["sport/tennis/+", "sport/tennis/player1/ranking", false],
    ["sport/+", "sport", false],
    ["sport/+", "sport/", true],
    ["+/+", "/finance", true],
    ["/+", "/finance", true],
    ["+", "/finance", false],
    ["#", "$SYS/monitor", false],
    ["+/monitor/Clients", "$SYS/monitor/Clients", false],
    ["$SYS/#", "$SYS/monitor", true],
    ["$SYS/monitor/+", "$SYS/monitor/Clients", true],
    ["ACCOUNTS", "Accounts", false],
    ["/finance", "finance", false],
    ["a/$b", "a/$b", true],
    ["a/+", "a/$b", true],
    ["#", "/", true],
    ["+/#", "a", true],
    ["a//b", "a/b", false],
    ["a/+/b", "a//b", true],
  ])("%j, %j: %s", (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
    expect(matchesByRegExp(filter, topic)).toBe(expected);
  });

  it("as a regular expression would say", () => {
    const level = fc.constantFrom("", "a", "b", "ab", "$", "$a", "😀");
    const topics = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join("/"));
    const filters = fc
      .tuple(fc.array(fc.oneof(level, fc.constant("+")), { maxLength: 5 }), fc.boolean())
      .map(([levels, multi]) => [...levels, ...(multi ? ["#"] : [])].join("/"));
    const real = (text: string) => text !== "";
    fc.assert(
      fc.property(filters.filter(real), topics.filter(real), (filter, topic) => {
        expect(matches(filter, topic)).toBe(matchesByRegExp(filter, topic));
      }),
      { numRuns: 3000 },
    );
  });
});
