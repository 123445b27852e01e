/** Holds what board.ts says against what the SDK has for its target, and against what mcconfig has made of it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Board } from "../../boards/board.js";
import type { Built } from "./build.js";
import type { Sdk } from "./sdk.js";

/** One line for each fact that differs. */
export function boardProblems(board: Board, { folder }: Built, { path }: Sdk): string[] {
  const project = readdirSync(folder).find((name) => name.startsWith("xsProj-"));
  if (project === undefined) return [];
  const target = join(path, "build/devices", board.target.replace("/", "/targets/"));
  const provider = readFileSync(join(target, "host/provider.js"), "utf8");
  const defaults = readFileSync(join(path, "build/devices/esp32", project, "sdkconfig.defaults"), "utf8");
  const table = readFileSync(join(folder, project, "partitions.csv"), "utf8");
  const pins = /I2C: \{\s*default: \{[^}]*data: (\d+),\s*clock: (\d+)/.exec(provider);
  const soc = project
    .replace("xsProj-", "")
    .toUpperCase()
    .replace(/^ESP32(?=.)/, "ESP32-");
  const facts: readonly (readonly [string, unknown, unknown])[] = [
    ["soc", board.soc, soc],
    ["I2C.default.data", board.I2C.default?.data, Number(pins?.[1])],
    ["I2C.default.clock", board.I2C.default?.clock, Number(pins?.[2])],
    ["socket.window", board.socket.window, Number(/^CONFIG_LWIP_TCP_SND_BUF_DEFAULT=(\d+)/m.exec(defaults)?.[1])],
    ["storage.nvs", board.storage.nvs, Number(/^\s*nvs\s*,\s*data\s*,\s*nvs\s*,[^,]*,\s*(\w+)/m.exec(table)?.[1])],
    ["memory", memoryOf(board), creationOf(folder)],
  ];
  return facts
    .filter(([, ours, theirs]) => ours !== theirs)
    .map(
      ([name, ours, theirs]) => `board.ts says ${name} is ${ours}, the SDK's build for ${board.target} has ${theirs}`,
    );
}

function memoryOf({ memory: { chunk, heap, stack, ...memory } }: Board): string {
  return `chunk ${chunk.initial}+${chunk.incremental}, heap ${heap.initial}+${heap.incremental}, stack ${stack}, static ${memory.static}`;
}

/** From the makefile: chunk, chunk's increment, heap, heap's increment, stack, … static, main. */
function creationOf(folder: string): string {
  const makefile = readFileSync(join(folder, "makefile"), "utf8");
  const values = /^CREATION = -c (\S+)/m.exec(makefile)?.[1]?.split(",") ?? [];
  const [chunk, chunkMore, heap, heapMore, stack] = values;
  return `chunk ${chunk}+${chunkMore}, heap ${heap}+${heapMore}, stack ${stack}, static ${values[11]}`;
}
