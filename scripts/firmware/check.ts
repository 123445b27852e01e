/** All checks, in order, with what they find said as they go. */
import { join } from "node:path";
import type { Board } from "../../boards/board.js";
import { findBoard } from "../../host-sim/core/world/boards.js";
import { boardProblems } from "./board-facts.js";
import { buildXs } from "./build.js";
import { driverProblems } from "./driver-facts.js";
import { readImage } from "./image.js";
import { checkLin } from "./lin-check.js";
import { APPLICATIONS, application, EXAMPLE, firmware, judge, program } from "./programs.js";
import { proveAll, proveSoak } from "./prove.js";
import { root, type Sdk } from "./sdk.js";
import { boardLine, moduleTable } from "./sizes.js";

export interface CheckOptions {
  readonly sdk: Sdk;
  /** A folder for all that is built. */
  readonly work: string;
  readonly boards: readonly string[];
  /** Show too that each kind of defect is found. */
  readonly prove: boolean;
}

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

  await attempt("the table of drivers", () => {
    const problems = driverProblems(sdk);
    if (problems.length > 0) throw new Error(problems.join("\n"));
    say("✓ each driver of src/mote/drivers.ts is in the SDK as it says");
  });
  for (const id of boards.filter((board) => board !== "lin")) {
    await attempt(id, async () => {
      const target = firmware(id);
      const built = buildXs(target, join(work, id), sdk);
      const board = findBoard(id) as Board;
      judge(built, boardProblems(board, built, sdk));
      const image = readImage(built);
      if (id === boards[0]) say(`Bytecode in bytes: file with symbols, code alone\n${moduleTable(image, root)}\n`);
      say(`✓ ${boardLine(id, image, board)}`);
    });
  }
  for (const id of boards.filter((board) => board !== "lin")) {
    for (const name of APPLICATIONS) {
      await attempt(`examples/${name} for ${id}`, () => {
        judge(buildXs(application(name, id), join(work, `${name}-${id}`), sdk));
        say(`✓ examples/${name} for ${id}`);
      });
    }
  }
  await attempt("examples/moddable-client for esp32", () => {
    judge(buildXs(program(EXAMPLE, "esp32", ["mqtt_host=127.0.0.1"]), join(work, "example"), sdk));
    say("✓ examples/moddable-client for esp32");
  });
  if (boards.includes("lin")) {
    await attempt("lin", async () => {
      await checkLin(sdk, join(work, "lin"), (summary) => say(`✓ ${summary}`));
    });
  }
  if (prove) {
    await attempt("each kind of defect is found", async () => {
      for (const line of proveAll(sdk, work)) say(`✓ ${line}`);
      say(`✓ ${await proveSoak(sdk, work)}`);
    });
  }
  return well;
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
