/**
 * Finds state at the level of a module that the SDK's linker lets pass: collections and buffers cannot be frozen, and in a
 * preloaded module a write to one throws on the device. (It does tell of variables, and of objects that are not frozen.)
 */
import ts from "typescript";

const writable =
  /^(Weak)?(Map|Set)$|^Date$|^(Shared)?ArrayBuffer$|^DataView$|^(Ui|I)nt(8|16|32)(Clamped)?Array$|^Float(32|64)Array$|^Big(Ui|I)nt64Array$/;

/** One line for each, with the line it stands in. */
export function moduleState(source: string): { readonly line: number; readonly what: string }[] {
  const file = ts.createSourceFile("module.ts", source, ts.ScriptTarget.ES2022, true);
  const found: { line: number; what: string }[] = [];

  function visit(node: ts.Node): void {
    // What is inside a function is made when it is called; what is a field of an instance, when that is made.
    if (ts.isFunctionLike(node)) return;
    if (ts.isPropertyDeclaration(node) && !isStatic(node)) return;
    if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && writable.test(node.expression.text)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      found.push({ line: line + 1, what: `${nameOf(node)}: new ${node.expression.text}` });
    }
    ts.forEachChild(node, visit);
  }

  visit(file);
  return found;
}

function isStatic(node: ts.PropertyDeclaration): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) ?? false;
}

/** The variable or static field that it ends up in. */
function nameOf(node: ts.Node): string {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) {
    if (ts.isVariableDeclaration(at) || ts.isPropertyDeclaration(at)) return at.name.getText();
  }
  return "module";
}
