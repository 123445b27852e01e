/**
 * Finds regular expressions. None may run on a device: in a preloaded module each use of one takes memory that never comes
 * back, and can end the machine (SDK 8.2.3, docs/upstream.md).
 */
import ts from "typescript";

/** Methods of a string that make a regular expression of what they are given. */
const makers: readonly string[] = ["match", "matchAll", "search"];

/**
 * Every regular expression in a source, TypeScript or JavaScript, in order: a literal, `RegExp` by name, a method that makes
 * one of a text. What `split` and `replace` are given must be one of these to be one.
 */
export function expressionsOf(source: string): { readonly line: number; readonly what: string }[] {
  const file = ts.createSourceFile("module.ts", source, ts.ScriptTarget.ES2022, true);
  const found: { line: number; what: string }[] = [];

  function visit(node: ts.Node): void {
    const what = ts.isCallExpression(node) ? makerIn(node) : expressionIn(node);
    if (what !== undefined) {
      found.push({ line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1, what });
    }
    ts.forEachChild(node, visit);
  }

  visit(file);
  return found;
}

function expressionIn(node: ts.Node): string | undefined {
  if (ts.isRegularExpressionLiteral(node)) return node.text;
  // However it is reached: `RegExp`, `globalThis.RegExp`, `globalThis["RegExp"]`.
  const named = (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) && node.text === "RegExp";
  return named && !isType(node) ? "RegExp" : undefined;
}

function isType({ parent }: ts.Node): boolean {
  return ts.isTypeNode(parent);
}

/** Without an argument it is a method of something else: a wire is searched for sensors. */
function makerIn({ expression, arguments: given }: ts.CallExpression): string | undefined {
  if (given.length === 0) return undefined;
  const name = ts.isPropertyAccessExpression(expression)
    ? expression.name.text
    : ts.isElementAccessExpression(expression) && ts.isStringLiteralLike(expression.argumentExpression)
      ? expression.argumentExpression.text
      : undefined;
  return name !== undefined && makers.includes(name) ? `.${name}()` : undefined;
}
