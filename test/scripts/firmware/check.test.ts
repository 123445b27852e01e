import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resolve } from "../../../scripts/firmware/image.js";
import { moduleState } from "../../../scripts/firmware/module-state.js";

describe("the check of the firmware", () => {
  it("says so and exits with 4 where there is no SDK", () => {
    const { MODDABLE: _, ...env } = process.env;
    const args = ["--import", "tsx", "scripts/check-firmware.ts"];
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
    expect(stderr).toContain("MODDABLE is not set: nothing was checked");
    expect(status).toBe(4);
  });

  it("exits with 2 for a board that there is not, and names those there are", () => {
    const args = ["--import", "tsx", "scripts/check-firmware.ts", "nope"];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stderr).toMatch(/"nope" is neither .*esp32_devkitc/);
    expect(status).toBe(2);
  });

  it.each([
    ["./encode.js", "mqtt/wire/decode", "mqtt/wire/encode"],
    ["../mqtt/wire/utf8.js", "mote/text", "mqtt/wire/utf8"],
    ["../board.js", "embedded:provider/builtin", "board"],
    ["./simulated.js", "embedded:provider/builtin", "embedded:provider/simulated"],
    ["./platforms/moddable/boot.js", "main", "platforms/moddable/boot"],
    ["../../mqtt/client.js", "platforms/moddable/boot", "mqtt/client"],
    ["timer", "platforms/moddable/clock", "timer"],
  ])("resolves %s in %s as XS does", (specifier, importer, module) => {
    expect(resolve(specifier, importer)).toBe(module);
  });
});

describe("state at the level of a module", () => {
  it.each([
    ["const cache = new Map<string, number>();", "cache: new Map"],
    ["export const buffer = new Uint8Array(4);", "buffer: new Uint8Array"],
    ["class Table { static rows = new Set(); }", "rows: new Set"],
    ["const tables = { first: new WeakMap() };", "tables: new WeakMap"],
  ])("is found in %s", (source, what) => {
    expect(moduleState(`\n${source}`)).toEqual([{ line: 2, what }]);
  });

  it.each([
    "class Table { rows = new Map(); #bytes = new Uint8Array(4); }",
    "function make() { return new Map(); }",
    "const make = () => new Uint8Array(4);",
    "const names = Object.freeze(['a']);",
  ])("is none in %s", (source) => {
    expect(moduleState(source)).toEqual([]);
  });

  it("is nowhere in what is preloaded", () => {
    const files = ["src/mqtt", "src/mote", "src/platforms/moddable"].flatMap((folder) =>
      readdirSync(folder).map((file) => `${folder}/${file}`),
    );
    const found = files
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => moduleState(readFileSync(file, "utf8")).map(({ line, what }) => `${file}:${line}: ${what}`));
    expect(found).toEqual([]);
  });
});
