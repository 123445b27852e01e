import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { startBroker } from "../../../host-sim/cli/broker.js";
import { World } from "../../../host-sim/core/world/world.js";
import { freePort } from "../../support/ports.js";
import { Sim } from "../../support/sim.js";

// Each test starts a program or two, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

function sim(...options: ConstructorParameters<typeof Sim>): Sim {
  const started = new Sim(...options);
  cleanUp.push(() => started.kill());
  return started;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "motewire-cli-"));
  cleanUp.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe("a run", () => {
  test.for(["0", "1", "2"])("with --qos %s ends with a summary that its events add up to", async (QoS) => {
    const run = sim(["run", "--duration", "3s", "--interval", "150ms", "--json", "--qos", QoS]);
    expect(await run.ended()).toBe(0);
    expect(run.stderr).toBe("");
    const { published, acknowledged, refused, seconds, ...rest } = run.summary();
    // What was measured before there was a connection has no way to go at QoS 0.
    if (QoS !== "0") expect(refused).toBe(0);
    expect(published).toBeGreaterThanOrEqual(18);
    expect(acknowledged).toBe(published);
    expect(rest).toEqual({
      event: "summary",
      received: 0,
      lost: 0,
      duplicated: 0,
      reconnects: 0,
      restarts: 0,
      dropped: 0,
      pending: 0,
    });
    expect(seconds).toBeGreaterThanOrEqual(3);
    expect(run.all("accepted")).toHaveLength(published);
    expect(run.all("acknowledged")).toHaveLength(published);
    const readings = run.all("accepted").filter(({ topic }) => topic.includes("/reading/"));
    expect(new Set(readings.map((reading) => reading.QoS))).toEqual(new Set([Number(QoS)]));
    expect(run.all("connected")).toMatchObject([{ sessionPresent: false }]);
    expect(run.all("wifi").map(({ state }) => state)).toEqual(["joining", "up"]);
    for (const event of run.events.slice(0, -1)) expect(event).toMatchObject({ t: expect.any(Number) });
  });

  test("is ended by Ctrl-C: the node says that it goes, and the exit code is 0", async () => {
    const run = sim(["--json", "--interval", "1s"]);
    await run.event("acknowledged", ({ topic }) => topic.endsWith("/status"));
    run.signal("SIGINT");
    expect(await run.ended()).toBe(0);
    const statuses = run.all("accepted").filter(({ topic }) => topic.endsWith("/status"));
    expect(statuses.map(({ payload }) => JSON.parse(payload).status)).toEqual(["online", "offline"]);
    expect(run.all("stopping")).toMatchObject([{ reason: "SIGINT" }]);
    expect(run.summary()).toMatchObject({ lost: 0, duplicated: 0 });
  });

  test("under npm is ended with npm, whose shell keeps the signal to itself", async () => {
    const run = sim(["run", "--json", "--interval", "1s"], { npm_lifecycle_event: "start" }, (command) => [
      "sh",
      "-c",
      `${command.join(" ")}; true`,
    ]);
    await run.event("connected");
    run.signal("SIGTERM");
    await run.event("stopping", ({ reason }) => reason === "npm has ended");
    await run.event("summary");
    expect(run.summary()).toMatchObject({ lost: 0, duplicated: 0 });
    await run.ended();
  });

  test("is in the world of its seed", async () => {
    const measured = async (seed: string) => {
      const run = sim(["--json", "--seed", seed]);
      expect(await run.stopped()).toBe(0);
      expect(run.all("started")).toMatchObject([{ seed: Number(seed) }]);
      const { id } = run.all("started")[0] as { id: string };
      const { temperature } = new World({ seed }).place(id).air(Date.now());
      return JSON.parse(run.all("accepted")[0]?.payload as string).temperature - temperature;
    };
    // A sensor is warmer than the air by some tenths of a degree.
    for (const error of await Promise.all(["7", "8", "10"].map(measured))) expect(Math.abs(error)).toBeLessThan(0.7);
  });

  test("as another board with another id", async () => {
    const run = sim(["--json", "--board", "lin", "--id", "porch"]);
    expect(await run.stopped()).toBe(0);
    expect(run.all("started")).toMatchObject([{ board: "lin", id: "porch" }]);
    for (const { topic } of run.all("accepted")) expect(topic).toMatch(/^motewire\/porch\//);
  });

  test("does not fall over when nobody reads its output any more, and ends in order", async () => {
    const run = sim(["--json", "--interval", "100ms"]);
    await run.event("connected");
    run.process.stdout?.destroy();
    expect(await run.ended()).toBe(0);
    expect(run.stderr).toBe("");
  });

  test("with --wire shows the packets of the node's connection, each way", async () => {
    const run = sim(["--json", "--wire"]);
    expect(await run.stopped()).toBe(0);
    const packets = run.all("wire").map(({ direction, packet }) => `${direction} ${packet?.cmd}`);
    expect(packets.slice(0, 2)).toEqual(["sent connect", "received connack"]);
    expect(packets).toContain("received puback");
    expect(packets.at(-1)).toBe("sent disconnect");
    const connects = run.all("wire").filter(({ packet }) => packet?.cmd === "connect");
    // The first connection only has an older session discarded: its end must not publish a will.
    expect(connects[0]).toMatchObject({ connection: 1, length: expect.any(Number) });
    expect(connects[0]?.packet).not.toHaveProperty("will");
    const will = { topic: expect.stringMatching(/\/status$/), qos: 1, retain: true };
    expect(connects[1]).toMatchObject({ connection: 2, packet: { cmd: "connect", will } });
  });
});

describe("what the device keeps", () => {
  test("in --store outlives the program, its id and its session included", async () => {
    const store = folder();
    const first = sim(["--json", "--store", store]);
    expect(await first.stopped()).toBe(0);
    const second = sim(["--json", "--store", store]);
    expect(await second.stopped()).toBe(0);
    const facts = (run: Sim) => {
      const status = run.all("accepted").find(({ topic }) => topic.endsWith("/status"));
      return {
        id: run.all("started")[0]?.id,
        boot: Number.parseInt(JSON.parse(status?.payload as string).instance, 10),
      };
    };
    expect(facts(second).id).toBe(facts(first).id);
    expect([facts(first).boot, facts(second).boot]).toEqual([1, 2]);
  });

  test("in --store is for one program at a time", async () => {
    const store = folder();
    const first = sim(["--json", "--store", store]);
    await first.event("connected");
    const second = sim(["--json", "--store", store]);
    expect(await second.ended()).toBe(2);
    expect(second.stderr).toMatch(
      new RegExp(`^--store is "${store}": .*session is in use by process ${first.process.pid}; .*\n$`),
    );
    first.signal("SIGKILL");
    await first.ended();
    expect(await sim(["--json", "--store", store]).stopped()).toBe(0);
  });

  test("what was accepted and not delivered waits in --store, and goes with the next run", async () => {
    const store = folder();
    const port = await freePort();
    const broker = ["--broker", `mqtt://127.0.0.1:${port}`];
    const first = sim([
      "--json",
      "--store",
      store,
      "--id",
      "porch",
      "--duration",
      "600ms",
      "--interval",
      "200ms",
      ...broker,
    ]);
    expect(await first.ended()).toBe(3);
    const { published, acknowledged, pending } = first.summary();
    expect(acknowledged).toBe(0);
    expect(pending).toBe(published);
    expect(published).toBeGreaterThan(2);

    const embedded = await startBroker(port);
    cleanUp.push(() => embedded.close());
    const second = sim(["--json", "--wire", "--store", store, "--id", "porch", ...broker]);
    expect(await second.stopped()).toBe(0);
    const sent = second.all("wire").filter(({ direction }) => direction === "sent");
    const payloads = sent.map(({ packet }) => packet?.cmd === "publish" && packet.payload);
    expect(payloads).toEqual(expect.arrayContaining(first.all("accepted").map(({ payload }) => payload)));
    expect(second.summary()).toMatchObject({ lost: 0, pending: 0 });
  });
});

describe("without a broker", () => {
  test("the node tries, the reason is said, and the exit code is 3", async () => {
    const port = await freePort();
    const run = sim(["--json", "--duration", "1500ms", "--broker", `mqtt://127.0.0.1:${port}`]);
    expect(await run.ended()).toBe(3);
    const [first] = run.all("disconnected");
    expect(first).toMatchObject({ reason: expect.stringMatching(/connection refused/), delay: expect.any(Number) });
    expect(run.all("error").at(-1)).toMatchObject({
      where: "never connected",
      message: expect.stringMatching(/connection refused/),
    });
    expect(run.summary()).toMatchObject({ lost: null, acknowledged: 0 });
  });

  test("the log says what to do about it, once", async () => {
    const port = await freePort();
    const run = sim(["--duration", "3s", "--broker", `mqtt://127.0.0.1:${port}`]);
    expect(await run.ended()).toBe(3);
    expect(run.stdout.match(/Is the broker running/g)).toHaveLength(1);
  });
});

test("when the broker is gone, a second Ctrl-C does not wait for it", async () => {
  const embedded = await startBroker(await freePort());
  cleanUp.push(() => embedded.close());
  const run = sim(["--json", "--interval", "100ms", "--broker", `mqtt://127.0.0.1:${embedded.port}`]);
  await run.event("acknowledged");
  await embedded.close();
  const { t: lost } = await run.event("disconnected");
  await run.event("accepted", ({ t }) => t > lost);
  run.signal("SIGINT");
  const { t: stopping } = await run.event("stopping");
  // It goes on trying to deliver what it has accepted.
  await run.event("disconnected", ({ t }) => t > stopping + 400);
  run.signal("SIGINT");
  expect(await run.ended()).toBe(1);
  const { lost: missing, pending, seconds } = run.summary();
  // What was acknowledged just before may not have come to the observer any more: then it does not know.
  expect([0, null]).toContain(missing);
  expect(pending).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(20);
});

describe("wrong usage gets one line and exit code 2", () => {
  const boards = "esp32_devkitc, esp32s3_devkitc, esp32c3_devkitm, esp32c6_devkitc, m5atom_lite, lin";

  test.for([
    ["--bogus", "unknown flag --bogus: known are --broker, --password-file, --app, --board,"],
    ["--board nope", `--board is "nope": must be one of ${boards}`],
    ["--interval soon", '--interval is "soon": must be a duration with its unit (ms, s, m, h, d), "100ms" to "24h"'],
    [
      "--broker http://x",
      '--broker is "http://x": must begin with mqtt:// or ws://, as in mqtt://user:password@host:port',
    ],
    ["nope", 'unknown command "nope": known are run'],
    ["mqtt://user:pw@h", 'unknown command "mqtt://***@h": known are run'],
    ["user:pw@h", 'unknown command "***@h": known are run'],
    ["run mqtt://us/er:pw@h", 'unexpected "mqtt://***@h": flags begin with --'],
    ["--broker mqtt:user:pw@h", '--broker is "mqtt:***@h": must begin with mqtt://'],
    ["run a\u001b[2J\nb", 'unexpected "a\\u{001b}[2J\\u{000a}b": flags begin with --'],
  ] as const)("%s", async ([args, words]) => {
    const run = sim(args.split(" "));
    expect(await run.ended()).toBe(2);
    expect(run.stdout).toBe("");
    expect(run.stderr.startsWith(words)).toBe(true);
    expect(run.stderr.match(/\n/g)).toHaveLength(1);
  });
});

describe("the log", () => {
  test("tells the story of a node without colours where there is no terminal", async () => {
    const run = sim(["--duration", "2s", "--interval", "500ms", "--id", "porch"]);
    expect(await run.ended()).toBe(0);
    expect(run.stderr).toBe("");
    const { stdout } = run;
    expect(stdout).not.toContain("\x1b");
    expect(stdout).toMatch(/broker +mqtt:\/\/127\.0\.0\.1:\d+/);
    expect(stdout).toMatch(/mosquitto_sub -h 127\.0\.0\.1 -p \d+ -v -t 'motewire\/porch\/#'/);
    expect(stdout).toMatch(/\d:\d\d\.\d{3} {2}Wi-Fi +up {3}motewire/);
    expect(stdout).toMatch(/broker +connected {3}new session/);
    expect(stdout).toMatch(/status +online .*QoS 1 {2}acknowledged in/);
    expect(stdout).toMatch(/climate +-?[\d.]+ °C {3}[\d.]+ % +QoS 1 {2}acknowledged in [\d.]+ m?s/);
    expect(stdout).toMatch(/lost +0/);
    expect(stdout).toMatch(/duplicated +0/);
  });

  test("has colours where they are forced", async () => {
    const run = sim([], { FORCE_COLOR: "1" });
    await run.text("climate");
    run.signal("SIGINT");
    await run.ended();
    expect(run.stdout).toContain("\x1b[36m");
  });

  test("--help alone names all commands", async () => {
    const run = sim(["--help"]);
    expect(await run.ended()).toBe(0);
    for (const name of ["run", "explore", "replay", "scenario"])
      expect(run.stdout).toMatch(new RegExp(`^  ${name} `, "m"));
  });

  test("--help explains every flag and the exit codes", async () => {
    const run = sim(["run", "--help"]);
    expect(await run.ended()).toBe(0);
    for (const flag of [
      "broker",
      "board",
      "id",
      "interval",
      "qos",
      "duration",
      "store",
      "seed",
      "wire",
      "json",
      "help",
    ])
      expect(run.stdout).toContain(`  --${flag}`);
    expect(run.stdout).toContain("Exit codes:");
  });
});
