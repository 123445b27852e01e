/** What pages over WebSocket are for, each use on the porch: the application of examples, a real browser, mosquitto's programs. */
import { spawnSync } from "node:child_process";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { launchChromium, openPage } from "../support/chromium.js";
import { describeWith } from "../support/describe-with.js";
import { aRun } from "../support/page-run.js";
import { command } from "../support/requirements.js";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const PATIENCE = { timeout: 20_000 };
const { run, subscribed, cleanUp } = aRun();

const porch = () => run(["--app", "examples/porch/main.ts"]);

describeWith("chromium", "a page of the porch shows", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  async function open(url: string): Promise<Page> {
    const { page, faults, close } = await openPage(browser, url);
    cleanUp.push(async () => {
      await close();
      expect(faults).toEqual([]);
    });
    return page;
  }

  /** What the broker keeps of a topic. */
  function kept(broker: string, topic: string): { state?: string; value?: number } {
    const { hostname, port } = new URL(broker);
    const args = ["-h", hostname, "-p", port, "-t", topic, "-C", "1", "-W", "5", "--retained-only"];
    return JSON.parse(spawnSync(command("mosquitto_sub"), args, { encoding: "utf8" }).stdout);
  }

  const drawing = (page: Page, words: RegExp) => page.getByRole("img", { name: words });

  test("live information", async () => {
    const { url, broker } = await porch();
    const { lines } = subscribed(broker, "motewire/+/reading/air");
    const page = await open(url);
    await page.getByRole("slider", { name: "air temperature" }).press("End");
    await page.getByRole("img", { name: /^air temperature over .*, now 50\.00 °C/ }).waitFor();
    await expect.poll(() => lines.some((line) => line.includes('"temperature":50')), PATIENCE).toBe(true);
  });

  test("alerts", async () => {
    const { url, broker, id } = await porch();
    const page = await open(url);
    await page.getByText("Nothing is raised").waitFor();
    // Dry soil.
    await page.getByRole("slider", { name: "herbs moisture" }).press("Home");
    await page.locator("section.alerts.raised").getByText("thirsty").waitFor();
    expect(kept(broker, `motewire/${id}/alert/thirsty`)).toMatchObject({ state: "raised", value: 0 });
    await page.getByRole("slider", { name: "herbs moisture" }).press("End");
    await page.getByText("Nothing is raised").waitFor();
    expect(kept(broker, `motewire/${id}/alert/thirsty`)).toMatchObject({ state: "cleared" });
  });

  test("a device's state at once from retained messages", async () => {
    const { url, broker, id, sim } = await porch();
    const { hostname, port } = new URL(broker);
    const topic = `motewire/${id}/command/lamp`;
    spawnSync(command("mosquitto_pub"), ["-h", hostname, "-p", port, "-t", topic, "-m", '{"state":"on"}']);
    await sim.event("acknowledged", (event) => event.topic.endsWith("/output/lamp"));
    const page = await open(url);
    await page.getByRole("switch", { name: "Power" }).click();
    await page.getByRole("switch", { name: "Power", checked: false }).waitFor();
    // Without power the node says nothing: all that a page can show is what the broker keeps.
    await page.reload();
    await drawing(page, /output lamp: on/).waitFor();
    await page.getByRole("switch", { name: "Power", checked: false }).waitFor();
    expect(kept(broker, `motewire/${id}/output/lamp`)).toMatchObject({ state: "on" });
  });

  test("commands that control actions", async () => {
    const { url, broker, id } = await porch();
    const page = await open(url);
    const { lines } = subscribed(broker, `motewire/${id}/output/lamp`);
    await expect.poll(() => lines.length, PATIENCE).toBe(1);
    await page.getByRole("group", { name: "lamp" }).getByRole("button", { name: "on" }).click();
    await expect.poll(() => lines.length, PATIENCE).toBe(2);
    expect(lines[1]).toContain('"state":"on"');
    await drawing(page, /output lamp: on/).waitFor();
  });
});
