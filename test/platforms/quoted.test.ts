import { describe, expect, test } from "vitest";
import { quoted, visible } from "../../src/platforms/quoted.js";

describe("text is shown so that every character of it can be seen:", () => {
  test.each([
    ["a mark at the beginning", "\ufeff{}", "\\u{feff}{}"],
    ["a line's end", "a\nb\r", "a\\u{000a}b\\u{000d}"],
    ["what a terminal obeys", "\u001b[31m\u009b", "\\u{001b}[31m\\u{009b}"],
    ["no width", "a\u200bb", "a\\u{200b}b"],
    ["another direction", "\u202eabc", "\\u{202e}abc"],
    ["a space that is none", "a\u00a0b c", "a\\u{00a0}b c"],
    ["half a pair", "\ud83d!", "\\u{d83d}!"],
    ["what can be seen", "Zürich 21 °C 😀", "Zürich 21 °C 😀"],
  ])("%s", (_what, text, shown) => {
    expect(visible(text)).toBe(shown);
  });
});

describe("a value in an error's sentence", () => {
  test.each([
    ["text", "x", '"x"'],
    ["a number", 5, "5"],
    ["undefined", undefined, "undefined"],
    ["an object", { a: 1 }, '{"a":1}'],
    ["a function", () => 1, "a function"],
  ])("is %s as it was written", (_what, value, shown) => {
    expect(quoted(value)).toBe(shown);
  });

  test("is cut short", () => {
    expect(quoted("x".repeat(100), 10)).toBe(`"${"x".repeat(9)}…`);
  });
});
