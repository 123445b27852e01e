import { describe, expect, it } from "vitest";
import { invariants } from "../../host-sim/core/sim/invariants.js";
import { filesLike, pages } from "../support/docs/documents.js";
import { brokenLinks, formerNames, missingPaths } from "../support/docs/links.js";

/** A changelog tells of what was. */
const present = pages().filter(({ path }) => path !== "CHANGELOG.md");

function page(text: string) {
  return { path: "docs/example.md", text };
}

describe("what the pages name is there:", () => {
  it("links and their headings", () => {
    expect(pages().flatMap(brokenLinks)).toEqual([]);
  });

  it("paths of files and folders", () => {
    expect(present.flatMap(missingPaths)).toEqual([]);
  });

  it("no name of former times, in sources neither", () => {
    // Those that look for the names have them.
    const sources = filesLike("*.ts", "*.js", "*.cjs", "*.mjs", "*.json", "*.c", "*.h", "*.defect").filter(
      ({ path }) => !/^test\/(support\/)?docs\//.test(path),
    );
    expect(sources.length).toBeGreaterThan(300);
    expect([...present, ...sources].flatMap(formerNames)).toEqual([]);
  });

  it("the invariants of the promise", () => {
    const [promise] = pages().filter(({ path }) => path === "docs/promise.md");
    const named = [...(promise?.text ?? "").matchAll(/\[([a-z0-9-]+(?:, [a-z0-9-]+)*)\](?!\()/g)].flatMap(
      ([, names = ""]) => names.split(", "),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !Object.hasOwn(invariants, name))).toEqual([]);
  });
});

describe("what is not there is found, with its line:", () => {
  it.each([
    [brokenLinks, "[a](client.md)\n[b](clients.md)", "2: there is no docs/clients.md"],
    [brokenLinks, "[b](../README.md#two-commands)", "1: README.md has no heading #two-commands"],
    [brokenLinks, "# One, two\n[a](#one-two) [b](#one)", "2: docs/example.md has no heading #one"],
    [missingPaths, "`src/mqtt/topic.ts`", "1: there is no src/mqtt/topic.ts"],
    [missingPaths, "\n`boards/<id>/board.ts` `boards/<id>/pins.ts`", "2: there is no boards/lin/pins.ts"],
    [formerNames, "`src/mote`\nas `src/node` does", "2: src/node is called src/mote now"],
    [formerNames, 'import "motewire/node"', "1: motewire/node is called motewire/nodejs now"],
  ])("%o in %j", (search, text, problem) => {
    expect(search(page(text))).toEqual([`docs/example.md:${problem}`]);
  });

  it("and what is there is not", () => {
    const text = "[a](client.md#limits) [b](https://example.com) `src/mqtt/wire` `npm start` `motewire/nodejs`";
    for (const search of [brokenLinks, missingPaths, formerNames]) expect(search(page(text))).toEqual([]);
  });
});
