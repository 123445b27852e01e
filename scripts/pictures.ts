/** Takes the pictures of the page for the docs, of a real run: `npm run pictures`, two minutes. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launchChromium, openPage } from "../test/support/chromium.js";
import { Sim } from "../test/support/sim.js";

const FOLDER = join(import.meta.dirname, "..", "docs", "pictures");
/** Seconds of the story: all is well, then there is no Wi-Fi, then there is. */
const STORY = { before: 70, without: 14, after: 24 };

const pictures = [
  { name: "light", colorScheme: "light", viewport: { width: 1_280, height: 860 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1_280, height: 860 } },
  { name: "phone", colorScheme: "light", viewport: { width: 360, height: 1_100 } },
] as const;

const seconds = (count: number) => new Promise((settle) => setTimeout(settle, 1_000 * count));

async function tell(browser: Browser, url: string): Promise<void> {
  const open = await Promise.all(
    pictures.map(async ({ name, ...options }) => ({ name, ...(await openPage(browser, url, options)) })),
  );
  const [first] = open;
  const wifi = first?.page.getByRole("switch", { name: "Wi-Fi" });
  await seconds(STORY.before);
  await wifi?.click();
  await seconds(STORY.without);
  await wifi?.click();
  await first?.page.getByRole("slider", { name: "climate temperature" }).focus();
  for (let step = 0; step < 20; step++) await first?.page.keyboard.press("ArrowRight");
  await seconds(STORY.after);
  await first?.page.getByRole("button", { name: "identify" }).click();
  await first?.page.locator('[data-led="#ffffff"]').waitFor();
  for (const { name, page, faults } of open) {
    const path = join(FOLDER, `page-${name}.png`);
    await page.screenshot({ path });
    console.log(`${path}: ${statSync(path).size} bytes${faults.length > 0 ? `, ${faults.join()}` : ""}`);
  }
}

mkdirSync(FOLDER, { recursive: true });
const sim = new Sim(["--json", "--interval", "2s", "--board", "esp32c3_devkitm", "--seed", "4", "--id", "porch"]);
const { page = "" } = await sim.event("started");
const browser = await launchChromium();
try {
  await tell(browser, page);
} finally {
  await browser.close();
  await sim.kill();
}
