/** The page in a real browser: what a person sees and does, with mosquitto's programs or a fake node on the other side. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connectAsync, type MqttClient } from "mqtt";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { launchChromium, openPage } from "../support/chromium.js";
import { describeWith } from "../support/describe-with.js";
import { Mosquitto } from "../support/mosquitto.js";
import { aRun } from "../support/page-run.js";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const PATIENCE = { timeout: 20_000 };
const { run, subscribed, cleanUp } = aRun();

const readingsIn = (lines: readonly string[]) =>
  lines.map((line) => JSON.parse(line.slice(line.indexOf(" "))) as { seq: number; time: string; temperature: number });

async function client(broker: string): Promise<MqttClient> {
  const mqtt = await connectAsync(broker);
  cleanUp.push(() => mqtt.endAsync(true));
  return mqtt;
}

const DESCRIPTION = {
  version: 1,
  application: "greenhouse",
  board: "esp32_devkitc",
  sensors: { climate: { temperature: "°C" }, soil: { moisture: "%" } },
  inputs: { motion: {} },
  outputs: { lamp: {} },
  alerts: { hot: { of: "climate.temperature", above: 28, clear: 27, for: "30s" } },
  commands: {
    identify: { fields: { duration: { kind: "duration", initial: "10s", least: "1s", most: "10m" } } },
    lamp: { fields: { state: { kind: "choice", choices: ["on", "off"] } } },
    water: { fields: { litres: { kind: "number", least: 0.1, most: 5 } } },
  },
  settings: { interval: { kind: "duration", least: "100ms", most: "1d" }, retain: { kind: "boolean", initial: true } },
};

/** A node that is described: what today's does not publish yet. It answers each command with what it was told. */
async function fakeNode(broker: string, id: string) {
  const mqtt = await client(broker);
  const say = (path: string, payload: object | string, retain = true) => {
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    return mqtt.publishAsync(`motewire/${id}/${path}`, text, { qos: 1, retain });
  };
  const told: { name: string; fields: Record<string, unknown> }[] = [];
  mqtt.on("message", (topic, payload) => {
    const name = topic.split("/")[3] ?? "";
    const { id: order, ...fields } = JSON.parse(String(payload));
    told.push({ name, fields });
    void say(
      `result/${name}`,
      { id: order, ok: true, ...(name === "settings" ? { interval: "5s", retain: true, ...fields } : fields) },
      false,
    );
    if (name === "lamp") void say("output/lamp", { state: fields.state, time: new Date().toISOString() });
  });
  await mqtt.subscribeAsync(`motewire/${id}/command/+`, { qos: 1 });
  await say("description", DESCRIPTION);
  await say("status", { status: "online", instance: "1-a", firmware: "0.2.0", board: "esp32_devkitc" });
  await say("reading/climate", { seq: 1, time: new Date().toISOString(), temperature: 21.5 });
  await say("input/motion", { state: "off", time: new Date().toISOString() });
  await say("output/lamp", { state: "off", time: new Date().toISOString() });
  return { say, told };
}

/** Notes what the system would show, for a browser without a window shows nothing. */
const NOTIFIED = `globalThis.notified = [];
globalThis.Notification = class {
  static permission = "granted";
  constructor(...all) {
    notified.push(all);
  }
};`;

const shownOf = (page: Page, label: string) => page.locator("article", { hasText: label }).locator("output");

/** How much of a chart is shaded, from 0 to 1: nothing else fills its columns from top to bottom. */
const shadeOf = (page: Page) =>
  page.evaluate<number>(`(() => {
    const canvas = document.querySelector(".chart canvas");
    const context = canvas.getContext("2d");
    const rows = [10, 35, 60, 90].map((y) => context.getImageData(0, Math.round(y * devicePixelRatio), canvas.width, 1).data);
    let shaded = 0;
    for (let at = 3; at < 4 * canvas.width; at += 4) if (rows.every((row) => row[at] > 0)) shaded++;
    return shaded / canvas.width;
  })()`);

describeWith("chromium", "the page in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  /** Opens it, and looks at the end whether it did what it must not. */
  async function open(url: string, options: BrowserContextOptions = {}, before = ""): Promise<Page> {
    const { page, faults, close } = await openPage(browser, url, options, before);
    cleanUp.push(async () => {
      await close();
      expect(faults).toEqual([]);
    });
    return page;
  }

  test("shows status and readings within two seconds of opening", async () => {
    const { url, id } = await run();
    const page = await open(url);
    // The machine may be busy with other tests: one time of a few must do.
    let quickest = Number.POSITIVE_INFINITY;
    for (let opening = 0; opening < 5 && quickest >= 2_000; opening++) {
      const begun = performance.now();
      await page.reload();
      await page.getByRole("heading", { name: id }).waitFor();
      await page.locator(".pill.online").waitFor();
      await shownOf(page, "climate temperature").and(page.locator("[data-value]")).waitFor();
      quickest = Math.min(quickest, performance.now() - begun);
    }
    expect(quickest).toBeLessThan(2_000);
    expect(await page.getByRole("img", { name: /^ESP32-C3-DevKitM-1.*SHT3x climate: .*°C/ }).count()).toBe(1);
  });

  test("has commands that are answered, with the time it took, and the LED of the drawing flashes", async () => {
    const { url, sim } = await run();
    const page = await open(url);
    await page.getByLabel("duration").fill("3s");
    await page.getByRole("button", { name: "identify" }).click();
    await page.getByText(/identify done in \d+ ms duration 3s/).waitFor();
    await page.locator('[data-led="#ffffff"]').waitFor();
    expect(await sim.event("command", ({ name }) => name === "identify")).toBeDefined();
    await page.getByLabel("duration").fill("3");
    await page.getByRole("button", { name: "identify" }).click();
    await page.getByRole("alert").getByText("duration needs a number and a unit").waitFor();
  });

  test("has settings that show what the node has, and change it", async () => {
    const { url, sim } = await run();
    const page = await open(url);
    const interval = page.getByLabel("interval", { exact: true });
    await expect.poll(() => interval.getAttribute("placeholder"), PATIENCE).toBe("500ms");
    await interval.fill("2s");
    await page.getByLabel("QoS").fill("0");
    await interval.press("Enter");
    await expect.poll(() => interval.getAttribute("placeholder"), PATIENCE).toBe("2s");
    await sim.event("accepted", ({ topic, QoS }) => topic.includes("/reading/") && QoS === 0);
  });

  test("lists packets, pushes the button, cuts the power, and restarts the broker", async () => {
    const { url, sim } = await run();
    const page = await open(url);
    const packets = page.getByRole("list", { name: /^Packets/ });
    const shown = async () => {
      // What is still being laid out may move away from under the pointer.
      if (!(await packets.isVisible())) await page.getByText("between the node and the broker").click();
      return packets.getByText("PUBLISH").count();
    };
    await expect.poll(shown, PATIENCE).toBeGreaterThan(0);
    await page.getByRole("button", { name: "Push the button" }).click();
    await page.getByRole("switch", { name: "Power" }).press("Space");
    await sim.event("power", ({ on }) => !on);
    await page.getByRole("switch", { name: "Power" }).press("Space");
    await sim.event("power", ({ on }) => on);
    const starts = sim.all("connected").length;
    await page.getByRole("button", { name: "Restart the broker" }).click();
    await page.getByText(/^broker lost/).waitFor();
    await expect.poll(() => sim.all("connected").length, PATIENCE).toBeGreaterThan(starts);
    await page.getByText("connected to the broker").waitFor();
    await page.locator(".pill.online").waitFor();
  });

  test("shows a node that is described: its parts, its alert with a notification, its commands and settings", async () => {
    const { broker, at } = await run();
    const { say, told } = await fakeNode(broker, "greenhouse");
    const page = await open(at("node=greenhouse"), {}, NOTIFIED);
    await page.getByRole("img", { name: /input motion: off; output lamp: off/ }).waitFor();
    await say("alert/hot", { state: "raised", value: 30.1, time: new Date().toISOString() });
    await page
      .getByRole("region", { name: "Alerts" })
      .getByText("climate.temperature above 28 clear 27 for 30s")
      .waitFor();
    await expect
      .poll(() => page.evaluate("notified"))
      .toEqual([["greenhouse: hot", { body: "is raised at 30.10", tag: "greenhouse/hot" }]]);
    const lamp = page.getByRole("group", { name: "lamp" });
    await lamp.getByRole("button", { name: "on" }).click();
    await page.locator('button[aria-pressed="true"]', { hasText: "on" }).waitFor();
    await page.getByLabel("litres").fill("2.5");
    await page.getByRole("button", { name: "water" }).click();
    await page.getByText(/water done in .* litres 2.5/).waitFor();
    await page.getByLabel("retain").selectOption("false");
    await page.getByRole("button", { name: "Change" }).click();
    await expect
      .poll(() => told)
      .toEqual([
        { name: "settings", fields: {} },
        { name: "lamp", fields: { state: "on" } },
        { name: "water", fields: { litres: 2.5 } },
        { name: "settings", fields: { retain: false } },
      ]);
  });

  test("lists the nodes where there are several and none is named, and its token is not needed to look", async () => {
    const { broker, url, id } = await run();
    await fakeNode(broker, "greenhouse");
    const page = await open(new URL("/", url).href);
    await page.getByRole("heading", { name: "Which node?" }).waitFor();
    expect((await page.getByRole("link").allTextContents()).sort()).toEqual(["greenhouse", id].sort());
    await page.getByRole("link", { name: id }).click();
    await page.locator(".pill.online").waitFor();
    expect(await page.getByRole("heading", { name: "Simulator" }).count()).toBe(0);
  });

  test("shows what a stranger writes as text, and stays small whatever comes", async () => {
    const { url, id, broker } = await run();
    const page = await open(url);
    await page.locator(".pill.online").waitFor();
    const stranger = await client(broker);
    const hostile = "<img src=x onerror=alert(1)>";
    const say = (path: string, payload: string, retain = false) =>
      stranger.publishAsync(`motewire/${id}/${path}`, payload, { qos: 1, retain });
    await say(`reading/${hostile}`, JSON.stringify({ [hostile]: 1, constructor: 2 }));
    await say(`alert/${hostile}`, JSON.stringify({ state: "raised", value: 1 }));
    await say("reading/odd", '{"__proto__":4,"__proto__":{"polluted":1},"a":1e999}');
    await say("reading/broken", '{"a":');
    await say(
      "description",
      JSON.stringify({
        version: 1,
        alerts: { [hostile]: { of: hostile } },
        commands: { [hostile]: { fields: { [hostile]: { kind: hostile } } } },
        settings: [],
      }),
    );
    await page.getByRole("heading", { name: hostile }).first().waitFor();
    await page.getByRole("button", { name: hostile }).waitFor();
    await say("reading/large", `{"a":1,"b":"${"x".repeat(1_000_000)}"}`);
    await page.getByText(/messages were too large, broken or too many/).waitFor();
    await Promise.all(
      Array.from({ length: 10_000 }, (_, count) => say(`reading/n${count}`, `{"q${count % 50}":${count}}`)),
    );
    await say("diagnostics", JSON.stringify({ rssi: -42 }));
    await page.getByText("-42 dBm").waitFor();
    expect(await page.evaluate("document.querySelectorAll('img, script:not([src])').length")).toBe(0);
    expect(await page.evaluate("document.querySelectorAll('*').length")).toBeLessThan(3_000);
    expect(await page.locator("article").count()).toBeLessThan(64);
    expect(await page.evaluate("({}).polluted")).toBeUndefined();
  });

  test.each(["light", "dark"] as const)(
    "has nothing serious for axe-core in %s, on a phone too",
    async (colorScheme) => {
      const { broker, at } = await run();
      const { say } = await fakeNode(broker, "greenhouse");
      await say("alert/hot", { state: "raised", value: 30.1, time: new Date().toISOString() });
      const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
      for (const [query, width] of [
        ["node=greenhouse", 1_280],
        ["", 320],
      ] as const) {
        // What axe-core does itself is not for the page's policy to judge.
        const page = await open(at(query), { colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
        await page.locator(".pill.online").waitFor();
        await page.locator(".u-over").first().waitFor();
        if (query === "") await page.getByText("between the node and the broker").click();
        await page.evaluate(axe);
        const { violations } = await page.evaluate<{
          violations: { id: string; impact: string; nodes: { html: string }[] }[];
        }>("axe.run()");
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
      }
    },
  );

  test("fits a phone of 320 pixels without scrolling sideways, and every control is reached by Tab", async () => {
    const { url } = await run();
    const page = await open(url, { viewport: { width: 320, height: 640 } });
    await page.locator(".pill.online").waitFor();
    await page.getByRole("slider").first().waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    const wanted = await page.evaluate<number>(
      "document.querySelectorAll('button:enabled, input:not([type=radio]), select, summary, a[href]').length",
    );
    const reached = new Set<string>();
    for (let count = 0; count < wanted + 2; count++) {
      await page.keyboard.press("Tab");
      reached.add(
        await page.evaluate<string>(
          "[document.activeElement.tagName, document.activeElement.id, document.activeElement.textContent, document.activeElement.labels?.[0]?.textContent].join()",
        ),
      );
    }
    for (const name of ["Power", "Wi-Fi", "Push the button", "identify", "Change", "Packets"])
      expect(
        [...reached].some((text) => text.includes(name)),
        name,
      ).toBe(true);
  });

  describeWith("mosquitto", "with mosquitto's programs on the other side", () => {
    test("what a slider is moved to is measured, shown and published, until it is released", async () => {
      const { url, broker } = await run();
      const { lines } = subscribed(broker, "motewire/+/reading/climate");
      const page = await open(url);
      await page.getByRole("slider", { name: "climate temperature" }).press("End");
      await expect.poll(() => shownOf(page, "climate temperature").textContent(), PATIENCE).toBe("50.00");
      await page.getByRole("img", { name: /^climate temperature over .*, now 50\.00 °C/ }).waitFor();
      await expect.poll(() => readingsIn(lines).some(({ temperature }) => temperature === 50), PATIENCE).toBe(true);
      await page.locator(".slider", { hasText: "temperature" }).getByRole("button", { name: "Release" }).click();
      await expect.poll(() => shownOf(page, "climate temperature").textContent(), PATIENCE).not.toBe("50.00");
      await expect.poll(() => readingsIn(lines).at(-1)?.temperature, PATIENCE).not.toBe(50);
    });

    test("Wi-Fi that was off is shaded, what came late is marked in its place, and nothing is lost", async () => {
      const { url, broker, sim } = await run();
      const { lines } = subscribed(broker, "motewire/+/reading/climate");
      const page = await open(url);
      await page.locator(".pill.online").waitFor();
      await expect.poll(() => lines.length, PATIENCE).toBeGreaterThan(4);
      expect(await shadeOf(page)).toBe(0);
      await page.getByRole("switch", { name: "Wi-Fi" }).click();
      await page.locator(".pill.silent").waitFor();
      await expect.poll(() => shadeOf(page), PATIENCE).toBeGreaterThan(0.01);
      await page.getByRole("switch", { name: "Wi-Fi" }).click();
      await page.locator(".pill.online").waitFor();
      const late = page.getByRole("img", { name: /^climate temperature over .* \d+ arrived late/ });
      await late.waitFor();
      await page.getByText(/outage; the last from .* connection lost/).waitFor();
      expect(await shadeOf(page)).toBeGreaterThan(0.01);
      const marked = Number(/(\d+) arrived late/.exec((await late.getAttribute("aria-label")) ?? "")?.[1]);
      expect(marked).toBeGreaterThan(2);
      const seqs = readingsIn(lines).map(({ seq }) => seq);
      expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => (seqs[0] as number) + index));
      expect(await sim.stopped()).toBe(0);
      expect(sim.summary()).toMatchObject({ lost: 0, pending: 0 });
      await page.getByText("offline, stopped").waitFor();
    });

    describe("and a broker that wants a password", () => {
      test("shows it through the tunnel, which has the password, and without the token nothing", async () => {
        const mosquitto = await Mosquitto.start({ users: { lab: "s3cret" } });
        cleanUp.push(() => mosquitto.remove());
        const { url } = await run(["--broker", `mqtt://lab:s3cret@127.0.0.1:${mosquitto.port}`]);
        const page = await open(url);
        await page.locator(".pill.online").waitFor();
        await expect.poll(() => shownOf(page, "battery voltage").textContent(), PATIENCE).toMatch(/^\d/);
        expect(await page.content()).not.toContain("s3cret");
        expect(await page.getByRole("switch", { name: "Broker" }).count()).toBe(0);
        const other = await open(new URL("/", url).href);
        await other.getByText(/^broker lost/).waitFor();
      });

      test("shows a node behind any broker that speaks WebSocket", async () => {
        const mosquitto = await Mosquitto.start({ webSocket: true });
        cleanUp.push(() => mosquitto.remove());
        await fakeNode(mosquitto.url, "greenhouse");
        const { at } = await run();
        const broker = encodeURIComponent(`ws://127.0.0.1:${mosquitto.webSocketPort}/mqtt`);
        const page = await open(at(`broker=${broker}`));
        await page.getByRole("heading", { name: "greenhouse" }).waitFor();
        await expect.poll(() => shownOf(page, "climate temperature").textContent(), PATIENCE).toBe("21.50");
        expect(await page.getByRole("heading", { name: "Simulator" }).count()).toBe(0);
      });
    });
  });
});
