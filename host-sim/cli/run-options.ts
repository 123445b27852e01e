/** The flags of `run`. */
import { readFileSync } from "node:fs";
import type { Board } from "../../boards/board.js";
import { readDuration } from "../../src/mote/duration.js";
import { definitions, type Settings } from "../../src/mote/settings.js";
import { Topics } from "../../src/mote/topics.js";
import type { QoS } from "../../src/mqtt/api.js";
import { type BrokerAddress, readBrokerUrl } from "../../src/platforms/broker-url.js";
import { boards, findBoard } from "../core/world/boards.js";
import { describeFlags, type Flag, readFlags } from "./args.js";
import { originOf } from "./origin.js";
import { UsageError } from "./usage.js";

export interface RunOptions {
  /** Undefined: the embedded one. */
  broker?: BrokerAddress;
  board: Board;
  /** The file of the application; undefined: the board's sensors alone. */
  app?: string;
  /** The node starts again when the application is saved. */
  watch: boolean;
  /** Of the broker, where its URL does not hold it. */
  password?: string;
  /** Undefined: made from the machine's id. */
  id?: string;
  /** Settings that the command line forces. */
  settings: Partial<Settings>;
  /** Milliseconds; undefined: until it is stopped. */
  duration?: number;
  /** Directory of the device's storage; undefined: in memory. */
  store?: string;
  seed: number;
  /** Of pages that may talk to the simulator, beside those of this computer. */
  origins: readonly string[];
  /** Others on this computer's network reach the broker and the page, with what is printed. */
  lan: boolean;
  wire: boolean;
  json: boolean;
  /** What runs the firmware: this program itself, or the device's own engine in the board's memory. */
  engine: Engine;
}

export type Engine = "node" | "xs";

const DAY = 86_400_000;
const MAXIMUM_SEED = 0xffff_ffff;

export const runFlags: readonly Flag<RunOptions>[] = Object.freeze([
  {
    name: "broker",
    value: "URL",
    help: "mqtt://user:password@host:port of a broker; default: an embedded one on 127.0.0.1, from port 1883 on",
    read(text, into) {
      into.broker = checked("--broker", () => readBrokerUrl(text));
    },
  },
  {
    name: "password-file",
    value: "FILE",
    help: "holds the broker's password, which a command line shows to everybody; or set MOTEWIRE_PASSWORD",
    read(text, into) {
      into.password = checked("--password-file", () => readPassword(text));
    },
  },
  {
    name: "app",
    value: "FILE",
    help: "the application that the node runs, such as examples/porch/main.ts; default: the board's sensors",
    read(text, into) {
      into.app = text;
    },
  },
  {
    name: "board",
    value: "ID",
    help: `${boards.map(({ id }) => id).join(", ")}; default: ${boards[0]?.id}`,
    read(text, into) {
      const board = findBoard(text);
      if (board === undefined)
        throw new UsageError(`--board is "${text}": must be one of ${boards.map(({ id }) => id).join(", ")}`);
      into.board = board;
    },
  },
  {
    name: "id",
    value: "NAME",
    help: "the node's id, in its topics too; default: mote-<address of this computer's simulated radio>",
    read(text, into) {
      checked("--id", () => new Topics(text));
      into.id = text;
    },
  },
  {
    name: "interval",
    value: "TIME",
    help: "from one reading to the next, such as 500ms, 5s, 1m; default: 10s",
    read(text, into) {
      const { least, most } = definitions.interval;
      into.settings = { ...into.settings, interval: duration("--interval", text, least, most) };
    },
  },
  {
    name: "qos",
    value: "0|1|2",
    help: "of readings and diagnostics; default: 1",
    read(text, into) {
      if (!/^[012]$/.test(text)) throw new UsageError(`--qos is "${text}": must be 0, 1 or 2`);
      into.settings = { ...into.settings, QoS: Number(text) as QoS };
    },
  },
  {
    name: "duration",
    value: "TIME",
    help: "stop after it, such as 30s, 2h; default: run until Ctrl-C",
    read(text, into) {
      into.duration = duration("--duration", text, 100, 24 * DAY);
    },
  },
  {
    name: "store",
    value: "DIR",
    help: "where the simulated device keeps its storage; default: nowhere, forgotten at exit",
    read(text, into) {
      into.store = text;
    },
  },
  {
    name: "seed",
    value: "N",
    help: "of the world and all else that is random; default: another one each time",
    read(text, into) {
      const seed = Number(text);
      if (!/^\d+$/.test(text) || seed > MAXIMUM_SEED)
        throw new UsageError(`--seed is "${text}": must be a whole number from 0 to ${MAXIMUM_SEED}`);
      into.seed = seed;
    },
  },
  {
    name: "engine",
    value: "node|xs",
    help: "what runs the firmware; xs: the device's own engine, in the board's memory; default: node",
    read(text, into) {
      if (text !== "node" && text !== "xs") throw new UsageError(`--engine is "${text}": must be node or xs`);
      into.engine = text;
    },
  },
  {
    name: "allow-origin",
    value: "URL",
    help: "pages from there may talk to the simulator too, such as https://lab.example; may be repeated",
    read(text, into) {
      const origin = originOf(text);
      if (origin === undefined)
        throw new UsageError(`--allow-origin is "${text}": must be http:// or https://, a host, and no path`);
      into.origins = [...into.origins, origin];
    },
  },
  {
    name: "watch",
    help: "start the node again when a file of the application is saved; what it had accepted is kept",
    read(_text, into) {
      into.watch = true;
    },
  },
  {
    name: "lan",
    help: "phones and boards on this network reach broker and page too, with the password that is printed",
    read(_text, into) {
      into.lan = true;
    },
  },
  {
    name: "wire",
    help: "show every packet, as mqtt-packet decodes it",
    read(_text, into) {
      into.wire = true;
    },
  },
  {
    name: "json",
    help: "one JSON object a line instead of the log; the last one is the summary",
    read(_text, into) {
      into.json = true;
    },
  },
]);

export const runHelp = `Runs one sensor node in real time, with a broker or against yours.

Usage: npm start -- [flags]

${describeFlags(runFlags)}

Exit codes: 0 done, 1 messages were lost or duplicated, could not be checked, or were still to be delivered and nothing
keeps them, 2 wrong usage, 3 no connection to the broker within the duration.`;

/**
 * @param password of the broker, where neither its URL nor a file holds it
 * @returns undefined when help was asked for. @throws UsageError
 */
export function readRunOptions(args: readonly string[], randomSeed: number, password?: string): RunOptions | undefined {
  const options: RunOptions = {
    board: boards[0] as Board,
    settings: {},
    seed: randomSeed,
    origins: [],
    lan: false,
    watch: false,
    wire: false,
    json: false,
    engine: "node",
  };
  if (readFlags(args, runFlags, options)) return undefined;
  const broker = withPassword(options, password);
  if (broker !== undefined) options.broker = broker;
  // Its sockets are not ours to look into.
  if (options.lan && options.broker !== undefined)
    throw new UsageError("--lan is for the embedded broker: leave --broker out, for that one is reached where it runs");
  if (options.watch && options.app === undefined) throw new UsageError("--watch needs --app, the file that is watched");
  if (options.wire && options.engine === "xs") throw new UsageError("--wire is not there with --engine xs");
  return options;
}

/** Without the end of its line, which an editor puts there. */
function readPassword(file: string): string {
  const text = readFileSync(file, "utf8");
  return text.endsWith("\n") ? text.slice(0, text.endsWith("\r\n") ? -2 : -1) : text;
}

function withPassword(
  { broker, password: given }: RunOptions,
  otherwise: string | undefined,
): BrokerAddress | undefined {
  if (given !== undefined && broker?.user === undefined)
    throw new UsageError("--password-file needs a user: --broker mqtt://user@host:port");
  if (broker?.user === undefined || (broker.password !== undefined && given === undefined)) return broker;
  const password = given ?? otherwise;
  return password === undefined ? broker : { ...broker, password };
}

function duration(flag: string, text: string, least: number, most: number): number {
  return checked(flag, () => readDuration(flag, text, least, most));
}

/** Others' rules say what is wrong; here only the flag is named. */
function checked<T>(flag: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    const { message } = error as Error;
    if (message.startsWith('"')) throw new UsageError(`${flag} is ${message}`);
    throw new UsageError(message.startsWith(flag) ? message : `${flag}: ${message}`);
  }
}
