import { describe, expect, it } from "vitest";
import { pages } from "../support/docs/documents.js";
import { missingFrom, tableUnder, unnamedIn } from "../support/docs/layout.js";

const text = pages().find(({ path }) => path === "ARCHITECTURE.md")?.text ?? "";
const files = tableUnder("Where things are", text);
const words = tableUnder("Words", text);

describe("ARCHITECTURE.md's list of files", () => {
  it("names only what is there", () => {
    expect(files.length).toBeGreaterThan(10);
    expect(missingFrom(files)).toEqual([]);
  });

  it.each([
    "src",
    "src/mqtt",
    "src/mqtt/wire",
    "src/mote",
    "src/platforms",
    "src/platforms/browser",
    "host-sim",
    "host-sim/core",
    "host-sim/view",
    "host-sim/xs",
  ])("names every room and module of %s", (folder) => {
    const all = unnamedIn(folder, files);
    // A file of types beside the rooms, and what starts the command line, are no rooms.
    expect(all.filter((path) => !path.endsWith(".d"))).toEqual([]);
  });
});

describe("ARCHITECTURE.md's words", () => {
  it("are two dozen at least, each once and with one meaning", () => {
    const names = words.map(({ cells }) => cells[0]);
    expect(names.length).toBeGreaterThanOrEqual(24);
    expect(new Set(names).size).toBe(names.length);
    for (const { cells } of words) {
      expect(cells).toHaveLength(2);
      expect(cells[1]).not.toBe("");
    }
  });

  it.each([
    "mote",
    "Node.js",
    "link",
    "connection",
    "session",
    "token",
    "packet identifier",
    "store",
    "outbox",
    "backlog",
  ])("hold %s", (word) => {
    expect(words.map(({ cells }) => cells[0])).toContain(word);
  });
});

describe("a list that has fallen behind is found:", () => {
  const rows = (...lines: string[]) =>
    tableUnder(
      "List",
      ["# Page", "## List", "| Folder | Holds |", "|---|---|", ...lines, "## Next", "| `no` | |"].join("\n"),
    );

  it("a folder that is not there, with its line", () => {
    expect(missingFrom(rows("| `src` | all |", "| `src/node` | the node |"))).toEqual(["6: there is no src/node"]);
  });

  it("a file that is not there", () => {
    expect(missingFrom(rows("| `src/mqtt` | `client`, `poison`, and `KeyValue` |"))).toEqual([
      "5: there is no poison in src/mqtt",
    ]);
  });

  it("a room and a module that are not named", () => {
    expect(
      unnamedIn("src", rows("| `src` | `application`, `main`, `mote`, `package` |", "| `src/mqtt` | the client |")),
    ).toEqual(["src/drivers", "src/platform", "src/platforms", "src/transports"]);
  });
});
