import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { describeWith } from "../../support/describe-with.js";
import { Mosquitto, type MosquittoOptions } from "../../support/mosquitto.js";
import { command } from "../../support/requirements.js";
import { Sim } from "../../support/sim.js";

// Each test starts a program or two, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

function sim(...args: string[]): Sim {
  const started = new Sim(["--json", "--id", "porch", ...args]);
  cleanUp.push(() => started.kill());
  return started;
}

async function mosquitto(options?: MosquittoOptions): Promise<Mosquitto> {
  const broker = await Mosquitto.start(options);
  cleanUp.push(() => broker.remove());
  return broker;
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 10 });

function portOf(url: string): string {
  return new URL(url).port;
}

/** What `mosquitto_sub -v` prints, line by line. */
function subscribed(url: string): string[] {
  const lines: string[] = [];
  const child: ChildProcess = spawn(
    command("mosquitto_sub"),
    ["-h", "127.0.0.1", "-p", portOf(url), "-v", "-t", "motewire/#"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  cleanUp.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  });
  return lines;
}

async function publish(url: string, topic: string, payload: string, ...args: string[]): Promise<void> {
  const to = ["-h", "127.0.0.1", "-p", portOf(url), "-t", topic, "-m", payload, ...args];
  await promisify(execFile)(command("mosquitto_pub"), to);
}

describeWith("mosquitto", "mosquitto's tools beside the simulator's own broker", () => {
  let run: Sim;
  let url: string;
  let lines: string[];

  const line = (topic: string) => lines.find((one) => one.startsWith(`motewire/porch/${topic} `)) ?? "";
  const result = (name: string) => JSON.parse(line(`result/${name}`).split(" ").slice(1).join(" "));

  beforeEach(async () => {
    run = sim("--interval", "1s");
    ({ broker: url } = await run.event("started"));
    await run.event("connected");
    lines = subscribed(url);
    await until(() => expect(line("status")).not.toBe(""));
  });

  test("show status, readings and diagnostics", async () => {
    await until(() => expect(line("reading/climate")).toMatch(/\{"seq":\d+,"time":"[^"]+Z","temperature":-?[\d.]+/));
    expect(line("status")).toMatch(/\{"status":"online","instance":"1-[0-9a-f]{8}"/);
    await publish(url, "motewire/porch/command/settings", '{"diagnosticsInterval":"1s"}');
    await until(() => expect(line("diagnostics")).toMatch(/"uptime":\d+.*"reconnects":0/));
  });

  test("change the interval by a command, and its result says so", async () => {
    await publish(url, "motewire/porch/command/interval", '{"id":"a1","interval":"200ms"}');
    await until(() => expect(line("result/interval")).not.toBe(""));
    expect(result("interval")).toMatchObject({ id: "a1", ok: true, interval: "200ms" });
    expect(await run.event("received")).toMatchObject({ topic: "motewire/porch/command/interval" });
    expect(await run.event("command")).toMatchObject({ name: "interval", id: "a1" });
    expect(JSON.parse((await run.event("result")).payload)).toMatchObject({ ok: true });
    const before = run.all("accepted").length;
    await until(() => expect(run.all("accepted").length).toBeGreaterThan(before + 9));
  });

  test("have the device identify itself by its LED", async () => {
    await publish(url, "motewire/porch/command/identify", '{"duration":"1s"}');
    const { t: white } = await run.event("led", ({ colour }) => colour === "#ffffff");
    await run.event("led", ({ colour, t }) => colour === "#00ff00" && t > white);
    expect(JSON.parse((await run.event("result")).payload)).toMatchObject({ ok: true, duration: "1s" });
  });

  test("are told what is wrong with a malformed command", async () => {
    await publish(url, "motewire/porch/command/interval", '{"interval":"soon"}');
    await until(() => expect(line("result/interval")).not.toBe(""));
    expect(result("interval")).toMatchObject({ ok: false, error: expect.stringMatching(/interval is "soon"/) });
  });

  test("restart the device: its settings stay, the run goes on, and nothing is lost", async () => {
    await publish(url, "motewire/porch/command/interval", '{"interval":"300ms"}');
    await run.event("result", ({ name }) => name === "interval");
    await publish(url, "motewire/porch/command/restart", '{"id":"r1"}', "-q", "1");
    await run.event("restart");
    await run.event("connected", ({ sessionPresent }) => sessionPresent);
    await publish(url, "motewire/porch/command/settings", "{}");
    const { payload } = await run.event("result", ({ name }) => name === "settings");
    expect(JSON.parse(payload)).toMatchObject({ ok: true, interval: "300ms" });
    run.signal("SIGINT");
    expect(await run.ended()).toBe(0);
    expect(run.all("error")).toEqual([]);
    expect(run.summary()).toMatchObject({ lost: 0, duplicated: 0, restarts: 1, received: 3 });
  });
});

describeWith("mosquitto", "a node on a mosquitto", () => {
  test.for(["1", "2"])(
    "that is stopped and started again loses nothing at QoS %s",
    { timeout: 60_000 },
    async (QoS) => {
      const broker = await mosquitto();
      // What its flash has room for lasts for some ten seconds at this pace.
      const run = sim("--broker", broker.url, "--qos", QoS, "--interval", "1s");
      await run.event("acknowledged", ({ topic }) => topic.endsWith("/status"));
      await broker.stop();
      const { t: lost } = await run.event("disconnected");
      await run.event("accepted", ({ t }) => t > lost + 1000);
      await broker.start();
      await run.event("connected", ({ sessionPresent }) => sessionPresent);
      await run.event("acknowledged", ({ ms }) => ms > 500);
      run.signal("SIGTERM");
      expect(await run.ended()).toBe(0);
      const { published, acknowledged, ...rest } = run.summary();
      expect(acknowledged).toBe(published);
      expect(rest).toMatchObject({ lost: 0, duplicated: 0, reconnects: 1, dropped: 0, pending: 0 });
    },
  );

  test("leaves no session behind when its storage is forgotten", async () => {
    const broker = await mosquitto();
    const run = sim("--broker", broker.url);
    expect(await run.stopped()).toBe(0);
    const sessions = (id: string) =>
      [...broker.log.matchAll(new RegExp(`as (${id}) \\(p2, c(\\d)`, "g"))].map((m) => m[2]);
    await until(() => expect(sessions("porch").at(-1)).toBe("1"));
    expect(sessions("mw-observer-\\w+").at(-1)).toBe("1");
  });

  test("gets in with a user and password whose signs are percent-encoded", async () => {
    const broker = await mosquitto({ users: { "mote@home": "p/w:%" } });
    const run = sim("--broker", broker.url.replace("//", "//mote%40home:p%2Fw%3A%25@"), "--wire");
    expect(await run.stopped()).toBe(0);
    expect(run.stdout).not.toContain("p/w");
    expect(run.all("wire")[0]).toMatchObject({ packet: { username: "mote@home", password: "(5 bytes)" } });
  });

  test("is told of a wrong password, in words, and the exit code is 3", async () => {
    const broker = await mosquitto({ users: { mote: "right" } });
    const run = sim("--broker", broker.url.replace("//", "//mote:wrong@"), "--duration", "1500ms");
    expect(await run.ended()).toBe(3);
    expect(run.all("error")).toContainEqual(
      expect.objectContaining({ where: "observer", message: expect.stringMatching(/not authorized|bad user name/) }),
    );
    expect(run.all("disconnected")[0]?.reason).toMatch(/not authorized|bad user name/);
  });

  test("says so when the observer may not see the messages, and does not pass for checked", async () => {
    const broker = await mosquitto({
      users: { mote: "pw" },
      acl: ["user mote", "topic write motewire/#", "topic read motewire/porch/command/+"],
    });
    const run = sim("--broker", broker.url.replace("//", "//mote:pw@"));
    await run.event("acknowledged");
    run.signal("SIGINT");
    expect(await run.ended()).toBe(1);
    expect(run.all("error").map(({ where }) => where)).toEqual(["observer"]);
  });
});
