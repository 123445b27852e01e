/**
 * `npm run xs -- compare`, with MODDABLE set: the bytecode of each module as the SDK's own compiler makes it beside that of the XS
 * host, whose engine is older and whose JavaScript comes from esbuild instead of tsc. Fails when they are further apart than
 * TOLERANCE. The story on the SDK's Linux build is told by `npm run check:firmware`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { board } from "../../boards/esp32c3_devkitm/board.js";
import { buildHost } from "../../host-sim/xs/engine/build.js";
import { collectModules } from "../../host-sim/xs/engine/modules.js";
import { Program } from "../../host-sim/xs/engine/program.js";
import { buildXs } from "../firmware/build.js";
import { readImage } from "../firmware/image.js";
import { firmware } from "../firmware/programs.js";
import { findSdk } from "../firmware/sdk.js";

/** Of all modules together, and of one. */
const TOLERANCE = { all: 0.03, one: 0.2 };

async function ours(): Promise<Readonly<Record<string, number>>> {
  const [host, modules] = await Promise.all([
    buildHost(),
    collectModules({ entry: "host-sim/xs/programs/nothing.ts" }),
  ]);
  let sizes: Readonly<Record<string, number>> = {};
  const program = new Program({
    host,
    modules,
    memory: board.memory,
    onBytecode: (found) => {
      sizes = found;
    },
  });
  await program.ended;
  return sizes;
}

const work = mkdtempSync(join(tmpdir(), "motewire-compare-"));
try {
  const sdk = findSdk(work);
  if (sdk === undefined) throw new Error("MODDABLE is not set: there is nothing to compare with");
  const mine = await ours();
  const image = readImage(buildXs(firmware("lin"), join(work, "out"), sdk));
  const rows = image.modules.flatMap(({ name, code }) => {
    // Each has a main of its own.
    const own = name === "main" ? undefined : mine[name];
    return own === undefined ? [] : [{ name, code, own, apart: own / code - 1 }];
  });
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  const all = { name: "all", code: sum(({ code }) => code), own: sum(({ own }) => own) };
  const percent = (apart: number) => `${apart >= 0 ? "+" : ""}${(100 * apart).toFixed(1)} %`;
  const line = (name: string, code: number | string, own: number | string, apart: string) =>
    console.log(`${name.padEnd(24)}${String(code).padStart(8)}${String(own).padStart(8)}${apart.padStart(9)}`);
  line("module", "SDK", "host", "");
  for (const { name, code, own, apart } of rows) line(name, code, own, percent(apart));
  line(all.name, all.code, all.own, percent(all.own / all.code - 1));
  const wrong = rows.filter(({ apart }) => Math.abs(apart) > TOLERANCE.one).map(({ name }) => name);
  if (Math.abs(all.own / all.code - 1) > TOLERANCE.all) wrong.push("all");
  if (rows.length === 0) wrong.push("nothing: no module is in both");
  if (wrong.length > 0) {
    console.log(`further apart than ${100 * TOLERANCE.one} % (all: ${100 * TOLERANCE.all} %): ${wrong.join(", ")}`);
    process.exitCode = 1;
  }
} catch (error) {
  console.log((error as Error).message);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
