/** The firmware on Moddable's simulator on Linux: the story of all that a node does, what is thrown, and the soak. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Mosquitto } from "../../test/support/mosquitto.js";
import { buildHost, buildLin } from "./lin.js";
import { NODE, runLin } from "./lin-run.js";
import { EXAMPLE, judge, program, THROWS } from "./programs.js";
import { root, type Sdk } from "./sdk.js";
import { soak } from "./soak.js";
import { runThrows } from "./throws-run.js";

/** A crash that depends on when the garbage collector runs does not come each time: so several times. */
const STORIES = 5;

/** @param say is told what is well, as it goes. @throws Error of the first that is not */
export async function checkLin(sdk: Sdk, output: string, say: (summary: string) => void): Promise<void> {
  const mosquitto = await Mosquitto.start({ webSocket: true });
  const lin = new Lin(sdk, output, mosquitto);
  try {
    const node = lin.build(root);
    const throws = lin.build(THROWS);
    lin.build(EXAMPLE);
    for (let count = 1; count <= STORIES; count++) {
      say(`lin, story ${count} of ${STORIES}: ${await runLin(lin.host, await lin.fresh(node), mosquitto)}`);
    }
    say(`lin, errors: ${await runThrows(lin.host, await lin.fresh(throws), mosquitto)}`);
    say(`lin, soak: ${await soak(lin.host, await lin.fresh(node), mosquitto)}`);
    // In the place of the one before it.
    const webSocket = lin.build(root, true, [`mqtt_port=${mosquitto.webSocketPort}`, "mqtt_path=/mqtt"]);
    say(`lin, story over WebSocket: ${await runLin(lin.host, await lin.fresh(webSocket), mosquitto)}`);
  } finally {
    await mosquitto.remove();
  }
}

/** The soak alone, of the firmware in a folder, which need not be this repository. @throws Error that says what is wrong */
export async function soakOf(folder: string, sdk: Sdk, output: string): Promise<string> {
  const mosquitto = await Mosquitto.start();
  try {
    const lin = new Lin(sdk, output, mosquitto);
    return await soak(lin.host, await lin.fresh(lin.build(folder, false)), mosquitto);
  } finally {
    await mosquitto.remove();
  }
}

/** What a device and its broker begin with. */
class Lin {
  readonly host: string;
  readonly #sdk: Sdk;
  readonly #output: string;
  readonly #mosquitto: Mosquitto;

  constructor(sdk: Sdk, output: string, mosquitto: Mosquitto) {
    this.#sdk = sdk;
    this.#output = output;
    this.#mosquitto = mosquitto;
    mkdirSync(output, { recursive: true });
    this.host = buildHost(output, sdk);
  }

  /**
   * @param judged whether it must have nothing that a firmware must not have
   * @param broker where on the broker's host it listens
   * @returns the path of the program
   */
  build(folder: string, judged = true, broker: readonly string[] = [`mqtt_port=${this.#mosquitto.port}`]): string {
    const config = [`mqtt_host=${this.#mosquitto.host}`, ...broker, `node_id=${NODE}`, `files=${this.#files}/`];
    const made = buildLin(program(folder, "lin", config), this.#output, this.#sdk);
    if (judged) judge(made.built);
    return made.program;
  }

  /** Empties the store and the broker: the program begins as at the first time. */
  async fresh(path: string): Promise<string> {
    rmSync(this.#files, { recursive: true, force: true });
    mkdirSync(this.#files, { recursive: true });
    await this.#mosquitto.forget();
    await this.#mosquitto.start();
    return path;
  }

  get #files(): string {
    return join(this.#output, "files");
  }
}
