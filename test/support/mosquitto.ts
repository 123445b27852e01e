/** A real mosquitto, started by a test on a free port of the loopback, with all it writes in a directory of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LastingBroker } from "./broker.js";
import { freePort } from "./ports.js";
import { command } from "./requirements.js";

export { freePort } from "./ports.js";

const HOST = "127.0.0.1";
/** Milliseconds within which it must do what it is asked to. */
const PATIENCE = 10_000;
const DATABASE = "mosquitto.db";

export interface MosquittoOptions {
  /** Sessions, queued and retained messages outlive `stop()`. Default true. */
  readonly persistence?: boolean;
  /** User name to password. Without any, everybody may connect. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lines of an ACL file: `user mote`, `topic write motewire/#`. Without any, everything is allowed. */
  readonly acl?: readonly string[];
  /** Listens for WebSocket as well, on a port of its own. */
  readonly webSocket?: boolean;
  /** More lines of mosquitto.conf. */
  readonly config?: readonly string[];
}

/**
 * A mosquitto of the test's own, on a free port of the loopback, which it keeps over `stop()` and `start()`. `remove()` it,
 * or it lives until this process ends.
 */
export class Mosquitto implements LastingBroker {
  readonly host = HOST;
  readonly port: number;
  readonly webSocketPort: number | undefined;
  readonly #directory: string;
  #process: ChildProcess | undefined;
  #log = "";

  private constructor(port: number, webSocketPort: number | undefined, options: MosquittoOptions) {
    this.port = port;
    this.webSocketPort = webSocketPort;
    this.#directory = mkdtempSync(join(tmpdir(), "motewire-mosquitto-"));
    this.#configure(options);
    process.once("exit", this.#atExit);
  }

  /**
   * Resolves when it takes connections.
   * @throws Error with its log when it does not come up
   */
  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    for (let tries = 1; ; tries++) {
      const mosquitto = new Mosquitto(await freePort(), options.webSocket ? await freePort() : undefined, options);
      try {
        await mosquitto.start();
        return mosquitto;
      } catch (error) {
        await mosquitto.remove();
        // Somebody was quicker to take the port.
        if (tries === 3 || !/address already in use/i.test(String(error))) throw error;
      }
    }
  }

  get url(): string {
    return `mqtt://${this.host}:${this.port}`;
  }

  /** What it has written to its log since it was started. */
  get log(): string {
    return this.#log;
  }

  /** The process that runs now. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it again, with what it has kept. Resolves when it takes connections; at once when it runs already. */
  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    const child = spawn(command("mosquitto"), ["-c", this.#path("mosquitto.conf")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    this.#log = "";
    await this.#within("does not come up", (done, fail) => {
      child.once("error", fail);
      child.once("close", (code, signal) => {
        if (this.#process === child) this.#process = undefined;
        fail(new Error(`mosquitto ended (${signal ?? code})`));
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        this.#log += text;
        // It says so once its port is open, and a little before it is at work: a signal would still be lost.
        if (/: mosquitto version .* running$/m.test(this.#log)) done();
      });
    });
    await this.#within("does not answer", (done, fail) => {
      // DISCONNECT where CONNECT must be: it ends the connection, whoever may connect. [MQTT-3.1.0-1]
      const probe = connect(this.port, HOST, () => probe.write(Uint8Array.of(0xe0, 0)));
      let connected = false;
      probe.once("connect", () => {
        connected = true;
      });
      probe.once("error", (error) => {
        if (!connected) fail(error);
      });
      probe.once("close", done).resume();
    });
  }

  /** As a service is stopped: it stores what it must keep. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** As power fails: what it keeps is what it had at its last {@link saved} or `stop()`. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Ends it, with all that it has kept: the next {@link start} is of a broker that nobody has met. */
  async forget(): Promise<void> {
    await this.kill();
    rmSync(this.#path(DATABASE), { force: true });
  }

  /** Has it write to disk what it keeps, as it otherwise does now and then, and resolves when that is done. */
  async saved(): Promise<void> {
    const watcher = watch(this.#directory);
    try {
      await this.#within("does not save", (done, fail) => {
        // It is written under another name first: the name comes when it is whole.
        watcher.on("change", (event, name) => {
          if (event === "rename" && name === DATABASE) done();
        });
        watcher.once("error", fail);
        this.#process?.kill("SIGUSR1");
      });
    } finally {
      watcher.close();
    }
  }

  /** Ends it and leaves nothing behind. May be called again. */
  async remove(): Promise<void> {
    await this.kill();
    process.off("exit", this.#atExit);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#process;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      await this.#within(`does not end on ${signal}`, (done) => {
        child.once("exit", done);
        child.kill(signal);
      });
    }
    if (this.#process === child) this.#process = undefined;
  }

  readonly #atExit = (): void => {
    this.#process?.kill("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  };

  #configure({ persistence = true, users, acl, config = [] }: MosquittoOptions): void {
    const lines = [
      `listener ${this.port} ${this.host}`,
      `allow_anonymous ${users === undefined}`,
      "log_dest stderr",
      ...["error", "warning", "notice", "information"].map((type) => `log_type ${type}`),
      // Started by root it would become a user who cannot write to the directory.
      ...(process.getuid?.() === 0 ? ["user root"] : []),
      ...(persistence ? ["persistence true", `persistence_location ${this.#directory}/`, "autosave_interval 0"] : []),
      // It binds these on every address, whatever is given.
      ...(this.webSocketPort === undefined ? [] : [`listener ${this.webSocketPort}`, "protocol websockets"]),
      ...config,
    ];
    if (users !== undefined) {
      const file = this.#write("passwords", []);
      for (const [user, password] of Object.entries(users))
        execFileSync(command("mosquitto_passwd"), ["-b", file, user, password], { stdio: "ignore" });
      lines.push(`password_file ${file}`);
    }
    if (acl !== undefined) lines.push(`acl_file ${this.#write("acl", acl)}`);
    this.#write("mosquitto.conf", lines);
  }

  #write(name: string, lines: readonly string[]): string {
    writeFileSync(this.#path(name), lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
    return this.#path(name);
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }

  /** Waits for an event that must come, and puts the log beside the error when it does not. */
  async #within(otherwise: string, begin: (done: () => void, fail: (error: Error) => void) => void): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((done, fail) => {
        timer = setTimeout(() => fail(new Error(`mosquitto ${otherwise} within ${PATIENCE} ms`)), PATIENCE);
        begin(done, fail);
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}; its log:\n${this.#log}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}
