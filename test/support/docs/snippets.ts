/** Compiles the TypeScript in our pages, as a user's program that imports the package. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { type Block, root } from "./documents.js";

/**
 * The package's entries and the source of each. They come from the types in package.json, so that an entry that names no
 * source is found here, too.
 */
export function entries(): Record<string, string> {
  const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
  };
  const found = Object.entries(exports).flatMap(([entry, target]) => {
    if (typeof target === "string") return [];
    const source = target.types.replace(/^\.\/dist\//, "").replace(/\.d\.ts$/, ".ts");
    return [[join(name, entry), source] as const];
  });
  return Object.fromEntries(found);
}

/** What was parsed before, such as the compiler's libraries. */
const sources = new Map<string, ts.SourceFile | undefined>();

/** An example for a browser has the DOM's types; no other has them. */
const IN_BROWSER = /from "motewire\/browser"/;
const DOM = ["lib.dom.d.ts", "lib.dom.iterable.d.ts"];

function optionsOf(inBrowser: boolean): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const paths = Object.entries(entries()).map(([entry, source]) => [entry, [join(root, source)]] as [string, string[]]);
  // An example may declare what it does not use.
  // `await using` is what a test of somebody's may say.
  const lib = [...(options.lib ?? []), "lib.esnext.disposable.d.ts", ...(inBrowser ? DOM : [])];
  return { ...options, lib, types: ["node"], noUnusedLocals: false, paths: Object.fromEntries(paths) };
}

/**
 * Compiles each block as a file in the folder of its page.
 * @returns what is wrong, each as `page:line: words`
 */
export function problemsOf(blocks: readonly Block[]): string[] {
  const isFor = (inBrowser: boolean) => (block: Block) => IN_BROWSER.test(block.code) === inBrowser;
  return [false, true].flatMap((inBrowser) => {
    const found = blocks.filter(isFor(inBrowser));
    return found.length === 0 ? [] : compiled(found, optionsOf(inBrowser));
  });
}

function compiled(blocks: readonly Block[], options: ts.CompilerOptions): string[] {
  const files = new Map(blocks.map((block) => [join(root, dirname(block.path), `${idOf(block)}.ts`), block]));
  const host = ts.createCompilerHost(options, true);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path)?.code ?? readFile(path);
  host.getSourceFile = (path, language, ...rest) => {
    const block = files.get(path);
    if (block === undefined) {
      if (!sources.has(path)) sources.set(path, getSourceFile(path, language, ...rest));
      return sources.get(path);
    }
    return ts.createSourceFile(path, block.code, language, true);
  };
  const program = ts.createProgram({ rootNames: [...files.keys()], options, host });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const words = ts.flattenDiagnosticMessageText(messageText, " ");
    if (file === undefined) return words;
    const line = file.getLineAndCharacterOfPosition(start ?? 0).line;
    const block = files.get(file.fileName);
    return block === undefined
      ? `${file.fileName}:${line + 1}: ${words}`
      : `${block.path}:${block.line + line}: ${words}`;
  });
}

function idOf({ path, line }: Block): string {
  return `${path.replaceAll("/", "-")}-${line}`;
}
