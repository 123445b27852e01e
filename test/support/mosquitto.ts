import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command } from "./requirements.js";

export interface MosquittoOptions {
  /** Sessions, queued and retained messages outlive `stop()`. Default true. */
  readonly persistence?: boolean;
  /** User name to password. Without any, everybody may connect. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lines of an ACL file: `user mote`, `topic write motewire/#`. Without any, everything is allowed. */
  readonly acl?: readonly string[];
  /** More lines of mosquitto.conf. */
  readonly config?: readonly string[];
}

/** A mosquitto of the test's own, on a free port of the loopback, which it keeps over `stop()` and `start()`. */
export class Mosquitto {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly #directory: string;
  #process: ChildProcess | undefined;
  /** What it has written to its log since it was started. */
  log = "";

  private constructor(port: number, directory: string) {
    this.port = port;
    this.#directory = directory;
  }

  /** Resolves when it accepts connections. */
  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    // Started by root, mosquitto becomes another user, who must be able to write here.
    const directory = mkdtempSync(join(tmpdir(), "motewire-mosquitto-"));
    chmodSync(directory, 0o777);
    const mosquitto = new Mosquitto(await freePort(), directory);
    mosquitto.#configure(options);
    await mosquitto.start();
    return mosquitto;
  }

  get url(): string {
    return `mqtt://${this.host}:${this.port}`;
  }

  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    const child = spawn(command("mosquitto"), ["-c", join(this.#directory, "mosquitto.conf"), "-v"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    this.log = "";
    const take = (text: Buffer) => {
      this.log += text.toString();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    for (let tries = 0; !(await answers(this.port)); tries++) {
      if (child.exitCode !== null || tries > 500) throw new Error(`mosquitto does not start:\n${this.log}`);
      await new Promise((later) => setTimeout(later, 10));
    }
  }

  /** As a service is stopped: it stores what it must keep. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** As power fails. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Ends it and leaves nothing behind. */
  async remove(): Promise<void> {
    await this.#end("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  #configure({ persistence = true, users, acl, config = [] }: MosquittoOptions): void {
    const file = (name: string) => join(this.#directory, name);
    const lines = [`listener ${this.port} ${this.host}`, `allow_anonymous ${users === undefined}`, ...config];
    if (persistence) lines.push("persistence true", `persistence_location ${this.#directory}/`);
    if (users !== undefined) {
      writeFileSync(file("passwords"), "", { mode: 0o644 });
      for (const [user, password] of Object.entries(users))
        execFileSync(command("mosquitto_passwd"), ["-b", file("passwords"), user, password], { stdio: "ignore" });
      chmodSync(file("passwords"), 0o644);
      lines.push(`password_file ${file("passwords")}`);
    }
    if (acl !== undefined) {
      writeFileSync(file("acl"), `${acl.join("\n")}\n`, { mode: 0o644 });
      lines.push(`acl_file ${file("acl")}`);
    }
    writeFileSync(file("mosquitto.conf"), `${lines.join("\n")}\n`);
  }
}

/** A port that nobody listened on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => settle(true)).on("error", () => settle(false));
    socket.on("connect", () => socket.destroy());
  });
}
