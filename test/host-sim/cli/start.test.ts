import { execFile } from "node:child_process";
import { describe, expect, it } from "vitest";

/** As `npm start` does. */
function start(...args: string[]): Promise<{ code: number | string | undefined; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["host-sim/start.mjs", ...args], (error, out, err) =>
      resolve({ code: error === null ? 0 : (error.code ?? undefined), out, err }),
    );
  });
}

describe("the simulator's start", () => {
  it("makes one file of the sources, several starts at once too, and runs it", async () => {
    for (const { code, out } of await Promise.all([
      start("run", "--help"),
      start("run", "--help"),
      start("run", "--help"),
    ])) {
      expect(code).toBe(0);
      expect(out).toContain("--broker");
    }
  });

  it("hands on the exit code and what is wrong", async () => {
    expect(await start("run", "--qos", "7")).toMatchObject({ code: 2, err: expect.stringContaining("--qos") });
  });
});
