import { describe, expect, it } from "vitest";
import { problemWith } from "../support/docs/commands.js";
import { blocksOf, pages, proseOf } from "../support/docs/documents.js";
import { type Command, commandsOf } from "../support/docs/shell.js";

const inBlocks = pages()
  .flatMap(blocksOf)
  .filter(({ language }) => language === "sh")
  .flatMap(({ path, line, code }) => commandsOf(path, line, code));

/** Commands between single backticks, without those of which a word is missing (`…`, `SEED`, `N`). */
const inLines = pages().flatMap((page) =>
  proseOf(page)
    .split("\n")
    .flatMap((line, index) =>
      [...line.matchAll(/`((?:npm|npx|mcconfig) [^`]*)`/g)]
        .map(([, code = ""]) => code)
        .filter((code) => !/…|FLAGS|=N\b/.test(code))
        .flatMap((code) => commandsOf(page.path, index + 1, code.replace(/\bSEED\b/, "1"))),
    ),
);

function problem(code: string): string | undefined {
  return commandsOf("docs/example.md", 3, code).map(problemWith).find(Boolean);
}

describe("the commands in our pages", () => {
  it("begin with the two of the promise", () => {
    const shown = inBlocks.filter(({ at }) => at.startsWith("README.md:")).map(({ words }) => words.join(" "));
    expect(shown.slice(0, 4)).toEqual(["npm ci", "npm start", "npm ci", "npm test"]);
  });

  it("stand in a README that is read in one go", () => {
    const [readme] = pages().filter(({ path }) => path === "README.md");
    expect(readme?.text.trimEnd().split("\n").length).toBeLessThan(120);
  });

  it("in blocks can be run: programs, scripts, flags, values, boards and files are there", () => {
    expect(inBlocks.map(problemWith).filter(Boolean)).toEqual([]);
  });

  it("in lines can be run", () => {
    expect(inLines.length).toBeGreaterThan(30);
    expect(inLines.map(problemWith).filter(Boolean)).toEqual([]);
  });
});

describe("a command that cannot be run is found:", () => {
  it.each([
    ["npm run xs:build", "package.json has no script xs:build"],
    ["npm run xs -- bild", "scripts/xs.ts knows no bild"],
    ["npm tset", "package.json has no script tset"],
    ["npm start --json", "--json goes to npm, not to the program: it must stand behind --"],
    ["npm start -- --bord esp32_devkitc", "unknown flag --bord"],
    ["npm start -- --board esp32", `--board is "esp32": must be one of`],
    ["npm start -- --qos 3", `--qos is "3"`],
    ["npm start -- --duration", "--duration needs a value"],
    ["npm run sim -- explode", "the simulator has no command explode"],
    ["npm run sim -- explore --steps 3", "unknown flag --steps"],
    ["npm run sim -- replay --hours 3", "replay needs a word"],
    ["npm run sim -- scenario host-sim/scenarios/good-router.json", "there is no host-sim/scenarios/good-router.json"],
    ["npm run bench -- --onlyy xs", "scripts/bench.ts knows no --onlyy"],
    ["npm run budget -- --board esp32c9", "scripts/budget.ts knows no esp32c9"],
    ["npm run check:firmware -- esp32c9", "scripts/check-firmware.ts knows no esp32c9"],
    ["npm run mutation -- --mutate src/mqtt/topic.ts", "there is no src/mqtt/topic.ts"],
    ["npx vitest run test/node", "there is no test/node"],
    ["npx vitest test/mqtt", "vitest must be told to run"],
    ["npx jest", "npx jest is not known"],
    ["mcconfig -d -m -p esp32:./boards/esp32", "esp32:./boards/esp32 is no board of ours"],
    ["mcconfig -d -m -p lin wifi_sid=a", "the firmware knows no wifi_sid"],
    ["mosquitto_pub -t motewire/porch/command/reboot -m '{}'", "the node has no command reboot"],
    ["mosquitto_pub -t motewire/porch/command/interval -m '{'", "{ is not JSON"],
    ["motewire start", "the program motewire is not known"],
  ])("%s", (code, words) => {
    expect(problem(code)).toContain(`docs/example.md:3: ${words}`);
  });

  it("with its line, behind a command that is right too", () => {
    expect(problem("npm ci && \\\n  npm rum")).toBe("docs/example.md:4: package.json has no script rum");
  });
});

describe("a line of a shell", () => {
  const words = (code: string): Command["words"][] => commandsOf("a.md", 1, code).map((command) => command.words);

  it("is read with comments, quotes, variables before a command, and several commands", () => {
    expect(words("A_B=1 npm ci   # first\n\n# second\nnpm run a -- 'b c' d=\"e f\" && cd x")).toEqual([
      ["npm", "ci"],
      ["npm", "run", "a", "--", "b c", "d=e f"],
      ["cd", "x"],
    ]);
  });

  it("is refused when it cannot be read", () => {
    expect(() => words("npm run 'a")).toThrow("a.md:1: cannot be read as a command: 'a");
  });
});
