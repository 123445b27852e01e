import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkTopicFilter, checkTopicName, hasWildcard, matches } from "../../../src/mqtt/wire/topic.js";
import { thrownBy } from "../../support/rig.js";
import { FILTERS, LONGEST, MATCHES, NAMES, NOT_FILTERS, NOT_NAMES } from "../../vectors/topics.js";

describe("a topic name", () => {
  it.each(NAMES)("may be %j", (topic) => {
    expect(checkTopicName(topic)).toBe(new TextEncoder().encode(topic).length);
    expect(hasWildcard(topic)).toBe(false);
  });

  it("may be 65,535 bytes long, and no longer", () => {
    expect(checkTopicName(LONGEST)).toBe(65_535);
    expect(thrownBy(() => checkTopicName(`${LONGEST}y`))).toMatchObject({ kind: "misuse", code: "MQTT-4.7.3-3" });
  });

  it.each(NOT_NAMES)("may not be %j: %s", (topic, code) => {
    expect(thrownBy(() => checkTopicName(topic))).toMatchObject({ kind: "misuse", code });
  });
});

describe("a topic filter", () => {
  it.each(FILTERS)("may be %j", (filter) => {
    expect(checkTopicFilter(filter)).toBe(filter.length);
  });

  it.each(NOT_FILTERS)("may not be %j: %s", (filter, code) => {
    const message = expect.stringContaining("the topic filter");
    expect(thrownBy(() => checkTopicFilter(filter))).toMatchObject({ kind: "misuse", code, message });
  });

  it("may be 65,535 bytes long, and no longer", () => {
    expect(checkTopicFilter(LONGEST)).toBe(65_535);
    expect(thrownBy(() => checkTopicFilter(`${LONGEST}y`))).toMatchObject({ kind: "misuse", code: "MQTT-4.7.3-3" });
  });
});

/** Section 4.7 in regular expressions: nothing of how src/mqtt does it. */
function matchesByRegExp(subscription: string, topic: string): boolean {
  const filter = subscription.replace(/^\$share\/[^/]+\//, "");
  if (/^[+#]/.test(filter) && topic.startsWith("$")) return false;
  const pattern = filter
    .replace(/[^+#/]/gu, (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`)
    .replaceAll("+", "[^/]*")
    .replace(/^#$/, ".*")
    .replace(/\/#$/, "(/.*)?");
  return new RegExp(`^${pattern}$`, "su").test(topic);
}

describe("a filter matches a topic", () => {
  it.each(MATCHES)("%j, %j: %s", (filter, topic, expected) => {
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
