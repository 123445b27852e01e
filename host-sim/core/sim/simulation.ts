/**
 * A run of a story: the nodes, the broker and the network in one virtual time, the faults at their moments, and judges
 * that hold all of it against the promise. A function of the story and of this source.
 */
import type { Board } from "../../../boards/board.js";
import type { Application } from "../../../src/mote/application.js";
import type { DropReason } from "../../../src/mote/journal.js";
import { queueBytes } from "../../../src/mote/nvs.js";
import type { Durability, QoS } from "../../../src/mqtt/api.js";
import { Broker } from "../broker/broker.js";
import { drawManners } from "../broker/manners.js";
import { type BrokerMessage, isMalformed } from "../broker/message.js";
import type { BrokerWatch } from "../broker/watch.js";
import { Network } from "../network/network.js";
import { latency } from "../network/rules.js";
import { overWebSocket } from "../network/websocket.js";
import { VirtualClock } from "../world/clock.js";
import { RandomStream } from "../world/random.js";
import { SimulatedSensor, simulatedSensors } from "../world/sensors.js";
import { World } from "../world/world.js";
import { Device } from "./device.js";
import { faults } from "./faults/index.js";
import type { Invariant, Violation } from "./invariants.js";
import { Judge } from "./judge.js";
import { applications, mote } from "./mote.js";
import { Overheard } from "./overheard.js";
import { drawCharacter, probe } from "./probe.js";
import type { StartProgram } from "./program.js";
import { FaultRunner } from "./runner.js";
import { states } from "./states.js";
import { type NodeStory, QUIET_TIME, type Step, type Story } from "./story.js";
import { ALL, type Listener, Trace } from "./trace.js";
import { Traffic } from "./traffic.js";

/** 23 November 2026, 00:00 UTC. */
const EPOCH = 1_795_392_000_000;
const ADDRESS = "192.168.4.1";
/** Where the nodes find the broker. */
export const HOST = "broker.home";
export const PORT = 1883;
/** Where the broker is reached over WebSocket. */
const WEB_SOCKET_PORT = 80;
/** Milliseconds for which a message may be under way when all is well. */
const UNDER_WAY = 60_000;
/** Milliseconds for a request of the application to be answered when all is well. */
const REQUEST_TIME = 10_000;
/** Milliseconds for a restart that a command has asked for. */
const RESTART_TIME = 30_000;
/** A run that breaks something ends after so many violations: the first one tells. */
const ENOUGH = 20;
/** Milliseconds that pass at once, at most, before it is looked for violations. */
const STRIDE = 60_000;

export interface SimulationOptions {
  /** Told of every event. */
  readonly listener?: Listener | undefined;
  /** Violations after which the run ends. */
  readonly enough?: number;
  /** What runs on the devices, in place of what the story says. */
  readonly program?: StartProgram;
  /** What the motes run, in place of what the story says, and on which board. */
  readonly application?: Application;
  readonly board?: Board;
  /** When messages are stored. Default: as the board says. */
  readonly durability?: Durability;
  /** The broker passes a message on. */
  onMessage?(message: BrokerMessage): void;
  /** The client has told what it does: the node's place in the story, and the rest as {@link Witness} has it. */
  onTold?(node: number, told: Told): void;
}

/** What happens at a node. */
export type Told =
  | { readonly type: "connected" | "started" | "stopped" }
  | { readonly type: "disconnected"; readonly reason: string }
  /** A message was given up. */
  | { readonly type: "dropped"; readonly topic: string; readonly reason: DropReason }
  | { readonly type: "error"; readonly where: string; readonly message: string };

export interface Result {
  readonly seed: string;
  readonly hash: string;
  readonly events: number;
  /** Virtual milliseconds. */
  readonly duration: number;
  /** Messages that nodes had accepted, and that were handed to them. */
  readonly accepted: number;
  readonly arrived: number;
  readonly handed: number;
  readonly connections: number;
  readonly commits: number;
  readonly powerCuts: number;
  /** Messages that the client put aside because the connection was closed whenever it sent them. */
  readonly parked: number;
  readonly violations: readonly Violation[];
  /** How often each fault has hit each state: {@link faults} by {@link states}, row by row. */
  readonly hits: readonly number[];
  /** The longest time in ms from calm until all was well. */
  readonly recovery: number;
}

class Enough extends Error {}

export class Simulation {
  readonly clock: VirtualClock;
  readonly broker: Broker;
  readonly devices: Device[] = [];
  readonly judges: Judge[] = [];
  readonly trace: Trace;
  readonly #story: Story;
  readonly #random: RandomStream;
  readonly #network: Network;
  readonly #violations: Violation[] = [];
  readonly #hits = new Array<number>(faults.length * states.length).fill(0);
  readonly #byId = new Map<string, Judge>();
  readonly #runner: FaultRunner;
  readonly #traffic: Traffic;
  readonly #enough: number;
  readonly #onMessage: SimulationOptions["onMessage"];
  #recovery = 0;
  #cuts = 0;

  constructor(story: Story, options: SimulationOptions = {}) {
    const { listener, enough = ENOUGH } = options;
    this.#story = story;
    this.#enough = enough;
    this.#onMessage = options.onMessage;
    this.#random = new RandomStream(story.seed);
    this.clock = new VirtualClock({ loopLimit: 200_000 });
    this.trace = new Trace(() => this.clock.elapsed, listener);
    this.#network = new Network({ clock: this.clock });
    this.#network.name(HOST, ADDRESS);
    this.broker = new Broker({
      clock: this.clock,
      random: this.#random.stream("broker"),
      manners: drawManners(this.#random.stream("manners")),
      watch: this.#watch(),
    });
    this.#runner = new FaultRunner({
      clock: this.clock,
      broker: this.broker,
      trace: this.trace,
      random: this.#random.stream("faults"),
      listen: () => this.#listen(),
      hit: (fault, judge) => this.#hit(fault, judge),
    });
    this.#traffic = new Traffic(this.clock, this.broker);
    const world = new World({ seed: story.seed });
    for (const [index, node] of story.nodes.entries()) this.#addNode(node, index, world, options);
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  /** Does something at a moment of the story. */
  at(time: number, action: () => void): void {
    this.clock.setTimer(action, time);
  }

  /** Runs the whole story. */
  run(): Result {
    const { steps, calms } = this.#story;
    try {
      for (const device of this.devices) device.powerOn();
      let next = 0;
      for (const calm of calms) {
        for (; next < steps.length && (steps[next] as Story["steps"][number]).at < calm; next++) {
          const step = steps[next] as Story["steps"][number];
          this.#advanceTo(step.at);
          this.begin(step);
        }
        this.#advanceTo(calm);
        this.calm();
      }
    } catch (error) {
      if (!(error instanceof Enough)) this.#accuse(ALL, "stuck", String(error));
    }
    return this.#result();
  }

  /** A fault, now. */
  begin(step: Step): void {
    this.#runner.begin(step, this.devices[step.node] as Device, this.judges[step.node] as Judge);
  }

  /** All faults heal, and within the stated time all must be well. */
  calm(): void {
    const since = this.clock.elapsed;
    this.#runner.healAll();
    for (const judge of this.judges) judge.roughAt = since;
    // A client that the broker mutes by malformed messages tries ten times, half of them a minute apart.
    const quietTime = this.broker.holds(isMalformed) ? 2 * QUIET_TIME : QUIET_TIME;
    while (this.clock.elapsed < since + quietTime) {
      this.clock.advance(5000);
      if (this.#allIsWell(since)) {
        this.#recovery = Math.max(this.#recovery, this.clock.elapsed - since);
        break;
      }
    }
    this.#advanceTo(since + quietTime);
    for (const judge of this.judges) {
      // One that was just told to restart is given its time.
      this.#waitFor(() => judge.shakes.online, RESTART_TIME);
      if (!judge.shakes.online) {
        const text = `is not connected ${quietTime / 1000} s after the last fault has healed`;
        this.#accuse(judge.index, "quiet", `${judge.id} ${text}`);
      }
      judge.check(this.clock.elapsed - UNDER_WAY);
      this.#compareFilters(judge);
    }
    for (const message of this.broker.kept) for (const judge of this.judges) judge.keeps(message);
    if (this.#violations.length >= this.#enough) throw new Enough();
  }

  /** A request that the application has just made is given its time. */
  #compareFilters(judge: Judge): void {
    this.#waitFor(() => this.#differences(judge).length === 0, REQUEST_TIME);
    const different = this.#differences(judge);
    if (different.length === 0) return;
    const text = `the application and the broker differ in ${different.join(", ")}`;
    this.#accuse(judge.index, "subscriptions", text);
  }

  #waitFor(condition: () => boolean, limit: number): void {
    for (let left = limit; left > 0 && !condition(); left -= 1000) this.clock.advance(1000);
  }

  #differences(judge: Judge): string[] {
    const wanted = judge.program()?.filters;
    if (wanted === undefined) return [];
    const held = this.broker.filtersOf(judge.id);
    const resting = judge.program()?.resting ?? [];
    return [...new Set([...wanted, ...held])].filter((filter) => {
      const isHeld = held.has(filter);
      return wanted.has(filter) !== isHeld && !resting.includes(filter) && !judge.rests(filter, isHeld);
    });
  }

  #allIsWell(since: number): boolean {
    return this.judges.every(({ shakes, out, in: incoming }) => {
      return shakes.online && out.oldestMissing >= since && incoming.oldestMissing >= since;
    });
  }

  #advanceTo(time: number): void {
    while (time > this.clock.elapsed) {
      this.clock.advance(Math.min(STRIDE, time - this.clock.elapsed));
      if (this.#violations.length >= this.#enough) throw new Enough();
    }
  }

  #listen(): () => void {
    const { accept } = this.broker;
    const chance = this.#random.stream("frames").random;
    const ends = [
      this.#network.listen(ADDRESS, PORT, accept),
      this.#network.listen(ADDRESS, WEB_SOCKET_PORT, overWebSocket(accept, chance)),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  #addNode(node: NodeStory, index: number, world: World, options: SimulationOptions): void {
    const { program, board, onTold } = options;
    const { clock, trace } = this;
    const random = this.#random.stream(`node ${index}`);
    const id = `${node.program}-${index}`;
    const accuse = (invariant: Invariant, detail: string): void => this.#accuse(index, invariant, detail);
    const judge = new Judge(index, id, clock, trace, accuse);
    const place = world.place(`node ${index}`);
    const surroundings = { place, random, time: () => EPOCH + clock.elapsed };
    const quantities = { thermometer: ["temperature"] } as const;
    const sensors =
      board === undefined
        ? [new SimulatedSensor({ id: "climate", driver: "simulated", quantities }, surroundings)]
        : simulatedSensors(board, surroundings);
    const device = new Device({
      index,
      clock,
      network: this.#network,
      world,
      random,
      trace,
      flash: node.flash,
      defers: node.defers === true,
      webSocket: node.webSocket === true,
      window: node.window,
      epoch: EPOCH,
      board,
      sensors,
      program: program ?? programOf(id, node, random, options),
      witness: onTold === undefined ? judge : new Overheard(judge, (told) => onTold(index, told)),
      events: {
        started: () => onTold?.(index, { type: "started" }),
        stopped: () => {
          this.#cuts++;
          judge.stopped();
          onTold?.(index, { type: "stopped" });
        },
        brokenOff: () => judge.brokenOff(),
        crashed: (error) => this.#accuse(index, "crash", stackOf(error)),
      },
    });
    judge.program = () => device.program;
    const [least, most] = node.latency;
    if (most > 0) {
      const jitter = (most - least) / 2;
      device.station.rules.add(latency(least + jitter, jitter, random.stream("latency").random));
    }
    this.devices.push(device);
    this.judges.push(judge);
    this.#byId.set(id, judge);
    if (this.#story.traffic !== false) this.#traffic.talk(id, node, random.stream("traffic"), device.pins);
  }

  #hit(fault: number, judge: Judge): void {
    const { mask } = judge.shakes;
    for (let state = 0; state < states.length; state++) {
      if (mask & (1 << state)) (this.#hits[fault * states.length + state] as number)++;
    }
  }

  #accuse(node: number, invariant: Invariant, detail: string): void {
    this.trace.add("violation", node, 0, 0, `${invariant}: ${detail}`);
    if (this.#violations.length < this.#enough)
      this.#violations.push({ t: this.clock.elapsed, node, invariant, detail });
  }

  #watch(): BrokerWatch {
    const by = (id: string): Judge | undefined => this.#byId.get(id);
    return {
      connected: (id, present) => by(id)?.brokerConnected(present),
      disconnected: (id, reason) => by(id)?.brokerLeft(reason),
      packet: (id, up, first, packetId, length) => by(id)?.packet(up, first, packetId, length),
      arrived: (id, message: BrokerMessage, _duplicate, fresh) => {
        by(id)?.arrived(message, fresh);
        if (fresh) this.#onMessage?.(message);
      },
      disordered: (id, packetId, print, before) => by(id)?.out.disorder(packetId, print, before),
      inFlight: (id, count) => by(id)?.inFlight(count),
      routed: (id, message, QoS: QoS) => by(id)?.routed(message, QoS),
      acknowledged: (id, message) => by(id)?.in.acknowledge(message, this.clock.elapsed),
      sessionLost: (id, byClient) => by(id)?.sessionLost(byClient),
      dropped: (id, message) => by(id)?.in.giveUp(message),
      rejected: (id, rule, why) => {
        const judge = by(id) ?? this.judges[0];
        judge?.rejected(rule, why);
      },
      // Malformed bytes end a connection before the client can see that it was refused something.
      refused: (id, guilty, print) => by(id)?.refused(this.broker.holds(isMalformed) ? [] : guilty, print),
      willed: (id, clean) => by(id)?.willed(clean),
      silent: (id, ms) => by(id)?.silent(ms),
    };
  }

  #result(): Result {
    const sum = (of: (judge: Judge) => number) => this.judges.reduce((total, one) => total + of(one), 0);
    return {
      seed: this.#story.seed,
      hash: this.trace.hash,
      events: this.trace.count,
      duration: this.clock.elapsed,
      accepted: sum(({ out }) => out.accepted),
      arrived: sum(({ out }) => out.arrived),
      handed: sum(({ in: incoming }) => incoming.handed),
      connections: sum(({ reconnects }) => reconnects),
      commits: this.devices.reduce((total, { flash }) => total + flash.commits, 0),
      powerCuts: this.#cuts,
      parked: sum(({ out }) => out.parkings),
      violations: this.#violations,
      hits: this.#hits,
      recovery: this.#recovery,
    };
  }
}

function programOf(id: string, node: NodeStory, random: RandomStream, options: SimulationOptions): StartProgram {
  const { interval, QoS } = node;
  const { application = applications[node.application ?? "simulated"], board } = options;
  const port = node.webSocket ? WEB_SOCKET_PORT : PORT;
  if (node.program === "mote") {
    const { durability = board?.storage.durability } = options;
    const kept = { ...(board && { maximumQueued: queueBytes(board.storage.nvs) }), durability };
    return (platform, witness) =>
      mote(platform, witness, { id, host: HOST, port, interval, QoS, application, ...kept });
  }
  const character = drawCharacter(random.stream("character"));
  const doings = random.stream("doings");
  const counter = { next: 0 };
  return (platform, witness) =>
    probe(platform, witness, { id, host: HOST, port, interval, character, random: doings, counter });
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).split("\n").slice(0, 4).join(" | ") : String(error);
}
