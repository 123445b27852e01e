import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { collectModules } from "../../host-sim/xs/engine/modules.js";
import { root } from "../../host-sim/xs/engine/paths.js";

/** Errors of tsc where a class behaves in another way when its fields are defined instead of assigned. */
const DIFFERS = new Set([
  2610, // an accessor of the base class is overwritten by a field
  2611, // a field of the base class is overwritten by an accessor
  2612, // a field of the base class is reset to undefined
  2729, // a field is used before it is there
]);

/** Fields in JavaScript that are defined: all but `#private` ones, which there is no other way to make. */
function definedFields(code: string): string[] {
  const file = ts.createSourceFile("module.js", code, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyDeclaration(node) && !ts.isPrivateIdentifier(node.name)) found.push(node.name.getText());
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function optionsOf(path: string): ts.ParsedCommandLine {
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, join(path, ".."));
}

describe("a class's fields", () => {
  it("are assigned on the XS host, as mcconfig's compiler is told to by the manifests", async () => {
    const { options } = optionsOf(join(root, "tsconfig.base.json"));
    expect(options.useDefineForClassFields).toBe(false);
    const modules = await collectModules({ entry: "host-sim/xs/device/main.ts" });
    const found = modules.flatMap(({ name, code }) => definedFields(code).map((field) => `${name}: ${field}`));
    expect(found).toEqual([]);
  });

  it("compile to the same code on the XS host as tsc makes for a device", async () => {
    const source = "host-sim/xs/programs/text.ts";
    const text =
      "export class Meter { readonly unit = 'V'; value?: number; #secret = 1; read() { return this.#secret; } }";
    const [module] = (await collectModules({ entry: source, patches: new Map([[source, text]]), rooms: [] })).slice(-1);
    const { options } = optionsOf(join(root, "tsconfig.base.json"));
    const device = ts.transpileModule(text, {
      compilerOptions: { ...options, module: ts.ModuleKind.ESNext },
    }).outputText;
    for (const code of [module?.code ?? "", device]) {
      expect(definedFields(code)).toEqual([]);
      expect(code).toMatch(/constructor\(\) \{[^}]*this\.unit = ["']V["']/);
    }
  });

  it("mean the same where they are defined: no class of the client or the node depends on it", () => {
    const { options, fileNames } = optionsOf(join(root, "src/tsconfig.json"));
    const program = ts.createProgram(fileNames, { ...options, useDefineForClassFields: true });
    const errors = ts.getPreEmitDiagnostics(program).filter(({ code }) => DIFFERS.has(code));
    expect(errors.map(({ file, messageText }) => `${file?.fileName}: ${String(messageText)}`)).toEqual([]);
  });
});
