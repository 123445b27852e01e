import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { GROWTH, MemoryWatch, residentBytes, residentIn, SETTLED } from "../../../scripts/firmware/memory.js";

const status = `Name:\tlin-host
VmPeak:\t  170904 kB
VmHWM:\t   18432 kB
VmRSS:\t   18404 kB
RssAnon:\t    2512 kB
`;

describe("the memory of a process", () => {
  it("is its resident part, in bytes", () => {
    expect(residentIn(status)).toBe(18_404 * 1024);
  });

  it("is unknown when the process has ended and has none", () => {
    expect(residentIn("Name:\tlin-host\nState:\tZ (zombie)\n")).toBeUndefined();
  });

  it.runIf(process.platform === "linux")("is read from a process that runs, and an ended one is an error", async () => {
    expect(residentBytes(process.pid)).toBeGreaterThan(1024 * 1024);
    const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
    await once(child, "close");
    expect(() => residentBytes(child.pid as number)).toThrow();
  });
});

describe("memory over a run", () => {
  const start = 18_000_000;

  function watched(...samples: readonly (readonly [number, number])[]): MemoryWatch {
    const watch = new MemoryWatch();
    for (const [messages, bytes] of samples) watch.sample(messages, bytes);
    return watch;
  }

  it("may grow as it likes in the first 500 messages", () => {
    const watch = watched([0, 1], [SETTLED - 1, 2], [SETTLED, start], [3000, start]);
    expect(watch.summary()).toContain(`at message ${SETTLED},`);
  });

  it("may grow by 64 KB after them, and not by a byte more", () => {
    expect(GROWTH).toBe(65_536);
    expect(() => watched([SETTLED, start], [3000, start + GROWTH])).not.toThrow();
    expect(() => watched([SETTLED, start], [3000, start + GROWTH + 1])).toThrow("grown by 65537 bytes");
  });

  it("is told with its growth a message as soon as it has grown too much", () => {
    const watch = watched([520, start]);
    expect(() => {
      for (let messages = 620; ; messages += 100) watch.sample(messages, start + 195 * (messages - 520));
    }).toThrow("from message 520 to 920, 195 bytes a message");
  });

  it("may not grow for a while either", () => {
    const watch = watched([SETTLED, start]);
    expect(() => watch.sample(1000, start + 2 * GROWTH)).toThrow("grown");
  });

  it("may shrink", () => {
    expect(watched([SETTLED, start], [1000, start - 5 * GROWTH], [3000, start]).summary()).toContain("3000");
  });

  it("is not judged well when it was not measured", () => {
    expect(() => watched().summary()).toThrow("not measured");
    expect(() => watched([SETTLED - 1, start], [SETTLED, start]).summary()).toThrow("not measured");
  });
});
