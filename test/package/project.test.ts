/**
 * A project of one's own, from an empty folder with the packed package: `motewire new`, its test, its node, and what happens when the
 * application is saved. npm gets nothing from the network but what its cache lacks, once.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { SimEvent } from "../../host-sim/cli/events.js";
import { Checkout, npm, root, run } from "../support/package.js";

const SLOW = 240_000;
vi.setConfig({ testTimeout: 90_000, hookTimeout: SLOW });

const checkout = new Checkout();
const folder = join(checkout.work, "people");
const project = join(folder, "garden");
const motewire = join(project, "node_modules/motewire/dist/simulator/cli/main.js");
let made = "";

beforeAll(async () => {
  mkdirSync(folder);
  const tarball = await checkout.packed("built");
  const command = [
    "exec",
    "--yes",
    "--package",
    tarball,
    "--",
    "motewire",
    "new",
    "garden",
    "--board",
    "esp32c3_devkitm",
  ];
  made = await npm(command, folder);
  // npm's cache may lack what a checkout's lock file does not name.
  await npm(["install"], project, true);
  rmSync(join(project, "node_modules"), { recursive: true });
  rmSync(join(project, "package-lock.json"));
  await npm(["install"], project);
}, SLOW);

afterAll(() => checkout.remove());

/** As `npm start` does, without npm, which does not hand on signals. What it tells, as JSON lines. */
function started(): { child: ChildProcess; event(fits: (event: SimEvent) => boolean): Promise<SimEvent> } {
  const { scripts } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
  const [, ...args] = scripts.start.split(" ");
  const child = spawn(process.execPath, [motewire, ...args, "--json", "--interval", "1s"], { cwd: project });
  const events: SimEvent[] = [];
  const waiting = new Set<() => void>();
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    events.push(...lines.filter((line) => line !== "").map((line) => JSON.parse(line)));
    for (const look of waiting) look();
  });
  const event = (fits: (event: SimEvent) => boolean) =>
    new Promise<SimEvent>((settle) => {
      const look = () => {
        const found = events.find(fits);
        if (found === undefined) return;
        waiting.delete(look);
        settle(found);
      };
      waiting.add(look);
      look();
    });
  return { child, event };
}

describe("a new project", () => {
  test("is pinned to the package that it came from, and to the tools that this was tried with", () => {
    const { devDependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
    const ours = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies;
    const { motewire, ...tools } = devDependencies;
    expect(motewire).toMatch(/^file:.*motewire-.*\.tgz$/);
    expect(tools).toEqual(
      Object.fromEntries(["aedes", "tsx", "typescript", "vitest"].map((name) => [name, ours[name]])),
    );
    expect(made).toContain("npm install");
  });

  test("compiles, and its test passes", async () => {
    expect(await run("npm", ["run", "types"], project)).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await run("npm", ["test"], project);
    expect(stdout + stderr).toContain("3 passed");
    expect(code).toBe(0);
  });

  test("has a live node that starts again within a second of a save, and keeps what it had accepted", async () => {
    const { child, event } = started();
    const ended = new Promise((settle) => child.on("close", settle));
    try {
      await event((one) => one.event === "acknowledged" && one.topic.endsWith("/reading/air"));
      const file = join(project, "main.ts");
      const text = readFileSync(file, "utf8");
      writeFileSync(file, `${text}(`);
      const problem = await event((one) => one.event === "error" && one.where === "application");
      expect(problem).toMatchObject({ message: expect.stringMatching(/main\.ts:\d+:\d+: /) });
      writeFileSync(file, text.replace("air:", "sky:"));
      await event((one) => one.event === "restart");
      await event((one) => one.event === "acknowledged" && one.topic.endsWith("/reading/sky"));
    } finally {
      child.kill("SIGINT");
      await ended;
    }
    expect(await event((one) => one.event === "summary")).toMatchObject({ lost: 0, restarts: 1 });
  });

  test("is not made where something is, nor with a name or a board that there is not", async () => {
    const make = (...args: string[]) => run(process.execPath, [motewire, "new", ...args], folder);
    expect(await make("garden")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("garden is there already"),
    });
    expect(await make("Garden")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the name is "Garden"'),
    });
    expect(await make("other", "--board", "uno")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"uno"'),
    });
    expect(await make()).toMatchObject({ code: 2, stderr: expect.stringContaining("new needs a name") });
  });
});
