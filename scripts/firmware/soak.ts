/** The node for some thousand messages on Moddable's simulator, over restarts of the broker: does its memory grow? */
import type { Mosquitto } from "../../test/support/mosquitto.js";
import { LinDevice } from "./lin.js";
import { NODE } from "./lin-run.js";
import { MemoryWatch } from "./memory.js";
import { until } from "./wait.js";
import { Witness } from "./witness.js";

/** Messages of the node that the broker has acknowledged. */
const MESSAGES = 3000;
const BROKER_RESTARTS = 10;
/** Milliseconds between two of the commands that we send at least: each is answered, by readings and a result. */
const COMMAND_INTERVAL = 50;
/** No command is sent while more of the node's messages wait: none is to be given up for want of room. */
const WAITING = 6;
/**
 * The broker restarts three times in a row, at the fourth close the client would suspect a take-over. Then a session lasts
 * longer than the client's `stableTime`, in milliseconds, so that its delays before an attempt are short ones again.
 */
const RESTARTS_IN_A_ROW = 3;
const STABLE_SESSION = 31_000;
/** Messages of a session between two restarts in a row. */
const SHORT_SESSION = 100;
/** Messages between two looks at its memory. */
const LOOK = 50;
/** Milliseconds within which the next part of it must be done. */
const PATIENCE = 300_000;

const TOPIC = `motewire/${NODE}`;

/**
 * @param mosquitto knows nothing of the node yet, nor the node of it
 * @returns a summary for people
 * @throws Error when the process ends, its memory grows, or a message is lost
 */
export async function soak(host: string, program: string, mosquitto: Mosquitto): Promise<string> {
  const run = new Soak(host, program, mosquitto);
  try {
    return await run.all();
  } catch (error) {
    throw new Error(`soak: ${(error as Error).message}\nthe device's last lines:\n${run.lastLines()}`);
  } finally {
    await run.end();
  }
}

class Soak {
  readonly #device: LinDevice;
  readonly #mosquitto: Mosquitto;
  readonly #witness: Witness;
  readonly #memory = new MemoryWatch();
  readonly #begun = Date.now();
  #messages = 0;
  #looked = 0;
  #connections = 0;
  #connectedAt = 0;
  #brokerRuns = true;
  #commands = 0;
  #failure: Error | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: string, program: string, mosquitto: Mosquitto) {
    this.#mosquitto = mosquitto;
    this.#device = new LinDevice(host, program);
    this.#device.on("exit", (status) => {
      this.#failure ??= new Error(`it has ended with ${status} at message ${this.#messages}`);
    });
    this.#device.on("line", (line) => {
      if (/ connected (new session|session present)$/.test(line)) {
        this.#connections++;
        this.#connectedAt = Date.now();
      }
      if (/ published #\d+ (?!lost)/.test(line)) this.#messages++;
      this.#lookAtMemory();
    });
    this.#witness = new Witness({ host: mosquitto.host, port: mosquitto.port }, `${TOPIC}/#`, this.#device);
  }

  async all(): Promise<string> {
    await this.#witness.settled();
    this.#device.start();
    await this.#until("is acknowledged", () =>
      this.#device.lines.some((line) => / published #1 delivered$/.test(line)),
    );
    await this.#send("settings", { id: "soak", interval: "500ms", QoS: 2 });
    this.#timer = setInterval(() => this.#sample(), COMMAND_INTERVAL);
    for (let restart = 1; restart <= BROKER_RESTARTS; restart++) {
      if (restart % RESTARTS_IN_A_ROW === 1) {
        await this.#until("a long session", () => Date.now() - this.#connectedAt >= STABLE_SESSION);
      } else {
        const due = this.#messages + SHORT_SESSION;
        await this.#until(`message ${due}`, () => this.#messages >= due);
      }
      await this.#restartBroker();
    }
    await this.#until(`message ${MESSAGES}`, () => this.#messages >= MESSAGES);
    clearInterval(this.#timer);
    await this.#send("settings", { id: "rest", interval: "1h" });
    const { ledger } = this.#witness;
    await this.#until("everything is delivered", () => ledger.complete && ledger.pending === 0).catch((error) => {
      throw new Error(`${error.message}: ${ledger.pending} wait, ${ledger.balance().lost} are not at the broker`);
    });
    this.#memory.sample(this.#messages, this.#device.memory);
    return this.#summary();
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#device.kill();
    await this.#witness.end();
  }

  lastLines(): string {
    return this.#device.lines.slice(-15).join("\n");
  }

  #lookAtMemory(): void {
    if (this.#messages < this.#looked + LOOK || this.#failure !== undefined) return;
    this.#looked = this.#messages;
    try {
      this.#memory.sample(this.#messages, this.#device.memory);
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  #sample(): void {
    if (!this.#brokerRuns || this.#witness.ledger.pending > WAITING) return;
    const id = `soak-${++this.#commands}`;
    // The broker may be stopped while it is under way.
    this.#send("sample", { id }).catch(() => {});
  }

  #send(command: string, fields: object): Promise<void> {
    return this.#witness.send(`${TOPIC}/command/${command}`, JSON.stringify(fields));
  }

  async #restartBroker(): Promise<void> {
    const connections = this.#connections;
    this.#brokerRuns = false;
    await this.#mosquitto.stop();
    await this.#mosquitto.start();
    await this.#until("finds the broker again", () => this.#connections > connections);
    this.#brokerRuns = true;
  }

  #summary(): string {
    const { ledger, problems, seen } = this.#witness;
    const { lost, dropped, duplicated, published } = ledger.balance();
    if (lost > 0 || duplicated > 0) throw new Error(`lost ${lost}, duplicated ${duplicated} of ${published} messages`);
    if (problems.length > 0) throw new Error(`the observer could not see all: ${problems.join("; ")}`);
    const answers = seen.filter(({ topic }) => topic === `${TOPIC}/result/sample`).length;
    if (answers === 0) throw new Error("no command was answered");
    const seconds = Math.round((Date.now() - this.#begun) / 1000);
    return (
      `messages ${this.#messages}, commands ${this.#commands}, answers ${answers}, broker restarted ${BROKER_RESTARTS} times, ` +
      `given up ${dropped}, lost ${lost}, duplicated ${duplicated}, in ${seconds} s; ${this.#memory.summary()}`
    );
  }

  #until(what: string, found: () => boolean): Promise<boolean> {
    return until(
      [this.#device, this.#witness],
      what,
      () => {
        const result = found();
        if (this.#failure !== undefined) throw this.#failure;
        return result;
      },
      PATIENCE,
    );
  }
}
