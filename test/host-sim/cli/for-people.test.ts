/** The command line as a person meets it: in a narrow terminal, on a full disk, with what is installed. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { root } from "../../../host-sim/xs/engine/paths.js";
import { startServed } from "../../support/page.js";
import { Sim } from "../../support/sim.js";

// Each test starts a program or two, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const run = promisify(execFile);
const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

function sim(...options: ConstructorParameters<typeof Sim>): Sim {
  const started = new Sim(...options);
  cleanUp.push(() => started.kill());
  return started;
}

async function broker() {
  const served = await startServed();
  cleanUp.push(() => served.close());
  return { ...served, embedded: served.broker };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "motewire-people-"));
  cleanUp.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== "" && word !== "\\");

describe.each(["80", "50"])("in a terminal of %s columns", (COLUMNS) => {
  test.each([["--help"], ["run --help"], ["explore --help"], ["replay --help"], ["scenario --help"]])(
    "%s has the same words, each of them whole, and no line that is longer",
    async (args) => {
      const wide = sim(args.split(" "));
      const narrow = sim(args.split(" "), { COLUMNS });
      expect(await Promise.all([wide.ended(), narrow.ended()])).toEqual([0, 0]);
      expect(wordsOf(narrow.stdout)).toEqual(wordsOf(wide.stdout));
      const width = Number(COLUMNS);
      for (const line of narrow.stdout.split("\n"))
        expect(line.length <= width || !line.trim().includes(" ") || line, line).toBe(true);
    },
  );

  test("a run's log and summary keep within it, and what is there to be copied can be", async () => {
    const { url } = await broker();
    const args = ["--duration", "2s", "--interval", "300ms", "--id", "porch", "--broker", url];
    const narrow = sim(args, { COLUMNS });
    expect(await narrow.ended()).toBe(0);
    for (const line of narrow.stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(Number(COLUMNS));
    for (const word of [
      "connected",
      "acknowledged",
      "°C",
      "disconnected",
      "duplicated",
      "motewire/porch/command/interval",
    ])
      expect(wordsOf(narrow.stdout)).toContain(word);
    const copied = /watch {4}((?:.*\\\n)*.*)/.exec(narrow.stdout)?.[1] ?? "";
    const { stdout } = await run("sh", ["-c", `set -- ${copied.replace(/^(npx mqtt sub|\S+)/, "")}; echo "$@"`]);
    expect(stdout).toBe(`-h 127.0.0.1 -p ${new URL(url).port} -v -t motewire/porch/#\n`);
  });
});

test.each([
  ["where mosquitto's programs are not there", "url", {}],
  ["for a broker that is reached over WebSocket", "webSocketUrl", undefined],
] as const)("%s, the lines to copy are MQTT.js's, and work", async (_, road, env) => {
  const { [road]: url } = await broker();
  const node = sim(["--id", "porch", "--broker", url, "--interval", "300ms"], env && { PATH: folder() });
  await node.text(/command .*\n/);
  const watch = /watch {4}(.*)/.exec(node.stdout)?.[1] ?? "";
  const command = /command {2}(.*)/.exec(node.stdout)?.[1] ?? "";
  expect(watch).toMatch(/^npx mqtt sub /);
  const { stdout } = await run("sh", ["-c", `timeout 10 ${watch} | head -n 1`], { cwd: root });
  expect(stdout).toMatch(/^motewire\/porch\//);
  await run("sh", ["-c", `timeout 10 ${command}`], { cwd: root });
  await node.text(/interval +done/);
});

test("a second node on a broker takes another id than the first, and says online under it", async () => {
  const { url } = await broker();
  const first = sim(["--json", "--broker", url]);
  await first.event("acknowledged", ({ topic }) => topic.endsWith("/status"));
  const second = sim(["--json", "--broker", url]);
  const { id } = await first.event("started");
  expect(await second.event("started")).toMatchObject({ id: `${id}-2` });
  await second.event("acknowledged", ({ topic }) => topic === `motewire/${id}-2/status`);
  expect(await Promise.all([first.stopped(), second.stopped()])).toEqual([0, 0]);
  for (const node of [first, second]) expect(node.all("disconnected").map(({ reason }) => reason)).toEqual(["closed"]);
});

test("one that is told its id has it, whoever else is there", async () => {
  const { url } = await broker();
  const first = sim(["--json", "--broker", url]);
  await first.event("acknowledged", ({ topic }) => topic.endsWith("/status"));
  const { id } = await first.event("started");
  const second = sim(["--json", "--broker", url, "--id", id]);
  expect(await second.event("started")).toMatchObject({ id });
});

test("a duration is over in time though the broker is gone, and what is pending is not lost", async () => {
  const { url, embedded } = await broker();
  const node = sim(["--json", "--interval", "200ms", "--duration", "4s", "--broker", url]);
  await node.event("acknowledged", ({ topic }) => topic.includes("/reading/"));
  await embedded.close();
  expect(await node.ended()).toBe(1);
  const { t } = await node.event("stopping");
  const { pending, published, acknowledged, dropped, lost, seconds } = node.summary();
  expect(seconds * 1000 - t).toBeLessThan(2_000);
  expect(pending).toBeGreaterThan(0);
  expect(pending).toBe(published - acknowledged - dropped);
  // What was acknowledged at the last moment may not have come to the observer.
  expect([0, null]).toContain(lost);
});

test("what is pending with --store is kept for the next run: exit code 0, where nothing else is wrong", async () => {
  const { url, embedded } = await broker();
  const node = sim([
    "--json",
    "--interval",
    "300ms",
    "--duration",
    "4s",
    "--broker",
    url,
    "--store",
    join(folder(), "s"),
  ]);
  await node.event("acknowledged", ({ topic }) => topic.includes("/reading/"));
  await embedded.close();
  const code = await node.ended();
  expect(node.summary().pending).toBeGreaterThan(0);
  expect(code).toBe(node.summary().lost === 0 ? 0 : 1);
});

describe("what cannot be written is said in a line, without a stack", () => {
  test.each([
    [
      "/proc/motewire",
      /^--store is "\/proc\/motewire": cannot open the store .*; choose a directory that can be written\n$/,
    ],
    [
      "/sys/motewire",
      /^--store is "\/sys\/motewire": cannot open the store .*; choose a directory that can be written\n$/,
    ],
    ["/dev/null", /^--store is "\/dev\/null": cannot open the store .*; choose a directory that can be written\n$/],
  ])("a store at %s", async (path, words) => {
    const node = sim(["--store", path, "--duration", "1s"]);
    expect(await node.ended()).toBe(2);
    expect(node.stderr).toMatch(words);
  });

  test.each([
    ["run --duration 2s"],
    ["run --json --duration 2s"],
    ["explore --seeds 1 --hours 1"],
    ["replay 1 --hours 0.2"],
    ["--help"],
  ])("%s on a full disk", async (args) => {
    const node = sim(args.split(" "), {}, (command) => ["sh", "-c", 'exec "$@" >/dev/full', "sh", ...command]);
    expect(await node.ended()).not.toBe(0);
    expect(node.stderr).toBe("the output cannot be written: the disk is full\n");
  });

  test("a trace on a full disk", async () => {
    const node = sim(["replay", "1", "--hours", "0.2", "--trace", "/dev/full"]);
    expect(await node.ended()).toBe(1);
    expect(node.stderr).toBe("ENOSPC: no space left on device, write\n");
  });
});

test("a scenario that takes a while says how far it is, beside its output", async () => {
  const path = join(folder(), "long.json");
  const node = { program: "mote", interval: "1s", QoS: 1 };
  writeFileSync(path, JSON.stringify({ about: "Long.", seed: 1, duration: "60h", nodes: [node], story: [] }));
  const story = sim(["scenario", path]);
  expect(await story.ended()).toBe(0);
  expect(story.stderr).toMatch(/^(\d+:\d\d:\d\d\.\d{3} of 60\.0 h have passed in the story\n)+$/);
  expect(story.stdout).not.toContain("have passed");
});
