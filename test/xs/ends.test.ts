import { expect, it, vi } from "vitest";
import { describeWith } from "../support/describe-with.js";
import { C3, runText } from "./rig.js";

// The first one builds the host.
vi.setConfig({ testTimeout: 120_000 });

/** Lines of the program's module. */
const program = (...lines: string[]) =>
  ["const state = new Map();", "export default function main() {", ...lines, "}", "state.size;"].join("\n");

const PLACE = "host-sim/xs/programs/text.ts";

describeWith("C compiler", "a program on XS ends", () => {
  it("with exit code 0 when nothing is left that could happen", async () => {
    const { code, words, traced } = await runText(
      program("host.setTimer(() => trace('late\\n'), 20);", "host.setTimer(() => trace('soon\\n'), 1);"),
    );
    expect({ code, words, traced }).toEqual({ code: 0, words: "", traced: "soon\nlate\n" });
  });

  it("at an exception that nobody catches, in a callback too, and names the line", async () => {
    const { code, words } = await runText(program("host.setTimer(() => {", "  undefined.x;", "}, 1);"));
    expect(code).toBe(15);
    expect(words).toMatch(/^xs: uncaught exception: TypeError: .*undefined/);
    expect(words).toContain(`${PLACE}:4`);
  });

  it("at a rejection that nobody catches", async () => {
    const { code, words } = await runText(program("Promise.reject(new Error('lost'));"));
    expect(code).toBe(15);
    expect(words).toContain("unhandled rejection");
    expect(words).toContain("lost");
  });

  it("at a write to a Map that was preloaded, and names the line", async () => {
    const { code, words } = await runText(program("state.set('a', 1);"));
    expect(code).toBe(15);
    expect(words).toMatch(/Map instance is read-only/);
    expect(words).toContain(`${PLACE}:3`);
  });

  it.each([
    ["slots", "const list = []; for (;;) list.push({ a: 1 });"],
    ["chunks", "const list = []; for (;;) list.push(new Uint8Array(500));"],
  ])("when its memory is full of %s, and names the line", async (_, line) => {
    const { code, words } = await runText(program(line));
    expect(code).toBe(11);
    expect(words).toContain(`xs: out of memory at ${PLACE}:3`);
  });

  it.each([
    ["slots", "const list = []; for (;;) list.push({ a: 1 });"],
    ["chunks", "const list = []; for (;;) list.push(new Uint8Array(500));"],
  ])("when memory of a fixed size is full of %s", async (_, line) => {
    const memory = {
      ...C3,
      static: 0,
      chunk: { initial: 20_000, incremental: 0 },
      heap: { initial: 1000, incremental: 0 },
    };
    const { code, words } = await runText(program(line), { memory });
    expect(code).toBe(11);
    expect(words).toContain(`out of memory at ${PLACE}:3`);
  });

  it("at a stack that overflows, and names the line", async () => {
    const { code, words } = await runText(program("const deep = (n) => deep(n + 1) + 1;", "deep(0);"));
    expect(code).toBe(12);
    expect(words).toContain(`xs: stack overflow at ${PLACE}:3`);
    expect(words).toContain("768 of 768 stack slots");
  });

  it("before it has begun, when a module does not compile", async () => {
    const missing = await runText("import { nothing } from '../../../src/mqtt/wire/utf8.js';\nexport default nothing;");
    expect(missing.code).not.toBe(0);
    expect(missing.words).toContain("nothing");
  });
});

describeWith("C compiler", "memory on XS", () => {
  it("is told before the first line, where it is measured, and at the end", async () => {
    const { memory } = await runText(
      program("const list = new Array(100).fill(0);", "host.measure('list');", "list.length;"),
    );
    expect([...memory.keys()]).toEqual(["boot", "list", "exit"]);
    const [boot, list, exit] = [...memory.values()];
    expect(list?.chunks).toBeGreaterThan((boot?.chunks ?? 0) + 100 * 16);
    expect(exit?.slots).toBe(boot?.slots);
    expect(list?.stack).toBe(768);
  });

  it("that is garbage is collected: a program may make more of it than there is", async () => {
    const { code, memory } = await runText(program("for (let i = 0; i < 100_000; i++) ({ a: new Uint8Array(100) });"));
    expect(code).toBe(0);
    const figures = memory.get("exit");
    expect(figures?.blockPeak).toBeLessThanOrEqual(figures?.block ?? 0);
  });

  it("holds what was copied from preloaded modules, after garbage was collected as well", async () => {
    const { traced } = await runText(
      [
        "const word = ['pre', 'loaded'].join('');",
        "const list = [word, { word }];",
        "export default function main() {",
        "  const copy = [word + '', list[0], list[1].word];",
        "  for (let i = 0; i < 3; i++) { host.measure(String(i)); copy.push(word.slice(3)); }",
        "  trace(copy.join(' '));",
        "}",
      ].join("\n"),
    );
    expect(traced).toBe("preloaded preloaded preloaded loaded loaded loaded");
  });
});
