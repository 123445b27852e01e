/** The programs that are built, and what none of them may have. */
import { basename, join } from "node:path";
import type { Built, Target } from "./build.js";
import { readImage } from "./image.js";
import { problemsOf } from "./problems.js";
import { root } from "./sdk.js";

/** Programs beside the firmware: each is built for a device and for lin. */
export const EXAMPLE = join(root, "examples/moddable-client");
/** Applications, for each board. */
export const APPLICATIONS = ["porch", "garden"] as const;
export const THROWS = join(root, "scripts/firmware/throws");

/** @throws Error with a line for each problem */
export function judge(built: Built, more: readonly string[] = []): void {
  const problems = [...problemsOf(built, readImage(built), root), ...more];
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

export function firmware(board: string): Target {
  return {
    name: board,
    program: root,
    platform: `esp32:./boards/${board}`,
    config: ["wifi_ssid=check", "wifi_password=check", "mqtt_host=192.0.2.1"],
  };
}

/** An application of examples, on a board. */
export function application(name: string, board: string): Target {
  const { config } = firmware(board);
  return program(join(root, "examples", name), `esp32:../../boards/${board}`, config);
}

export function program(folder: string, platform: string, config: readonly string[]): Target {
  return { name: `${basename(folder)} for ${platform}`, program: folder, platform, config };
}
