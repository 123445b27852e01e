// Packs the npm package, installs it offline into an empty folder and uses every export as a stranger would: imported
// by Node.js, and compiled by tsc from its own declarations. The client must compile without any ambient types.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(root, "node_modules/typescript/bin/tsc");
const folder = mkdtempSync(join(tmpdir(), "motewire-package-"));

function run(what: string, program: string, args: string[], cwd: string): string {
  try {
    return execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${what} failed\n${stdout}${stderr}`);
  }
}

function pack(): string {
  // .npmrc switches life-cycle scripts off; here prepack is what we want to see work.
  const output = run("npm pack", "npm", ["pack", "--ignore-scripts=false", "--pack-destination", folder], root);
  const tarball = output.trim().split("\n").at(-1);
  if (!tarball?.endsWith(".tgz")) throw new Error(`npm pack named no tarball:\n${output}`);
  return join(folder, tarball);
}

function install(tarball: string): string {
  const consumer = join(folder, "consumer");
  mkdirSync(consumer);
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  run("npm install", "npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", tarball], consumer);
  return consumer;
}

/** Imports one export in a process of its own, and returns the names it has. */
function importedNames(consumer: string, specifier: string): string[] {
  const source = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(specifier)}))))`;
  const output = run(`import of ${specifier}`, process.execPath, ["--input-type=module", "-e", source], consumer);
  return JSON.parse(output) as string[];
}

function compile(consumer: string, specifier: string, types: string[]): void {
  writeFileSync(
    join(consumer, "use.ts"),
    `import * as used from ${JSON.stringify(specifier)};\nexport type Used = typeof used;\nexport { used };\n`,
  );
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: "nodenext",
    target: "es2022",
    lib: ["es2022"],
    types,
    typeRoots: [join(root, "node_modules/@types")],
  };
  writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
  run(`tsc with ${specifier}`, process.execPath, [tsc, "-p", consumer], consumer);
}

function check(): void {
  const tarball = pack();
  const consumer = install(tarball);
  const exported = [
    { specifier: "motewire", types: [], hasValues: true },
    { specifier: "motewire/platform", types: [], hasValues: false },
    { specifier: "motewire/node", types: ["node"], hasValues: true },
  ];
  for (const { specifier, types, hasValues } of exported) {
    const names = importedNames(consumer, specifier);
    if (hasValues && names.length === 0) throw new Error(`${specifier} exports nothing`);
    compile(consumer, specifier, types);
    console.log(`package: ${specifier} imports and compiles (${names.length} exported values)`);
  }
  const size = readFileSync(tarball).byteLength;
  console.log(`package: ${(size / 1024).toFixed(1)} KB packed, no dependencies`);
}

try {
  check();
} catch (error) {
  console.error(`package: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
