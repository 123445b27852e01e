import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { buildHost } from "../../host-sim/xs/engine/build.js";
import { cacheFolder } from "../../host-sim/xs/engine/paths.js";
import { sourcesFolder } from "../../host-sim/xs/engine/sources.js";
import { describeWith } from "../support/describe-with.js";
import { Mosquitto } from "../support/mosquitto.js";
import { startServed } from "../support/page.js";
import { command } from "../support/requirements.js";
import { Sim } from "../support/sim.js";

vi.setConfig({ testTimeout: 120_000 });

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

function sim(...args: string[]): Sim {
  const started = new Sim(["--json", "--engine", "xs", "--id", "porch", "--board", "esp32c3_devkitm", ...args]);
  cleanUp.push(() => started.kill());
  return started;
}

describeWith("C compiler", "run --engine xs", () => {
  test("loses and duplicates nothing, and tells memory that is within the board's", async () => {
    const node = sim("--duration", "3s", "--interval", "500ms", "--qos", "2");
    expect(await node.ended()).toBe(0);
    expect(node.all("summary")).toMatchObject([{ lost: 0, duplicated: 0, pending: 0, restarts: 0 }]);
    expect(node.all("error")).toEqual([]);
    const heaps = node.all("heap");
    expect(heaps.map(({ label }) => label)).toEqual(expect.arrayContaining(["boot", "connected", "exit"]));
    for (const { used, size } of heaps) {
      expect(size).toBe(94_208);
      expect(used).toBeGreaterThan(768 * 16);
      expect(used).toBeLessThan(size);
    }
  });

  test("shows the memory in its log", async () => {
    const node = new Sim(["--engine", "xs", "--duration", "1s"]);
    cleanUp.push(() => node.kill());
    expect(await node.ended()).toBe(0);
    expect(node.stdout).toMatch(/XS heap +\d+ of \d+ bytes +connected +\d+ slots, \d+ bytes of chunks/);
  });

  test("says how far it is while the engine is built, beside its output, and its time begins after that", async () => {
    await buildHost();
    const folder = mkdtempSync(join(tmpdir(), "motewire-build-"));
    cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
    symlinkSync(sourcesFolder, join(folder, basename(sourcesFolder)));
    // A compiler that is slow to begin with, and has the object where it was made before.
    const compiler = join(folder, "gcc");
    writeFileSync(
      compiler,
      `#!/bin/sh
case "$*" in
  *" -c "*)
    for into; do :; done
    object=$(basename "$into"); object="\${object%.*}"
    sleep 0.2
    for made in ${cacheFolder}/host-*/"$object"; do test -e "$made" && cp "$made" "$into" && exit 0; done
esac
PATH="\${PATH#*:}" exec gcc "$@"
`,
    );
    chmodSync(compiler, 0o755);
    const node = new Sim(["--json", "--engine", "xs", "--duration", "1s"], {
      MOTEWIRE_XS_CACHE: folder,
      PATH: `${folder}:${process.env.PATH}`,
    });
    cleanUp.push(() => node.kill());
    expect(await node.ended()).toBe(0);
    const [first = "", ...further] = node.stderr.trimEnd().split("\n");
    const [, total] = /^builds the XS engine, which is done once: (\d+) files to compile$/.exec(first) ?? [];
    expect(further[0]).toBe(`20 of ${total} files compiled`);
    expect(further.length).toBe(Math.floor(Number(total) / 20));
    expect(node.summary().seconds).toBeLessThan(3);
    expect(node.all("heap").map(({ label }) => label)).toContain("connected");
  });

  test("does not show packets, and says so", async () => {
    const node = sim("--wire");
    expect(await node.ended()).toBe(2);
    expect(node.stderr).toContain("--wire is not there with --engine xs");
  });

  test("over WebSocket loses and duplicates nothing, to the embedded broker", async () => {
    const broker = await startServed();
    cleanUp.push(() => broker.close());
    const node = sim("--broker", broker.webSocketUrl, "--duration", "3s", "--interval", "200ms", "--qos", "2");
    expect(await node.ended()).toBe(0);
    const { published, acknowledged, lost, duplicated, restarts } = node.summary();
    expect({ lost, duplicated, restarts, acknowledged }).toEqual({
      lost: 0,
      duplicated: 0,
      restarts: 0,
      acknowledged: published,
    });
    expect(published).toBeGreaterThan(20);
    expect(node.all("error")).toEqual([]);
    for (const { used, size } of node.all("heap")) expect(used).toBeLessThan(size);
  });

  test("over WebSocket at a wrong path says so", async () => {
    const { close, page } = await startServed();
    cleanUp.push(close);
    const node = sim("--broker", `ws://127.0.0.1:${page.webSocket.port}/other`, "--duration", "1s");
    expect(await node.ended()).toBe(3);
    expect(node.stdout).toContain("HTTP 404 Not Found in place of WebSocket");
  });
});

describeWith("C compiler", "a node on XS", () =>
  describeWith("mosquitto", "obeys over mosquitto:", () => {
    const publish = (url: string, name: string, payload: string) =>
      promisify(execFile)(command("mosquitto_pub"), [
        ...["-h", "127.0.0.1", "-p", new URL(url).port, "-q", "1"],
        ...["-t", `motewire/porch/command/${name}`, "-m", payload],
      ]);

    test("settings and samples, a restart that keeps them, and an end in order", async () => {
      const broker = await Mosquitto.start();
      cleanUp.push(() => broker.remove());
      const node = sim("--broker", broker.url, "--interval", "1h");
      await node.event("acknowledged", ({ topic }) => topic.endsWith("/status"));

      await publish(broker.url, "interval", '{"id":"1","interval":"300ms"}');
      await node.event("result", ({ payload }) => payload.includes('"id":"1"') && payload.includes('"ok":true'));
      await publish(broker.url, "sample", '{"id":"2"}');
      await node.event("result", ({ payload }) => payload.includes('"id":"2"') && payload.includes('"ok":true'));
      await publish(broker.url, "interval", '{"id":"3","interval":"soon"}');
      await node.event("result", ({ payload }) => payload.includes('"id":"3"') && payload.includes('"ok":false'));

      await publish(broker.url, "restart", '{"id":"4"}');
      await node.event("restart", ({ reason }) => reason === "by command");
      const { t } = node.all("restart")[0] ?? { t: 0 };
      await node.event("connected", (event) => event.t > t && event.sessionPresent);
      await publish(broker.url, "settings", '{"id":"5"}');
      await node.event(
        "result",
        ({ payload }) => payload.includes('"id":"5"') && payload.includes('"interval":"300ms"'),
      );

      node.signal("SIGINT");
      expect(await node.ended()).toBe(0);
      expect(node.all("summary")).toMatchObject([{ lost: 0, duplicated: 0, pending: 0, restarts: 1 }]);
      expect(node.all("error")).toEqual([]);
    });

    test("goes on after the broker was away", async () => {
      const broker = await Mosquitto.start();
      cleanUp.push(() => broker.remove());
      const node = sim("--broker", broker.url, "--interval", "200ms");
      await node.event("connected");
      await broker.stop();
      const { t } = await node.event("disconnected");
      await broker.start();
      await node.event("connected", (event) => event.t > t);
      await node.event("acknowledged", (event) => event.t > t && event.topic.includes("/reading/"));
      node.signal("SIGINT");
      expect(await node.ended()).toBe(0);
      expect(node.all("summary")).toMatchObject([{ lost: 0, duplicated: 0, pending: 0 }]);
    });
  }),
);
