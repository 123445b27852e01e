/** What came, as it came: what cannot be seen is shown by its code point, so that a person can find it. */

/** Control characters, line ends, and what has no width or turns the direction of a line: U+FEFF, U+200B, U+202E … */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]|(?! )\p{Zs}/gu;

/** Text in which every character can be seen. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (sign) => `\\u{${(sign.codePointAt(0) as number).toString(16).padStart(4, "0")}}`);
}

/** A value in an error's sentence: text in quotes, cut short, all else as JSON. @param most characters shown */
export function quoted(value: unknown, most = 60): string {
  if (typeof value === "function") return "a function";
  const text = typeof value === "string" ? `"${visible(value)}"` : (JSON.stringify(value) ?? String(value));
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
