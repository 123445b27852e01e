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
    .filter((path) => path.endsWith(".ts") && !path.includes("/node_modules/"));
}

describe("the source tree keeps its rules", () => {
  test.each(["src", "host-sim", "boards", "examples", "scripts/firmware/throws"])("in %s", (folder) => {
    const paths = sourcesUnder(folder);
    expect(paths).not.toEqual([]);
    expect(paths.flatMap((path) => violations(path, readFileSync(join(root, path), "utf8")))).toEqual([]);
  });
});

describe("a rule that is broken is reported", () => {
  test.each([
    // Dependencies point inwards only.
    ["src/platform.ts", `import type { Client } from "./mqtt/client.js"`, "platform may not import mqtt"],
    ["src/mqtt/client.ts", `import { Node } from "../node/node.js"`, "mqtt may not import node room"],
    ["src/mqtt/client.ts", `import { now } from "../platform.js"`, "with `import type` only"],
    ["src/mqtt/client.ts", `import { type Socket } from "../platform.js"`, "with `import type` only"],
    ["src/mqtt/client.ts", `export { now } from "../platform.js"`, "with `import type` only"],
    ["src/node/node.ts", `import { board } from "../../boards/lin/board.js"`, "node room may not import board"],
    ["src/node/node.ts", `import { TCP } from "../device/tcp.js"`, "node room may not import device"],
    ["src/node/node.ts", `import { main } from "../main.js"`, "node room may not import main"],
    // Nobody in src imports the simulator, not even a type.
    ["src/mqtt/client.ts", `import type { Clock } from "../../host-sim/core/clock.js"`, "mqtt may not import core"],
    ["src/node/node.ts", `import { world } from "../../host-sim/core/world.js"`, "node room may not import core"],
    ["src/device/tcp.ts", `import { tcp } from "../../host-sim/node/tcp.js"`, "device may not import host"],
    ["src/main.ts", `import { run } from "../host-sim/node/run.js"`, "main may not import host"],
    // No package and nothing of Node.js under src.
    ["src/mqtt/client.ts", `import packet from "mqtt-packet"`, `mqtt may not import npm ("mqtt-packet")`],
    ["src/node/node.ts", `import { Buffer } from "node:buffer"`, `node room may not import node ("node:buffer")`],
    ["src/device/tcp.ts", `import aedes from "aedes"`, "device may not import npm"],
    ["src/device/tcp.ts", `import { connect } from "node:net"`, "device may not import node"],
    // Only the device's rooms know the SDK.
    ["src/mqtt/client.ts", `import TCP from "embedded:io/socket/tcp"`, "mqtt may not import sdk"],
    ["src/node/node.ts", `import Timer from "timer"`, "node room may not import sdk"],
    ["src/main.ts", `import config from "mc/config"`, "main may not import sdk"],
    ["host-sim/core/clock.ts", `import Timer from "timer"`, "core may not import sdk"],
    // The simulator's core is pure.
    ["host-sim/core/clock.ts", `import { setTimeout } from "node:timers"`, "core may not import node"],
    ["host-sim/core/clock.ts", `import { EventEmitter } from "events"`, "core may not import node"],
    ["host-sim/core/broker.ts", `import aedes from "aedes"`, "core may not import npm"],
    ["host-sim/core/link.ts", `import { connect } from "../node/sockets.js"`, "core may not import host"],
    ["host-sim/core/link.ts", `import { TCP } from "../../src/device/tcp.js"`, "core may not import device"],
    ["host-sim/node/main.ts", `import { TCP } from "../../src/device/tcp.js"`, "host may not import device"],
    ["host-sim/view/page.ts", `import { readFile } from "node:fs"`, "view may not import node"],
    // What runs on XS is like a device; what runs it is Node.js's.
    ["host-sim/xs/device/link.ts", `import { connect } from "node:net"`, "xs may not import node"],
    ["host-sim/xs/device/link.ts", `import { buildHost } from "../engine/build.js"`, "xs may not import engine"],
    [
      "host-sim/xs/engine/build.ts",
      `import { Client } from "../../../src/mqtt/client.js"`,
      "engine may not import mqtt",
    ],
    ["host-sim/core/clock.ts", `import { buildHost } from "../xs/engine/build.js"`, "core may not import engine"],
    // Boards are data.
    ["boards/lin/board.ts", `import { freeze } from "../../src/node/freeze.js"`, "with `import type` only"],
    ["boards/lin/board.ts", `import { base } from "../esp32_devkitc/board.js"`, "with `import type` only"],
    ["boards/lin/board.ts", `import Digital from "embedded:io/digital"`, "board may not import sdk"],
    [
      "boards/lin/host/provider.ts",
      `import { run } from "../../../host-sim/node/run.js"`,
      "provider may not import host",
    ],
    // However a module is named.
    ["src/mqtt/client.ts", `const { connect } = await import("node:net")`, "mqtt may not import node"],
    ["src/mqtt/client.ts", `const net = require("net")`, "mqtt may not import"],
    ["src/mqtt/client.ts", `type Socket = import("node:net").Socket`, "mqtt may not import node"],
    ["src/mqtt/client.ts", `export * from "../node/node.js"`, "mqtt may not import node room"],
    ["src/mqtt/client.ts", `import net = require("node:net")`, "mqtt may not import node"],
    ["src/mqtt/client.ts", `const name = "x"; await import(name)`, "by a literal"],
    ["src/mqtt/client.ts", `import { encode } from "./encode"`, `"./encode" must end in .js`],
    ["src/mqtt/client.ts", `import { encode } from "./encode.ts"`, `"./encode.ts" must end in .js`],
    ["src/mqtt/client.ts", `import { help } from "../../scripts/help.js"`, "belongs to no room"],
    // An application is of the firmware's modules and the SDK's.
    ["examples/door/main.ts", `import { connect } from "node:net"`, "application may not import node"],
    [
      "examples/door/main.ts",
      `import { Clock } from "../../host-sim/core/clock.js"`,
      "application may not import core",
    ],
    ["src/node/node.ts", `import { Client } from "mqtt/client"`, "node room may not import npm"],
    // No regular expression runs on a device.
    ["src/mqtt/client.ts", "const plain = /^[a-z]+$/;", "client.ts:1: a regular expression (/^[a-z]+$/)"],
    ["src/node/node.ts", "name(\n  /[\\0\\ud800-\\udfff]/u\n);", "node.ts:2: a regular expression"],
    ["src/node/node.ts", `const made = new RegExp("a");`, "a regular expression (RegExp)"],
    ["src/node/node.ts", `const made = RegExp(text, "g");`, "a regular expression (RegExp)"],
    ["src/node/node.ts", `const made = globalThis["RegExp"];`, "a regular expression (RegExp)"],
    ["src/device/tcp.ts", `const levels = topic.split(/[/]/);`, "a regular expression (/[/]/)"],
    ["src/device/tcp.ts", `const found = text.match("a.c");`, "a regular expression (.match())"],
    ["src/device/tcp.ts", `const found = [...text.matchAll("a")];`, "a regular expression (.matchAll())"],
    ["src/main.ts", `const at = text["search"](".");`, "a regular expression (.search())"],
    ["src/main.ts", `const clean = text.replace(/a/g, "b");`, "a regular expression (/a/g)"],
    ["src/main.ts", `const clean = \`<\${text.replaceAll(/a/g, "b")}>\`;`, "a regular expression (/a/g)"],
    ["boards/lin/board.ts", "export const pattern = /1/;", "a regular expression"],
    ["boards/lin/host/key-value.ts", "const key = /^k/.test(name);", "a regular expression"],
    ["boards/lin/setup-target.ts", "const key = /^k/.test(name);", "a regular expression"],
    ["examples/door/main.ts", "const open = /open/.test(state);", "a regular expression"],
    ["scripts/firmware/throws/main.ts", "const open = /open/.test(state);", "a regular expression"],
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
    ["src/node/node.ts", `import { Client } from "../mqtt/index.js"; import type { Clock } from "../platform.js"`],
    ["src/device/tcp.ts", `import TCP from "embedded:io/socket/tcp"; import { Client } from "../mqtt/client.js"`],
    ["src/device/config.ts", `import config from "mc/config"; import Timer from "timer"; import WiFi from "wifi"`],
    ["src/main.ts", `import { Node } from "./node/node.js"; import { platform } from "./device/platform.js"`],
    ["host-sim/core/broker.ts", `import { decode } from "../../src/mqtt/decode.js"; import "./clock.js"`],
    ["host-sim/core/boards.ts", `import { board } from "../../boards/lin/board.js"`],
    [
      "host-sim/node/main.ts",
      `import { connect } from "node:net"; import aedes from "aedes"; import "../core/world.js"`,
    ],
    ["boards/lin/board.ts", `import type { Board } from "../../src/platform.js"`],
    ["boards/lin/host/provider.ts", `import { board } from "../board.js"; import I2C from "embedded:io/i2c"`],
    [
      "examples/door/main.ts",
      `import config from "mc/config"; import { Client } from "mqtt/index"; import "device/tcp"`,
    ],
    ["examples/door/main.ts", `import { lamp } from "./lamp.js";`],
    // No regular expressions: divisions, texts, comments, types; and the simulator may have them.
    ["src/mqtt/client.ts", "const part = size / count / 2; // /^a/"],
    ["src/mqtt/client.ts", "const levels = topic.split('/').join('/').replace('a', 'b').replaceAll('/a/', '');"],
    ["src/mqtt/client.ts", "export type Pattern = RegExp;"],
    ["host-sim/core/clock.ts", "const plain = /^[a-z]+$/.test(name);"],
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
