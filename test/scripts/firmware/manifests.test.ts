import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { boards } from "../../../host-sim/core/world/boards.js";
import { drivers } from "../../../src/mote/drivers.js";

/** What is used of a manifest of the Moddable SDK. */
interface Manifest {
  readonly build?: { readonly [name: string]: string };
  readonly include?: readonly string[];
  readonly modules?: { readonly [name: string]: string | readonly string[] };
  readonly preload?: readonly string[];
  readonly config?: { readonly [name: string]: string };
  readonly creation?: unknown;
}

function manifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}

/** Modules that a manifest names, as the device knows them. */
function modulesOf({ modules = {} }: Manifest): string[] {
  return Object.entries(modules).flatMap(([name, files]) =>
    [files].flat().map((file) => name.replace("*", file.slice(file.lastIndexOf("/") + 1))),
  );
}

/** Whether anything is left of it when the types are gone. */
function runs(path: string): boolean {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true };
  const { outputText } = ts.transpileModule(readFileSync(path, "utf8"), { compilerOptions });
  return outputText.replace(/\/\*[\s\S]*?\*\/|\/\/.*|export \{\};/g, "").trim() !== "";
}

describe("the manifests", () => {
  it.each([
    ["mqtt", ["manifest.json"]],
    ["mote", ["manifest.json", "drivers.json"]],
    ["platforms/moddable", ["manifest.json", "client.json", "drivers.json"]],
  ])("of src/%s name and preload every module that is more than types, once", (room, files) => {
    const manifests = files.map((file) => manifest(`src/${room}/${file}`));
    const modules = readdirSync(`src/${room}`, { recursive: true, encoding: "utf8" })
      .sort()
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts") && runs(`src/${room}/${file}`))
      .map((file) => `${room}/${file.replace(/\.ts$/, "")}`);
    expect(manifests.flatMap(modulesOf).sort()).toEqual(modules.sort());
    expect(manifests.flatMap(({ preload = [] }) => preload).sort()).toEqual(modules);
  });

  it.each(Object.keys(drivers))("have a file that puts the driver %s, and what opens it, into a firmware", (name) => {
    const { include = [] } = manifest(`src/drivers/${name}.json`);
    expect(include).toEqual([
      expect.stringContaining("$(MODDABLE)/modules/drivers/"),
      "../platforms/moddable/drivers.json",
    ]);
  });

  it("give the firmware the version of the package", () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(manifest("src/manifest.json").config?.firmware).toBe(version);
  });

  it("hold no credentials", () => {
    const { config = {} } = manifest("src/manifest.json");
    expect(Object.keys(config)).toEqual(["firmware"]);
  });

  describe.each(boards.map((board) => [board.id, board] as const))("of %s", (id, board) => {
    const { build = {}, creation, preload, ...rest } = manifest(`boards/${id}/manifest.json`);
    const provider = readFileSync(`boards/${id}/host/provider.ts`, "utf8");

    it("gives the machine the memory that board.ts says", () => {
      expect(creation).toEqual(board.memory);
    });

    it("begins with room for a message and more where memory grows, so that not each one is followed by a collection", () => {
      if (board.memory.static === 0) return;
      expect(board.memory.chunk.initial).toBeGreaterThanOrEqual(16_384);
      expect(board.memory.heap.initial).toBeGreaterThanOrEqual(1536);
    });

    it("builds for the chip that board.ts says", () => {
      const soc = board.soc.toLowerCase().replace("-", "");
      expect(build.ESP32_SUBCLASS ?? (soc === "linux" ? "linux" : "esp32")).toBe(soc);
    });

    it("preloads the board and its provider", () => {
      expect(modulesOf(rest)).toContain("board");
      expect(preload).toEqual(expect.arrayContaining(["board", "embedded:provider/builtin"]));
    });

    it("has a driver for each sensor, and includes what the driver needs", () => {
      for (const { driver } of board.sensors) {
        if (driver === "analog battery") expect(provider).toMatch(/io: \{[^}]*\bAnalog\b/);
        else
          expect(provider).toMatch(new RegExp(`^ +${driver}: \\{ Sensor: |sensor: \\{ ${driver}: \\{ Sensor: `, "m"));
        if (driver === "analog battery" || driver === "simulated") continue;
        expect(rest.include).toContain(`$(MODDABLE)/modules/drivers/sensors/${driver.toLowerCase()}/manifest.json`);
      }
    });

    it("has what the LED and the button need", () => {
      if (board.led?.kind === "neopixel") {
        expect(provider).toMatch(/io: \{[^}]*\bNeoPixel\b/);
        expect(rest.include).toContain("$(MODDABLE)/modules/drivers/neopixel/manifest.json");
      }
      if (board.led?.kind === "plain" || board.button) expect(provider).toMatch(/io: \{[^}]*\bDigital\b/);
    });
  });
});
