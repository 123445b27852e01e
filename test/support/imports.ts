import ts from "typescript";

/** One import of a module: by declaration, re-export, `import()`, `require`, or as a type. */
export interface Import {
  readonly specifier: string;
  /** True when nothing is left of it at run time. `import { type A }` is not: it still loads the module. */
  readonly typeOnly: boolean;
  /** Counted from 1. */
  readonly line: number;
}

/**
 * Every import in a TypeScript source, in order. An `import()` whose argument is not a literal has specifier "?".
 * @param path says by its ending whether there is JSX in it
 */
export function importsOf(source: string, path = "module.ts"): Import[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2022, true);
  const found: Import[] = [];

  function add(node: ts.Node, specifier: ts.Node | undefined, typeOnly: boolean): void {
    const name = specifier !== undefined && ts.isStringLiteralLike(specifier) ? specifier.text : "?";
    found.push({ specifier: name, typeOnly, line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1 });
  }

  function visit(node: ts.Node): void {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      add(node, node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      add(node, node.moduleReference.expression, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node)) {
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    } else if (ts.isCallExpression(node) && isImportCall(node)) {
      add(node, node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  }

  visit(file);
  return found;
}

function isImportCall({ expression }: ts.CallExpression): boolean {
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === "require")
  );
}
