/** docs/conformance.md, from the statements. */

import { broken, type Sources } from "../breaking.js";
import { changesOf, SERVER_ONLY, STATEMENTS, type Statement } from "./statement.js";

const CHAPTERS: Readonly<Record<string, string>> = {
  1: "Strings",
  2: "Packet format",
  3: "Packets",
  4: "Operation",
  6: "WebSocket",
  7: "Conformance",
};

/** @param sources that the violations are of */
export function render(sources: Sources): string {
  const lines = [
    "# Conformance",
    "",
    "Every normative statement of MQTT 3.1.1 (OASIS standard, appendix B) that binds a client, in our words, with the tests that",
    "show that this client does what it demands. Where it can be seen on the wire, a change of the source that violates it is",
    "kept beside it, and `npm run conformance -- bites` shows that these tests catch it.",
    "",
    `${STATEMENTS.length} statements; ${STATEMENTS.filter(isVisible).length} of them with a violation. ${SERVER_ONLY.length} others bind servers only.`,
    "",
    "This page is made from `test/support/conformance/statements` by `npm run conformance -- render`; a test fails when it is out of date, when a",
    "statement has no test, or names one that does not exist.",
  ];
  for (const [chapter, title] of Object.entries(CHAPTERS)) {
    lines.push("", `## ${title}`, "", "| Statement | Demands | Shown by | Violated in |", "|---|---|---|---|");
    for (const statement of STATEMENTS) {
      if (statement.number.startsWith(`MQTT-${chapter}.`)) lines.push(row(statement, sources));
    }
  }
  return `${lines.join("\n")}\n`;
}

function isVisible({ violation }: Statement): boolean {
  return typeof violation !== "string";
}

function row({ number, demands, tests, violation }: Statement, sources: Sources): string {
  const shown = tests.map((test) => {
    const [file, ...titles] = test.split(" > ");
    return `[${file}](../test/${file}.test.ts): ${cell(titles.join(" › "))}`;
  });
  const files = (changed: Sources) => [...changed.keys()].map((path) => `\`${path.slice(path.lastIndexOf("/") + 1)}\``);
  const violated =
    typeof violation === "string"
      ? `– (${cell(violation)})`
      : files(broken(sources, changesOf(violation), number)).join(", ");
  return `| ${number} | ${cell(demands)} | ${shown.join("<br>")} | ${violated} |`;
}

function cell(text: string): string {
  return text.replace(/[|\\*_<>]/g, "\\$&");
}
