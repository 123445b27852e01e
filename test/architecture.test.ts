import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { importsOf } from "./support/imports.js";
import { maxLines, violations } from "./support/rooms.js";

const root = fileURLToPath(new URL("..", import.meta.url));

function sourcesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file).split(sep).join("/"))
    .filter((path) => /\.tsx?$/.test(path) && !path.includes("/node_modules/"));
}

describe("the source tree keeps its rules", () => {
  test.each(["src", "host-sim", "boards", "examples", "scripts", "test"])("in %s", (folder) => {
    const paths = sourcesUnder(folder);
    expect(paths).not.toEqual([]);
    expect(paths.flatMap((path) => violations(path, readFileSync(join(root, path), "utf8")))).toEqual([]);
  });
});

describe("a rule that is broken is reported", () => {
  test.each([
    // Dependencies point inwards only.
    ["src/platform.ts", `import type { Client } from "./mqtt/client.js"`, "platform may not import mqtt"],
    ["src/mqtt/client.ts", `import { Node } from "../mote/mote.js"`, "mqtt may not import mote"],
    ["src/mqtt/client.ts", `import { now } from "../platform.js"`, "with `import type` only"],
    ["src/mqtt/client.ts", `import { type Socket } from "../platform.js"`, "with `import type` only"],
    ["src/mqtt/client.ts", `export { now } from "../platform.js"`, "with `import type` only"],
    ["src/mote/mote.ts", `import { board } from "../../boards/lin/board.js"`, "mote may not import board"],
    ["src/mote/mote.ts", `import { TCP } from "../platforms/moddable/tcp.js"`, "mote may not import moddable"],
    ["src/mote/mote.ts", `import { main } from "../main.js"`, "mote may not import main"],
    // Nobody in src imports the simulator, not even a type.
    ["src/mqtt/client.ts", `import type { Clock } from "../../host-sim/core/clock.js"`, "mqtt may not import core"],
    ["src/mote/mote.ts", `import { world } from "../../host-sim/core/world.js"`, "mote may not import core"],
    [
      "src/platforms/moddable/tcp.ts",
      `import { tcp } from "../../../host-sim/cli/tcp.js"`,
      "moddable may not import cli",
    ],
    ["src/main.ts", `import { run } from "../host-sim/cli/run.js"`, "main may not import cli"],
    // No package and nothing of Node.js under src.
    ["src/mqtt/client.ts", `import packet from "mqtt-packet"`, `mqtt may not import npm ("mqtt-packet")`],
    ["src/mote/mote.ts", `import { Buffer } from "node:buffer"`, `mote may not import node ("node:buffer")`],
    ["src/platforms/moddable/tcp.ts", `import aedes from "aedes"`, "moddable may not import npm"],
    ["src/platforms/moddable/tcp.ts", `import { connect } from "node:net"`, "moddable may not import node"],
    ["src/platforms/browser/clock.ts", `import { performance } from "node:perf_hooks"`, "browser may not import node"],
    ["src/platforms/browser/clock.ts", `import { x } from "../nodejs/clock.js"`, "browser may not import nodejs"],
    ["src/platforms/nodejs/clock.ts", `import { x } from "../browser/clock.js"`, "nodejs may not import browser"],
    ["src/mqtt/client.ts", `import { x } from "../platforms/browser/clock.js"`, "mqtt may not import browser"],
    // Only the device's rooms know the SDK.
    ["src/mqtt/client.ts", `import TCP from "embedded:io/socket/tcp"`, "mqtt may not import sdk"],
    ["src/mote/mote.ts", `import Timer from "timer"`, "mote may not import sdk"],
    ["src/main.ts", `import config from "mc/config"`, "main may not import sdk"],
    ["host-sim/core/world/clock.ts", `import Timer from "timer"`, "core may not import sdk"],
    // The simulator's core is pure.
    ["host-sim/core/world/clock.ts", `import { setTimeout } from "node:timers"`, "core may not import node"],
    ["host-sim/core/world/clock.ts", `import { EventEmitter } from "events"`, "core may not import node"],
    ["host-sim/core/broker/broker.ts", `import aedes from "aedes"`, "core may not import npm"],
    ["host-sim/core/network/link.ts", `import { connect } from "../../cli/sockets.js"`, "core may not import cli"],
    [
      "host-sim/core/network/link.ts",
      `import { TCP } from "../../../src/platforms/moddable/tcp.js"`,
      "core may not import moddable",
    ],
    [
      "host-sim/cli/main.ts",
      `import { TCP } from "../../src/platforms/moddable/tcp.js"`,
      "cli may not import moddable",
    ],
    ["host-sim/view/page.ts", `import { readFile } from "node:fs"`, "view may not import node"],
    [
      "host-sim/view/app.tsx",
      `const list = <ul><li key={1}>a</li></ul>; import "../cli/run.js"`,
      "view may not import cli",
    ],
    ["host-sim/cli/run.ts", `import { readPlace } from "../view/place.js"`, "cli may not import view"],
    // What runs on XS is like a device; what runs it is Node.js's.
    ["host-sim/xs/device/link.ts", `import { connect } from "node:net"`, "xs may not import node"],
    ["host-sim/xs/device/link.ts", `import { buildHost } from "../engine/build.js"`, "xs may not import engine"],
    [
      "host-sim/xs/engine/build.ts",
      `import { Client } from "../../../src/mqtt/client.js"`,
      "engine may not import mqtt",
    ],
    [
      "host-sim/core/world/clock.ts",
      `import { buildHost } from "../../xs/engine/build.js"`,
      "core may not import engine",
    ],
    // Boards are data.
    ["boards/lin/board.ts", `import { freeze } from "../../src/mote/freeze.js"`, "with `import type` only"],
    ["boards/lin/board.ts", `import { base } from "../esp32_devkitc/board.js"`, "with `import type` only"],
    ["boards/lin/board.ts", `import Digital from "embedded:io/digital"`, "board may not import sdk"],
    [
      "boards/lin/host/provider.ts",
      `import { run } from "../../../host-sim/cli/run.js"`,
      "provider may not import cli",
    ],
    // However a module is named.
    ["src/mqtt/client.ts", `const { connect } = await import("node:net")`, "mqtt may not import node"],
    ["src/mqtt/client.ts", `const net = require("net")`, "mqtt may not import"],
    ["src/mqtt/client.ts", `type Socket = import("node:net").Socket`, "mqtt may not import node"],
    ["src/mqtt/client.ts", `export * from "../mote/mote.js"`, "mqtt may not import mote"],
    ["src/mqtt/client.ts", `import net = require("node:net")`, "mqtt may not import node"],
    ["src/mqtt/client.ts", `const name = "x"; await import(name)`, "by a literal"],
    ["src/mqtt/client.ts", `import { encode } from "./encode"`, `"./encode" must end in .js`],
    ["src/mqtt/client.ts", `import { encode } from "./encode.ts"`, `"./encode.ts" must end in .js`],
    ["src/mqtt/client.ts", `import { help } from "../../scripts/help.js"`, "mqtt may not import script"],
    // An application is of the firmware's modules and the SDK's.
    ["examples/door/main.ts", `import { connect } from "node:net"`, "application may not import node"],
    [
      "examples/door/main.ts",
      `import { Clock } from "../../host-sim/core/clock.js"`,
      "application may not import core",
    ],
    ["src/mote/mote.ts", `import { Client } from "mqtt/client"`, "mote may not import npm"],
    // No regular expression runs on a device.
    ["src/mqtt/client.ts", "const plain = /^[a-z]+$/;", "client.ts:1: a regular expression (/^[a-z]+$/)"],
    ["src/mote/mote.ts", "name(\n  /[\\0\\ud800-\\udfff]/u\n);", "mote.ts:2: a regular expression"],
    ["src/mote/mote.ts", `const made = new RegExp("a");`, "a regular expression (RegExp)"],
    ["src/mote/mote.ts", `const made = RegExp(text, "g");`, "a regular expression (RegExp)"],
    ["src/mote/mote.ts", `const made = globalThis["RegExp"];`, "a regular expression (RegExp)"],
    ["src/platforms/moddable/tcp.ts", `const levels = topic.split(/[/]/);`, "a regular expression (/[/]/)"],
    ["src/platforms/moddable/tcp.ts", `const found = text.match("a.c");`, "a regular expression (.match())"],
    ["src/platforms/moddable/tcp.ts", `const found = [...text.matchAll("a")];`, "a regular expression (.matchAll())"],
    ["src/main.ts", `const at = text["search"](".");`, "a regular expression (.search())"],
    ["src/main.ts", `const clean = text.replace(/a/g, "b");`, "a regular expression (/a/g)"],
    ["src/main.ts", `const clean = \`<\${text.replaceAll(/a/g, "b")}>\`;`, "a regular expression (/a/g)"],
    ["boards/lin/board.ts", "export const pattern = /1/;", "a regular expression"],
    ["boards/lin/host/key-value.ts", "const key = /^k/.test(name);", "a regular expression"],
    ["boards/lin/setup-target.ts", "const key = /^k/.test(name);", "a regular expression"],
    ["examples/door/main.ts", "const open = /open/.test(state);", "a regular expression"],
    ["scripts/firmware/throws/main.ts", "const open = /open/.test(state);", "a regular expression"],
    // What tests and scripts share is under test/support.
    ["test/xs/budget.test.ts", `import { judge } from "../../scripts/budget/budget.js"`, "test may not import script"],
    ["scripts/defects.ts", `import { day } from "../test/mqtt/day.js"`, "script may not import test"],
    ["test/support/rig.ts", `import { day } from "../mqtt/day.js"`, "support may not import test"],
    ["test/mqtt/day.ts", `import { books } from "../scripts/kill/books.js"`, "test may not import script test"],
    // Every file has a room.
    ["src/helpers.ts", "", "belongs to no room"],
  ])("%s: %j", (path, source, expected) => {
    const found = violations(path, source);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });
});

describe("what the design wants is allowed", () => {
  test.each([
    ["src/mqtt/client.ts", `import { encode } from "./encode.js"; import type { Socket } from "../platform.js"`],
    ["src/mqtt/client.ts", `export type { Socket } from "../platform.js"`],
    ["src/mote/mote.ts", `import { Client } from "../mqtt/index.js"; import type { Clock } from "../platform.js"`],
    [
      "src/platforms/moddable/tcp.ts",
      `import TCP from "embedded:io/socket/tcp"; import { Client } from "../../mqtt/client.js"`,
    ],
    [
      "src/platforms/moddable/config.ts",
      `import config from "mc/config"; import Timer from "timer"; import WiFi from "wifi"`,
    ],
    [
      "src/main.ts",
      `import { Node } from "./mote/mote.js"; import { platform } from "./platforms/moddable/platform.js"`,
    ],
    [
      "host-sim/core/broker/broker.ts",
      `import { decode } from "../../../src/mqtt/wire/decode.js"; import "./message.js"`,
    ],
    ["host-sim/core/world/boards.ts", `import { board } from "../../../boards/lin/board.js"`],
    [
      "host-sim/cli/main.ts",
      `import { connect } from "node:net"; import aedes from "aedes"; import "../core/world/world.js"`,
    ],
    ["boards/lin/board.ts", `import type { Board } from "../../src/platform.js"`],
    ["boards/lin/host/provider.ts", `import { board } from "../board.js"; import I2C from "embedded:io/i2c"`],
    [
      "examples/door/main.ts",
      `import config from "mc/config"; import { Client } from "mqtt/index"; import "platforms/moddable/tcp"`,
    ],
    ["examples/door/main.ts", `import { lamp } from "./lamp.js";`],
    ["test/scripts/kill/books.test.ts", `import { Books } from "../../../scripts/kill/books.js"`],
    ["scripts/kill/proof.ts", `import { Sim } from "../../test/support/sim.js"`],
    // No regular expressions: divisions, texts, comments, types; and the simulator may have them.
    ["src/mqtt/client.ts", "const part = size / count / 2; // /^a/"],
    ["src/mqtt/client.ts", "const levels = topic.split('/').join('/').replace('a', 'b').replaceAll('/a/', '');"],
    ["src/mqtt/client.ts", "export type Pattern = RegExp;"],
    ["host-sim/core/world/clock.ts", "const plain = /^[a-z]+$/.test(name);"],
    ["src/mqtt/client.ts", `// import "node:net"\nconst text = 'import "node:net"';`],
  ])("%s: %j", (path, source) => {
    expect(violations(path, source)).toEqual([]);
  });
});

test("a file may have as many lines as the bound, and not one more", () => {
  const longest = `${"\n".repeat(maxLines - 1)}let last;\n`;
  expect(violations("src/mqtt/client.ts", longest)).toEqual([]);
  expect(violations("src/mqtt/client.ts", `\n${longest}`)).toEqual([
    `src/mqtt/client.ts: has ${maxLines + 1} lines, more than ${maxLines}`,
  ]);
});

test("an import is found with its line and whether it is a type only", () => {
  const source = `import type { A } from "./a.js";\nimport { type B } from "./b.js";\n\nexport type * from "./c.js";`;
  expect(importsOf(source)).toEqual([
    { specifier: "./a.js", typeOnly: true, line: 1 },
    { specifier: "./b.js", typeOnly: false, line: 2 },
    { specifier: "./c.js", typeOnly: true, line: 4 },
  ]);
});
