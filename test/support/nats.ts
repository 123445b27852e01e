/** A real NATS server with its MQTT side open, on a free port of the loopback, with all it writes in a directory of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports.js";
import { command } from "./requirements.js";

const HOST = "127.0.0.1";
/** Milliseconds within which it must come up. */
const PATIENCE = 20_000;

export class Nats {
  readonly host = HOST;
  readonly port: number;
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  #log = "";

  private constructor(port: number) {
    this.port = port;
    this.#directory = mkdtempSync(join(tmpdir(), "motewire-nats-"));
    const file = join(this.#directory, "nats.conf");
    // It does not start its MQTT side without a name and JetStream. Port -1 is one of its own choice, for its own protocol.
    const config = [
      'server_name: "motewire"',
      `host: "${HOST}"`,
      "port: -1",
      `jetstream { store_dir: "${this.#directory}" }`,
      `mqtt { host: "${HOST}", port: ${port} }`,
    ];
    writeFileSync(file, `${config.join("\n")}\n`);
    const child = spawn(command("nats-server"), ["-c", file], { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    this.#ended = new Promise((ended) => child.once("close", () => ended()));
    process.once("exit", this.#atExit);
  }

  /** Resolves when it takes connections. @throws Error with its log when it does not come up */
  static async start(): Promise<Nats> {
    const nats = new Nats(await freePort());
    try {
      await nats.#ready();
      return nats;
    } catch (error) {
      await nats.remove();
      throw error;
    }
  }

  get url(): string {
    return `mqtt://${this.host}:${this.port}`;
  }

  /** What it has written to its log. */
  get log(): string {
    return this.#log;
  }

  /** Ends it and leaves nothing behind. May be called again. */
  async remove(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill("SIGKILL");
    await this.#ended;
    process.off("exit", this.#atExit);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((done, fail) => {
        const failed = (what: string) => fail(new Error(`nats-server ${what}; its log:\n${this.#log}`));
        timer = setTimeout(() => failed(`does not come up within ${PATIENCE} ms`), PATIENCE);
        this.#process.once("error", fail);
        this.#process.once("exit", () => failed("ended"));
        this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
          this.#log += text;
          if (this.#log.includes("Server is ready")) done();
        });
      });
    } finally {
      clearTimeout(timer);
    }
  }

  readonly #atExit = (): void => {
    this.#process.kill("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  };
}
