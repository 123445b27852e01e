/** What an application costs a board: counted on XS, in the board's memory and in virtual time. The same each time. */
import { relative, resolve } from "node:path";
import type { Board } from "../../../boards/board.js";
import { nvsEntries, queueBytes } from "../../../src/mote/nvs.js";
import { Broker } from "../../core/broker/broker.js";
import { quietWatch } from "../../core/broker/watch.js";
import { daysOf } from "../../core/storage/flash-life.js";
import { MemoryStore } from "../../core/storage/memory-store.js";
import { nvsSize } from "../../core/storage/nvs.js";
import { VirtualClock } from "../../core/world/clock.js";
import { RandomStream } from "../../core/world/random.js";
import { root } from "../../xs/engine/paths.js";
import { bytesInUse, memorySize, type Program } from "../../xs/engine/program.js";
import { Line } from "../virtual/line.js";
import { virtualParts } from "../virtual/parts.js";
import { modulesOf, runScripted } from "../virtual/run.js";

/** A public format: fields are only ever added. Bytes, unless it is said. */
export interface Datasheet {
  /** The file, from here; null: the firmware's own. */
  readonly application: string | null;
  readonly board: string;
  readonly memory: {
    readonly size: number;
    /** In use when garbage was collected: before it connects, when it is connected, and at most at one of the looks. */
    readonly started: number;
    readonly connected: number;
    readonly most: number;
    /** Slots of the stack in use at most, and how many there are. */
    readonly stack: number;
    readonly stackSize: number;
  };
  readonly bytecode: {
    readonly application: number;
    /** The application, the node, the client and the platform. */
    readonly all: number;
  };
  /** A day, connected: payload of TCP. */
  readonly wire: { readonly sent: number; readonly received: number; readonly messages: number };
  /** A day, connected. */
  readonly flash: {
    readonly partition: number;
    readonly writes: number;
    /** Of 32 bytes. */
    readonly entries: number;
    /** Until a page has been erased 100,000 times; null: it is not written. */
    readonly days: number | null;
  };
  /** Milliseconds without a broker after which the first message is given up; null: none is within a week. */
  readonly outage: number | null;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 86_400 * SECOND;
/** For which no message is too old. */
const WEEK = 7 * DAY;
const ID = "mote-24a1608bf3c0";

/** @throws Error when the application does not run on that board, with what the device says */
export async function measure(board: Board, file: string | undefined): Promise<Datasheet> {
  const clock = new VirtualClock();
  const manners = { delay: [0, 0], window: 20, queue: 1000, identifiers: "counted", maximumQoS: 2 } as const;
  const rest = { refusing: false, mute: 0, passesOn: "publish", reading: [0, 0] } as const;
  const broker = new Broker({
    clock,
    random: new RandomStream("broker"),
    manners: { ...manners, ...rest },
    watch: quietWatch,
  });
  const line = new Line(broker.accept);
  const wear = { writes: 0, entries: 0 };
  const store = (capacity?: number) =>
    new MemoryStore({
      ...(capacity !== undefined && { capacity, sizeOf: nvsSize }),
      after: ({ value }) => {
        if (value === undefined) return;
        wear.writes++;
        wear.entries += nvsEntries(value.length);
      },
    });
  const modules = await modulesOf("host-sim/xs/device/main.ts", undefined, file && resolve(file));
  const parts = virtualParts(board, clock);
  const { nvs, durability } = board.storage;
  const options = {
    id: ID,
    broker: { host: "broker.example", port: 1883 },
    maximumQueued: queueBytes(nvs),
    ...(durability !== undefined && { durability }),
    firmware: "0.0.0",
  };
  let program: Program | undefined;
  let messages = 0;
  let given: number | undefined;
  let day = { sent: 0, received: 0, messages: 0, ...wear };
  let outage: number | null = null;

  function* story(running: Program): Generator<number, void, void> {
    const look = (label: string) => running.send("measure", label);
    look("started");
    yield MINUTE;
    look("connected");
    const before = { sent: line.sent, received: line.received, messages, ...wear };
    for (let hour = 0; hour < 24; hour++) {
      yield DAY / 24;
      look(`hour ${hour}`);
    }
    day = {
      sent: line.sent - before.sent,
      received: line.received - before.received,
      messages: messages - before.messages,
      writes: wear.writes - before.writes,
      entries: wear.entries - before.entries,
    };
    line.cut();
    const cut = clock.elapsed;
    given = undefined;
    while (given === undefined && clock.elapsed - cut < WEEK) {
      yield MINUTE;
      look("outage");
    }
    outage = given === undefined ? null : given - cut;
    line.mend();
    yield 30 * MINUTE;
    look("after");
    running.send("stop", `${5 * SECOND}`);
  }

  const ran = await runScripted({
    modules,
    memory: board.memory,
    flash: { session: store(nvs), settings: store() },
    line,
    window: board.socket.window,
    clock,
    script: (started) => {
      program = started;
      parts.run(started);
      return story(started);
    },
    onAsk: (name, values) => (name === "options" ? JSON.stringify(options) : parts.answer(name, values)?.answer),
    onTell(name, values) {
      if (parts.told(name, values)) return;
      if (name === "join") program?.send("link", "up 192.0.2.7 home");
      else if (name === "resolve") program?.send("resolved", `${values[0]} 192.0.2.1`);
      else if (name === "accepted") messages++;
      else if (name === "dropped") given ??= clock.elapsed;
    },
  });
  if (ran.code !== 0) throw new Error(`it does not run on the board ${board.id}: ${ran.words}`);

  const used = (label: string) => {
    const figures = ran.memory.get(label);
    return figures === undefined ? 0 : bytesInUse(figures);
  };
  const bytecodeOf = (which: (source: string) => boolean) =>
    modules.filter(({ source }) => which(source)).reduce((sum, { name }) => sum + (ran.bytecode[name] ?? 0), 0);
  const isApplication = (source: string) => source === "src/application.ts" || !/^(src|host-sim)\//.test(source);
  const days = daysOf(nvs, day.entries);
  return {
    application: file === undefined ? null : relative(process.cwd(), resolve(root, file)),
    board: board.id,
    memory: {
      size: memorySize(board.memory),
      started: used("started"),
      connected: used("connected"),
      most: Math.max(...[...ran.memory.values()].map(bytesInUse)),
      stack: Math.max(...[...ran.memory.values()].map(({ stackPeak }) => stackPeak)),
      stackSize: board.memory.stack,
    },
    bytecode: {
      application: bytecodeOf(isApplication),
      all: bytecodeOf((source) => isApplication(source) || source.startsWith("src/")),
    },
    wire: { sent: day.sent, received: day.received, messages: day.messages },
    flash: {
      partition: nvs,
      writes: day.writes,
      entries: day.entries,
      days: Number.isFinite(days) ? Math.round(days) : null,
    },
    outage,
  };
}
