import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "motewire-explore-test-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function sim(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = [join(root, "node_modules/tsx/dist/cli.mjs"), "host-sim/cli/main.ts", ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: root, maxBuffer: 1 << 28 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

function hashOf(text: string): string | undefined {
  return /hash ([0-9a-f]{16})/.exec(text)?.[1];
}

describe("explore", () => {
  it("prints figures and the table of hits, and fails when faults have not reached every state", async () => {
    const { code, out } = await sim("explore", "--seeds", "2", "--hours", "0.5");
    expect(out).toMatch(/hits of\s+connect\s+publish 1/);
    expect(out).toMatch(/seeds\s+2\n/);
    expect(out).toMatch(/violations\s+0 in 0 seeds/);
    expect(out).toMatch(/cells of the table are empty/);
    expect(code).toBe(1);
  });

  it.each([
    [["explore", "--seeds", "0"], '--seeds is "0": must be a whole number from 1 to 10000000'],
    [["explore", "--hours", "soon"], '--hours is "soon": must be a number above 0, at most 8760'],
    [["explore", "--speed", "9"], "unknown flag --speed"],
    [["replay"], "usage: npm run sim -- replay SEED|FILE [flags]"],
    [["scenario", "nowhere.json"], "nowhere.json cannot be read"],
  ])("%j is refused with a line that says why", async (args, message) => {
    const { code, err } = await sim(...args);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });
});

describe("replay", () => {
  it("shows the same events with the same hash, and a trace file shows them again", async () => {
    const trace = join(folder, "trace.jsonl");
    const first = await sim("replay", "3", "--hours", "0.3", "--trace", trace);
    expect(first.out).toMatch(/time\s+#\s+node\s+link\s+broker\s+storage/);
    expect(first.code).toBe(0);
    const hash = hashOf(first.out);
    expect(hash).toBeDefined();

    const lines = readFileSync(trace, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[0]).toEqual({ trace: 1, story: { seed: "3", hours: 0.3, nodes: 1 } });
    expect(lines.at(-1)).toMatchObject({ event: "end", hash, events: lines.length - 2 });

    const again = await sim("replay", trace, "--quiet");
    expect(hashOf(again.out)).toBe(hash);
    const other = await sim("replay", "4", "--hours", "0.3", "--quiet");
    expect(hashOf(other.out)).not.toBe(hash);
  }, 60_000);
});

describe("scenario", () => {
  it("says what is not as expected and exits with 1", async () => {
    const file = join(folder, "story.json");
    writeFileSync(
      file,
      '{"about": "Nobody is there.", "duration": "5m", "nodes": [{}],\n"story": [{"at": "4m", "expect": {"connected": false}}]}',
    );
    const { code, out } = await sim("scenario", file);
    expect(out).toContain("Nobody is there.");
    expect(out).toContain(`NOT AS EXPECTED at 0:04:00.000: connected is 1, expected is 0 (${file}:2)`);
    expect(code).toBe(1);
  });

  it("refuses a file that is wrong with its line and exits with 2", async () => {
    const file = join(folder, "story.json");
    writeFileSync(file, '{"about": "x",\n"length": "5m"}');
    const { code, err } = await sim("scenario", file);
    expect(err).toContain(`${file}, line 1: a scenario has no "duration"`);
    expect(code).toBe(2);
  });
});
