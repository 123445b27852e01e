/** The titles of the tests in a file, read from its source: without running it, and with `%s` where a case's value will stand. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** The name of a function that takes a title, or of the function that `each` makes of it. */
const TITLED = /^(describe|describeWith|it|test)(\.each|\.sequential)?$/;

/** @returns the path of titles of every `describe` and every test */
export function titlesIn(source: string): string[][] {
  const file = ts.createSourceFile("test.ts", source, ts.ScriptTarget.Latest, true);
  const found: string[][] = [];
  const visit = (node: ts.Node, path: readonly string[]): void => {
    const title = ts.isCallExpression(node) ? titleOf(node) : undefined;
    const inside = title === undefined ? path : [...path, title];
    if (title !== undefined) found.push([...inside]);
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(file, []);
  return found;
}

function titleOf(call: ts.CallExpression): string | undefined {
  // it.each(cases)(title, …) and it.each<Case>(cases)(title, …)
  const callee = ts.isCallExpression(call.expression) ? call.expression.expression : call.expression;
  if (!TITLED.test(callee.getText())) return undefined;
  // A table of cases has no title.
  if (callee === call.expression && callee.getText().endsWith(".each")) return undefined;
  const titles = call.arguments.filter(ts.isStringLiteralLike).map(({ text }) => text);
  return titles.at(-1);
}

/** Whether a path of titles, or the name of one of its cases, is this one. */
export function isTitled(path: readonly string[], titles: readonly string[]): boolean {
  return path.length === titles.length && titles.every((title, index) => matches(path[index] as string, title));
}

/** Whether the titles are the same; in either, `%s` and the like stand for any text. */
export function matches(one: string, other: string): boolean {
  return one === other || isPattern(one, other) || isPattern(other, one);
}

const PLACE = /%[sdifjoO]/;

function isPattern(pattern: string, title: string): boolean {
  if (!PLACE.test(pattern)) return false;
  const literal = pattern.split(PLACE).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`, "s").test(title);
}

/** Looks up tests by their names: `file > title > title`, the file under `test` without `.test.ts`. */
export class NamedTests {
  private readonly root: string;
  private readonly titles = new Map<string, string[][]>();

  constructor(root: string) {
    this.root = root;
  }

  /** @returns what is wrong with the name of a test, if anything */
  fault(name: string): string | undefined {
    const [file = "", ...path] = name.split(" > ");
    try {
      if (!this.titles.has(file))
        this.titles.set(file, titlesIn(readFileSync(join(this.root, `test/${file}.test.ts`), "utf8")));
    } catch {
      return `there is no test/${file}.test.ts`;
    }
    return this.titles.get(file)?.some((one) => isTitled(one, path)) ? undefined : `there is no test "${name}"`;
  }
}
