import { expect, it, vi } from "vitest";
import { call } from "../../host-sim/xs/programs/calls.js";
import { describeWith } from "../support/describe-with.js";
import { PLENTY, patched, runOnXs, runText } from "./rig.js";

vi.setConfig({ testTimeout: 120_000 });

/** Where `matches` begins. */
const MATCHES = "export function matches(subscription: string, topic: string): boolean {";

/** Runs one call of the codec with a source that was broken. */
async function callWith(patch: [string, string], name: Parameters<typeof call>[0]["name"], ...args: unknown[]) {
  const ran = await runOnXs({
    entry: "host-sim/xs/programs/vectors.ts",
    memory: PLENTY,
    patches: new Map([patch]),
    onAsk: (_name, [index]) => (index === 0 ? JSON.stringify({ name, args }) : undefined),
  });
  const result = ran.told.find(([told]) => told === "result")?.[2];
  return { ...ran, result: result === undefined ? undefined : JSON.parse(String(result)) };
}

// Each of these passes every test in Node.js.
describeWith("C compiler", "what only the device's engine has against it is seen on XS:", () => {
  it("a function of ES2023", async () => {
    const patch = patched(MATCHES, `${MATCHES}\n  [subscription].toSorted();`);
    const { result } = await callWith(patch, "matches", "a", "a");
    expect(result.thrown).toMatch(/TypeError: .*no function/);
  });

  it("a Map at the level of a preloaded module, that is written to", async () => {
    const [source, text] = patched(MATCHES, `${MATCHES}\n  seen.set(subscription, topic);`);
    const { result } = await callWith(
      [source, `const seen = new Map<string, string>();\n${text}`],
      "matches",
      "a",
      "a",
    );
    expect(result.thrown).toMatch(/TypeError: .*Map instance is read-only/);
  });

  it("the length of a string that is taken for bytes or UTF-16", async () => {
    // Right in Node.js: a pair of surrogates has four bytes in UTF-8, and a length of two.
    const patch = patched(
      "export function utf8Length(text: string, allowNull = false): number {",
      'export function utf8Length(text: string, allowNull = false): number {\n  if (text === "😀") return 2 * text.length;',
    );
    const { result } = await callWith(patch, "utf8Length", "😀", false);
    expect(result).not.toEqual({ result: 4 });
    expect(call({ name: "utf8Length", args: ["😀", false] })).toBe(JSON.stringify({ result: 4 }));
  });

  it("a static field of a preloaded class, that is written to", async () => {
    const { code, words } = await runText(
      "class A { static count = 0; }\nexport default function main() { A.count++; }",
    );
    expect(code).toBe(15);
    expect(words).toMatch(/count.*(read-only|not writable|readonly|const)/i);
  });

  it("a global of Node.js", async () => {
    const { code, words } = await runText("export default function main() { new TextEncoder(); }");
    expect(code).toBe(15);
    expect(words).toMatch(/TextEncoder.*undefined variable/);
  });

  it("a module that no manifest names", async () => {
    const patch = patched(MATCHES, `import "../../platform.js";\n${MATCHES}`);
    await expect(callWith(patch, "matches", "a", "a")).rejects.toThrow(/src\/platform.ts, which no manifest names/);
  });
});
