import fc from "fast-check";
import { expect, test } from "vitest";
import { identifierFor } from "../../src/mqtt/inflight.js";
import { TokenRuns } from "../../src/mqtt/token-runs.js";

function all(runs: TokenRuns): number[] {
  const tokens: number[] = [];
  for (let token = runs.after(0); token > 0; token = runs.after(token)) tokens.push(token);
  return tokens;
}

/** What to do: add so far behind the last, so far before the first, or delete the n-th. */
const doing = fc.oneof(
  fc.record({ what: fc.constant("behind"), n: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 70_000 })) }),
  fc.record({ what: fc.constant("before"), n: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 100 })) }),
  fc.record({ what: fc.constant("delete"), n: fc.nat(1000) }),
);

test("are a set of numbers, whatever was added at either end and deleted anywhere", () => {
  fc.assert(
    fc.property(fc.array(doing, { maxLength: 60 }), (doings) => {
      const runs = new TokenRuns();
      let expected: number[] = [];
      for (const { what, n } of doings) {
        if (what === "delete") {
          const token = expected[n % Math.max(1, expected.length)] ?? n;
          runs.delete(token);
          expected = expected.filter((other) => other !== token);
        } else {
          const token = what === "behind" ? (expected.at(-1) ?? 1_000_000) + n : (expected[0] ?? 1_000_000) - n;
          runs.add(token);
          expected = [...expected, token].sort((a, b) => a - b);
        }
        expect(all(runs)).toEqual(expected);
        expect(runs.length).toBe(expected.length);
      }
    }),
  );
});

test("know the packet identifiers of their tokens, round the end of the numbers too", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200_000 }), fc.nat(20), fc.nat(100_000), (start, length, gap) => {
      const runs = new TokenRuns();
      const tokens = [];
      for (let token = start; token <= start + length; token++) tokens.push(token);
      tokens.push(start + length + 1 + gap);
      for (const token of tokens) runs.add(token);
      const ids = new Set(tokens.map(identifierFor));
      for (let id = 1; id <= 65_535; id += 997) expect(runs.hasIdentifier(id)).toBe(ids.has(id));
      for (const id of ids) expect(runs.hasIdentifier(id)).toBe(true);
    }),
  );
});

test("do not mind being asked to delete what they do not hold", () => {
  const runs = new TokenRuns();
  runs.delete(5);
  runs.add(7);
  runs.delete(6);
  runs.delete(8);
  expect(all(runs)).toEqual([7]);
});

test("take two numbers a run, however long it is, at whichever end it has grown", () => {
  const runs = new TokenRuns();
  const numbers = () => (Reflect.get(runs, "bounds") as number[]).length;
  for (let token = 1000; token < 2000; token++) runs.add(token);
  for (let token = 999; token > 500; token--) runs.add(token);
  expect(numbers()).toBe(2);
  runs.add(70_000);
  expect(numbers()).toBe(4);
  runs.delete(1500);
  expect(numbers()).toBe(6);
  runs.delete(70_000);
  expect(numbers()).toBe(4);
});
