/** Debian's Chromium, for tests that look at the page as a person does. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { command } from "./requirements.js";

/** @returns a browser without a window */
export function launchChromium(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  // Chromium's sandbox does not run as root.
  return chromium.launch({ executablePath: command("chromium"), args: isRoot ? ["--no-sandbox"] : [] });
}

/** A page, and all that it must not do. */
export interface Watched {
  readonly page: Page;
  /** Errors of the console, exceptions, and requests to another origin than the page's. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

/** @param before runs in the page before its own script */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  before = "",
): Promise<Watched> {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  if (before !== "") await page.addInitScript(before);
  const faults: string[] = [];
  const { host } = new URL(url);
  page.on("console", (message) => {
    // That a WebSocket cannot be opened is what some tests want; the browser cannot be kept from saying so.
    if (message.type() === "error" && !/WebSocket connection to/.test(message.text())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    const asked = new URL(request.url());
    if (asked.host !== host && asked.protocol !== "blob:") faults.push(`request to ${request.url()}`);
  });
  await page.goto(url);
  return { page, faults, close: () => context.close() };
}
