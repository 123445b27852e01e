/**
 * The package as a user gets it: npm installs it from a tarball, a git address and a folder into an empty project, without a
 * network, and the README's example delivers a message to a real broker.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWith } from "../support/describe-with.js";
import { Mosquitto } from "../support/mosquitto.js";
import { Checkout, npm, root, run } from "../support/package.js";
import { command } from "../support/requirements.js";

const tsc = join(root, "node_modules/typescript/bin/tsc");
const checkout = new Checkout();
const { work, source } = checkout;
/** npm's own processes: each reads its cache, builds or clones. */
const SLOW = 240_000;

let projects = 0;

/** An empty project with the package installed from `address`. */
async function installed(address: string, ...flags: string[]): Promise<string> {
  const folder = join(work, `project-${++projects}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "project", private: true }));
  await npm(["install", address, ...flags], folder);
  return folder;
}

/** The README's example for Node.js, with another broker. */
function example(host: string, port: number): string {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, code = ""] = /```ts\n([^`]*from "motewire";[^`]*)```/.exec(readme) ?? [];
  expect(code).toContain(`host: "localhost"`);
  return code.replace(`host: "localhost"`, `host: "${host}", port: ${port}`);
}

let tarball = "";
/** As npm makes one of a git address when scripts are off. */
let unbuilt = "";

const addresses: Record<string, () => string> = {
  "a tarball": () => tarball,
  "a git address": () => `git+file://${source}`,
  "a folder": () => source,
};

beforeAll(async () => {
  unbuilt = await checkout.packed("unbuilt", "--ignore-scripts");
  tarball = await checkout.packed("built");
}, SLOW);

afterAll(() => checkout.remove());

describeWith("mosquitto", "the README's example delivers to mosquitto, with the package installed from", () => {
  test.each(Object.keys(addresses))(
    "%s",
    async (from) => {
      const mosquitto = await Mosquitto.start();
      try {
        const folder = await installed((addresses[from] as () => string)());
        writeFileSync(join(folder, "example.mjs"), example(mosquitto.host, mosquitto.port));
        const program = execFile(process.execPath, ["example.mjs"], { cwd: folder });
        const { stdout } = await run(
          command("mosquitto_sub"),
          ["-h", mosquitto.host, "-p", String(mosquitto.port), "-t", "porch/lamp", "-C", "1", "-W", "20"],
          folder,
        );
        program.kill();
        expect(stdout).toBe("on\n");
      } finally {
        await mosquitto.remove();
      }
    },
    SLOW,
  );
});

describe("an installed package", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await installed(tarball);
  }, SLOW);

  test("holds nothing but what it needs, and depends on nothing", () => {
    const manifest = JSON.parse(readFileSync(join(folder, "node_modules/motewire/package.json"), "utf8"));
    expect(manifest.dependencies).toBeUndefined();
    expect(readdirSync(join(folder, "node_modules/motewire")).sort()).toEqual(
      ["CHANGELOG.md", "LICENSE", "README.md", "boards", "dist", "docs", "host-sim", "package.json", "src"]
        .concat("tsconfig.base.json")
        .sort(),
    );
  });

  test.each([
    ["motewire", "Client"],
    ["motewire/nodejs", "FileStore"],
  ])("gives the same of %s to import and to require", async (specifier, name) => {
    const { stdout, stderr } = await run(
      process.execPath,
      [
        "--eval",
        `const one = require("${specifier}"); import("${specifier}").then((other) => {
          console.log(typeof one.${name}, one.${name} === other.${name}, Object.keys(one).join() === Object.keys(other).join());
        });`,
      ],
      folder,
    );
    expect(stderr).toBe("");
    expect(stdout).toBe("function true true\n");
  });

  test.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])(
    "compiles the example with module %s and moduleResolution %s",
    async (module, moduleResolution) => {
      writeFileSync(join(folder, "example.ts"), example("localhost", 1883));
      writeFileSync(
        join(folder, "sub.ts"),
        `import type { Socket } from "motewire/platform";\nexport type Own = Socket;\n`,
      );
      const compilerOptions = {
        strict: true,
        noEmit: true,
        module,
        moduleResolution,
        target: "es2022",
        lib: ["es2022"],
        types: ["node"],
        typeRoots: [join(root, "node_modules/@types")],
      };
      writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
      writeFileSync(
        join(folder, "tsconfig.json"),
        JSON.stringify({ compilerOptions, files: ["example.ts", "sub.ts"] }),
      );
      const { stdout, code } = await run(process.execPath, [tsc, "-p", "."], folder);
      expect(stdout).toBe("");
      expect(code).toBe(0);
    },
    SLOW,
  );
});

describe("in a page, an installed package", () => {
  /** As a page's tools bundle it: by the package's own exports, and with the conditions of a browser. */
  async function bundled(folder: string, contents: string): Promise<string> {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: folder },
      bundle: true,
      platform: "browser",
      format: "esm",
      write: false,
    });
    return outputFiles[0]?.text ?? "";
  }

  test(
    "has the client and its platform, and nothing of Node.js",
    async () => {
      const folder = await installed(tarball);
      const page = join(folder, "page.mjs");
      writeFileSync(page, await bundled(folder, `export * from "motewire"; export * from "motewire/browser";`));
      const { stdout, stderr } = await run(
        process.execPath,
        ["--eval", `import(${JSON.stringify(page)}).then((page) => console.log(Object.keys(page).join()))`],
        folder,
      );
      expect(stderr).toBe("");
      expect(stdout.trim().split(",")).toEqual(expect.arrayContaining(["Client", "brokerAt", "openSession"]));
      await expect(bundled(folder, `export * from "motewire/nodejs";`)).rejects.toThrow(/Could not resolve "node:/);
    },
    SLOW,
  );

  test(
    "compiles with the DOM's types, and without those of Node.js",
    async () => {
      const folder = await installed(tarball);
      writeFileSync(
        join(folder, "page.ts"),
        `import { Client } from "motewire";
         import { brokerAt, openSession } from "motewire/browser";
         const session = await openSession("panel");
         new Client({ ...brokerAt("ws://localhost:9001"), id: session.id, store: session.store }).open();`,
      );
      const compilerOptions = {
        strict: true,
        noEmit: true,
        module: "esnext",
        moduleResolution: "bundler",
        target: "es2022",
        lib: ["es2022", "dom"],
        types: [],
      };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["page.ts"] }));
      expect(await run(process.execPath, [tsc, "-p", "."], folder)).toMatchObject({ stdout: "", code: 0 });
    },
    SLOW,
  );
});

describe("packed and installed with scripts off, it has no build:", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await installed(unbuilt, "--ignore-scripts");
  }, SLOW);

  test.each([
    ["import", `import("motewire").catch((error) => console.log(error.message))`],
    ["import of the platform", `import("motewire/nodejs").catch((error) => console.log(error.message))`],
    ["require", `try { require("motewire") } catch (error) { console.log(error.message) }`],
  ])("%s fails with one sentence that names the command", async (_, code) => {
    const { stdout } = await run(process.execPath, ["--eval", code], folder);
    expect(stdout).toBe(
      `motewire is not built: it was installed with scripts off; run "npm install --ignore-scripts=false" with its address again\n`,
    );
  });
});

test("a checkout that is not built says so too, and names what builds it", async () => {
  const copy = join(work, "checkout");
  mkdirSync(copy);
  for (const name of ["package.json", "src", "tsconfig.build.json"])
    cpSync(join(source, name), join(copy, name), { recursive: true });
  const { stdout } = await run(
    process.execPath,
    ["--eval", `import("motewire").catch((error) => console.log(error.message))`],
    copy,
  );
  expect(stdout).toBe(`motewire is not built: run "npm run build" in ${copy}\n`);
});
