import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Block, blocksOf, pages, root } from "../support/docs/documents.js";
import { entries, problemsOf } from "../support/docs/snippets.js";

const blocks = pages()
  .flatMap(blocksOf)
  .filter(({ language }) => language === "ts");
/** The compiler reads its libraries. */
const SLOW = 60_000;

function block(...lines: string[]): Block {
  return { path: "docs/example.md", language: "ts", line: 8, code: lines.join("\n") };
}

describe("the package's entries", () => {
  it.each(Object.entries(entries()))("%s has its source in %s", (_, source) => {
    expect(existsSync(join(root, source))).toBe(true);
  });

  it("are the client, the browser, Node.js, the application's, the platform's types and the simulator", () => {
    expect(Object.keys(entries()).sort()).toEqual([
      "motewire",
      "motewire/application",
      "motewire/browser",
      "motewire/nodejs",
      "motewire/platform",
      "motewire/simulator",
    ]);
  });
});

describe("the TypeScript in our pages", () => {
  it("stands in the README and in the client's page", () => {
    expect(blocks.map(({ path }) => path)).toEqual(expect.arrayContaining(["README.md", "docs/client.md"]));
  });

  it("compiles against the package's own entries", { timeout: SLOW }, () => {
    expect(problemsOf(blocks)).toEqual([]);
  });
});

describe("an example that does not compile is found, with its page and line:", () => {
  it.each([
    ["an entry that is not there", [`import { Client } from "motewire/node";`], 8, "Cannot find module"],
    ["a name that is not exported", ["", `import { Node } from "motewire";`], 9, "no exported member 'Node'"],
    [
      "an option that is not there",
      [`import type { ClientOptions } from "motewire";`, `export const some: Partial<ClientOptions> = { hosts: "" };`],
      9,
      "'hosts' does not exist",
    ],
    ["a mistake in the language", ["const open = ;"], 8, "Expression expected"],
    ["what only a browser has", [`document.title = "";`], 8, "Cannot find name 'document'"],
  ])(
    "%s",
    (_, lines, line, words) => {
      const [first, ...others] = problemsOf([block(...lines)]);
      expect(first).toContain(`docs/example.md:${line}: `);
      expect(first).toContain(words);
      expect(others).toEqual([]);
    },
    SLOW,
  );

  it("a block without an end", () => {
    expect(() => blocksOf({ path: "docs/example.md", text: "one\n```ts\nlet a;\n" })).toThrow("docs/example.md:2:");
  });
});
