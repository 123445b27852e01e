/** All checks, in order, with what they find said as they go. */
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Board } from "../../boards/board.js";
import { Mosquitto } from "../../test/support/mosquitto.js";
import { boardProblems } from "./board-facts.js";
import { type Built, buildXs, type Target } from "./build.js";
import { readImage } from "./image.js";
import { buildHost, buildLin } from "./lin.js";
import { NODE, runLin } from "./lin-run.js";
import { problemsOf } from "./problems.js";
import { proveAll } from "./prove.js";
import { root, type Sdk } from "./sdk.js";
import { boardLine, moduleTable } from "./sizes.js";
import { runThrows } from "./throws-run.js";

export interface CheckOptions {
  readonly sdk: Sdk;
  /** A folder for all that is built. */
  readonly work: string;
  readonly boards: readonly string[];
  /** Show too that each kind of defect is found. */
  readonly prove: boolean;
}

/** Programs beside the firmware: each is built for a device and for lin. */
const EXAMPLE = join(root, "examples/moddable-client");
const THROWS = join(root, "scripts/firmware/throws");

/** @returns whether all is well */
export async function checkAll({ sdk, work, boards, prove }: CheckOptions): Promise<boolean> {
  let well = true;
  const say = (line: string) => console.log(line);
  const attempt = async (what: string, act: () => void | Promise<void>) => {
    try {
      await act();
    } catch (error) {
      well = false;
      say(`✗ ${what}\n${indented((error as Error).message)}`);
    }
  };

  for (const id of boards.filter((board) => board !== "lin")) {
    await attempt(id, async () => {
      const target = firmware(id);
      const built = buildXs(target, join(work, id), sdk);
      const { board } = (await import(`../../boards/${id}/board.js`)) as { board: Board };
      judge(built, boardProblems(board, built, sdk));
      const image = readImage(built);
      if (id === boards[0]) say(`Bytecode in bytes: file with symbols, code alone\n${moduleTable(image, root)}\n`);
      say(`✓ ${boardLine(id, image, board)}`);
    });
  }
  await attempt("examples/moddable-client for esp32", () => {
    judge(buildXs(program(EXAMPLE, "esp32", ["mqtt_host=127.0.0.1"]), join(work, "example"), sdk));
    say("✓ examples/moddable-client for esp32");
  });
  if (boards.includes("lin")) {
    await attempt("lin", async () => {
      for (const summary of await checkLin(sdk, join(work, "lin"))) say(`✓ ${summary}`);
    });
  }
  if (prove) {
    await attempt("each kind of defect is found", async () => {
      for (const line of await proveAll(sdk, work)) say(`✓ ${line}`);
    });
  }
  return well;
}

/** @throws Error with a line for each problem */
export function judge(built: Built, more: readonly string[] = []): void {
  const problems = [...problemsOf(built, readImage(built), root), ...more];
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

export function firmware(board: string): Target {
  return {
    name: board,
    program: root,
    platform: `esp32:./boards/${board}`,
    config: ["wifi_ssid=check", "wifi_password=check", "mqtt_host=192.0.2.1"],
  };
}

function program(folder: string, platform: string, config: readonly string[]): Target {
  return { name: `${basename(folder)} for ${platform}`, program: folder, platform, config };
}

/** Builds for lin and runs what was built. @returns summaries */
async function checkLin(sdk: Sdk, output: string): Promise<string[]> {
  const files = (name: string) => {
    const folder = join(output, "files", name);
    mkdirSync(folder, { recursive: true });
    return `files=${folder}/`;
  };
  const mosquitto = await Mosquitto.start();
  try {
    const broker = [`mqtt_host=${mosquitto.host}`, `mqtt_port=${mosquitto.port}`, `node_id=${NODE}`];
    const build = (folder: string) => {
      const made = buildLin(program(folder, "lin", [...broker, files(basename(folder))]), output, sdk);
      judge(made.built);
      return made.program;
    };
    const node = build(root);
    const throws = build(THROWS);
    build(EXAMPLE);
    const host = buildHost(output, sdk);
    return [`lin: ${await runLin(host, node, mosquitto)}`, `lin, errors: ${await runThrows(host, throws, mosquitto)}`];
  } finally {
    await mosquitto.remove();
  }
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
