/** Everything the node does, done on Moddable's simulator against a real mosquitto. */
import type { Mosquitto } from "../../test/support/mosquitto.js";
import { LinDevice, RESTART } from "./lin.js";
import { until } from "./wait.js";
import { Witness } from "./witness.js";

/** The node's id in the firmware that is checked. */
export const NODE = "check";
const TOPIC = `motewire/${NODE}`;

interface Result {
  readonly ok: boolean;
  readonly error?: string;
  readonly [field: string]: unknown;
}

/** @returns a summary for people. @throws Error that says what did not happen */
export async function runLin(host: string, program: string, mosquitto: Mosquitto): Promise<string> {
  const run = new Run(host, program, mosquitto);
  try {
    return await run.all();
  } catch (error) {
    throw new Error(`${(error as Error).message}\nthe device's last lines:\n${run.device.lines.slice(-15).join("\n")}`);
  } finally {
    await run.end();
  }
}

class Run {
  readonly device: LinDevice;
  readonly #mosquitto: Mosquitto;
  readonly #witness: Witness;
  #commands = 0;
  #restarts = 0;
  #exit: number | string | undefined;

  constructor(host: string, program: string, mosquitto: Mosquitto) {
    this.#mosquitto = mosquitto;
    this.device = new LinDevice(host, program);
    this.device.on("exit", (status) => {
      this.#exit = status;
    });
    this.#witness = new Witness({ host: mosquitto.host, port: mosquitto.port }, `${TOPIC}/#`, this.device);
  }

  async all(): Promise<string> {
    await this.#witness.settled();
    this.#start();
    await this.#line("connects", / connected new session$/);
    // Its first messages are acknowledged: so is its subscription, which went before them.
    await this.#line("is acknowledged", / published #1 delivered$/);
    for (const QoS of [1, 0, 2]) await this.#readings(QoS);
    await this.#refusals();
    await this.#brokerStops();
    await this.#dies();
    await this.#keepsSettings();
    await this.#restartsOnCommand();
    return this.#summary();
  }

  async end(): Promise<void> {
    await this.device.kill();
    await this.#witness.end();
  }

  #start(): void {
    this.#exit = undefined;
    this.device.start();
  }

  async #readings(QoS: number): Promise<void> {
    const { ok, error } = await this.#command("settings", { interval: "200ms", QoS });
    if (!ok) throw new Error(`the settings were refused: ${error}`);
    const from = this.#witness.seen.length;
    await this.#until(`ten readings with QoS ${QoS}`, () => {
      const seen = this.#witness.seen.slice(from);
      return seen.filter((message) => message.topic.includes("/reading/") && message.QoS === QoS).length >= 10;
    });
  }

  async #refusals(): Promise<void> {
    const wrong = await this.#command("interval", { interval: "soon" });
    if (wrong.ok || !wrong.error?.includes("interval")) throw new Error(`a wrong interval was not refused by name`);
    const unknown = await this.#command("dance", {});
    if (unknown.ok || !unknown.error?.includes("dance")) throw new Error("an unknown command was not refused by name");
    // There is no LED: the command's handler throws.
    const thrown = await this.#command("identify", {});
    if (thrown.ok || !thrown.error?.includes("LED")) throw new Error("what a command's handler threw was not answered");
    const { ok, readings } = await this.#command("sample", {});
    if (!ok || readings !== 2) throw new Error(`sample answered ${ok}, ${readings} readings instead of 2`);
  }

  async #brokerStops(): Promise<void> {
    await this.#mosquitto.stop();
    const lines = this.device.lines.length;
    await this.#line("notices that the broker is gone", / disconnected /, lines);
    const readings = () => this.device.lines.slice(lines).filter((line) => / accepted .*\/reading\//.test(line)).length;
    await this.#until("accepts readings while there is no broker", () => readings() >= 10);
    await this.#mosquitto.start();
    await this.#line("finds its session again", / connected session present$/, lines);
    await this.#until("the observer is back", () => this.#witness.ledger.complete, 60_000);
  }

  async #dies(): Promise<void> {
    const from = this.#witness.seen.length;
    await this.device.kill();
    this.#exit = undefined;
    await this.#until("the last will", () =>
      this.#witness.seen
        .slice(from)
        .find(({ topic, payload }) => topic === `${TOPIC}/status` && payload.includes("connection lost")),
    );
  }

  async #keepsSettings(): Promise<void> {
    const lines = this.device.lines.length;
    this.#start();
    await this.#line("finds its session after a loss of power", / connected session present$/, lines);
    const { interval, QoS } = await this.#command("settings", {});
    if (interval !== "200ms" || QoS !== 2) throw new Error(`the settings were forgotten: ${interval}, QoS ${QoS}`);
  }

  async #restartsOnCommand(): Promise<void> {
    const lines = this.device.lines.length;
    await this.#command("restart", { id: "once" });
    await this.#until("ends for a restart", () => this.#exit !== undefined);
    if (this.#exit !== RESTART) throw new Error(`it ended with ${this.#exit} instead of asking for a restart`);
    this.#restarts++;
    this.#start();
    await this.#line("connects after the restart", / connected session present$/, lines);
    const again = await this.#command("restart", { id: "once" });
    if (again.repeated !== true) throw new Error("the same restart command was obeyed twice");
    await this.#command("settings", { interval: "1h" });
    const { ledger } = this.#witness;
    await this.#until("everything is delivered", () => ledger.complete && ledger.pending === 0);
  }

  #summary(): string {
    const { accepted, ledger, problems } = this.#witness;
    const { published, lost, duplicated } = ledger.balance();
    if (lost > 0 || duplicated > 0) throw new Error(`lost ${lost}, duplicated ${duplicated} of ${published} messages`);
    if (problems.length > 0) throw new Error(`the observer could not see all: ${problems.join("; ")}`);
    return (
      `messages ${published} (QoS 0: ${accepted[0]}, QoS 1: ${accepted[1]}, QoS 2: ${accepted[2]}), ` +
      `commands ${this.#commands}, starts ${this.device.starts} (1 after a kill, ${this.#restarts} by command), ` +
      `broker stopped once, lost ${lost}, duplicated ${duplicated}`
    );
  }

  async #command(name: string, fields: object): Promise<Result> {
    const id = `${name}-${++this.#commands}`;
    const from = this.#witness.seen.length;
    await this.#witness.send(`${TOPIC}/command/${name}`, JSON.stringify({ id, ...fields }));
    return this.#until(`a result of ${name}`, () => {
      const answer = this.#witness.seen.slice(from).find(({ topic }) => topic === `${TOPIC}/result/${name}`);
      return answer && (JSON.parse(answer.payload) as Result);
    });
  }

  #line(what: string, pattern: RegExp, from = 0): Promise<string> {
    return this.#until(what, () => this.device.lines.slice(from).find((line) => pattern.test(line)));
  }

  #until<T>(what: string, found: () => T | undefined | false, patience?: number): Promise<T> {
    return until(
      [this.device, this.#witness],
      what,
      () => {
        const result = found();
        if (!result && this.#exit !== undefined) throw new Error(`${what}: it has ended with ${this.#exit}`);
        return result;
      },
      patience,
    );
  }
}
