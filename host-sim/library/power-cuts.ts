/**
 * An application of yours, and power that is cut at each position there is in a minute of its life, one cut in a run: before and after
 * every operation of the flash, at every packet, and at every second. Whatever the position, all that the node had accepted must arrive.
 */
import { setImmediate } from "node:timers/promises";
import type { Application } from "../../src/mote/application.js";
import type { Durability } from "../../src/mqtt/api.js";
import { utf8 } from "../core/broker/message.js";
import type { Device } from "../core/sim/device.js";
import type { Judge } from "../core/sim/judge.js";
import { Simulation } from "../core/sim/simulation.js";
import { boardNamed } from "./boards.js";

export interface PowerCutOptions {
  /** The board's id. Default the first there is. */
  readonly board?: string;
  /** When messages are stored. Default: as the board says, which is `always`. */
  readonly durability?: Durability;
}

/** Where power was cut; counted from 0. */
export type Position =
  | { readonly at: "session" | "settings"; readonly operation: number; readonly phase: "before" | "after" }
  | { readonly at: "sent" | "received"; readonly packet: number }
  | { readonly at: "second"; readonly second: number };

/** A minute, and what happens in it. Milliseconds. */
const LIFE = 60_000;
const INTERVAL = 5_000;
const MOTION = [8_000, 9_000] as const;
const SWITCHED = [12_000, 16_000] as const;
const OUTAGE = [20_000, 35_000] as const;
const SETTING = 40_000;
/** Without power. */
const DARK = 500;

/**
 * @returns how many positions there were
 * @throws Error that names the first position at which something was lost, and what
 */
export async function survivesPowerCuts(
  application: Application,
  options: PowerCutOptions = {},
): Promise<{ readonly positions: number }> {
  const calm = new Life(application, options).run();
  if (calm !== undefined) throw new Error(`without a power cut: ${calm}`);
  const all = positionsOf(new Life(application, options));
  for (const position of all) {
    const problem = new Life(application, options, position).run();
    if (problem !== undefined) throw new Error(`${words(position)}: ${problem}`);
    // Others want to run, too: a test's time-out, say.
    await setImmediate();
  }
  return { positions: all.length };
}

function words(position: Position): string {
  if (position.at === "second") return `power was cut after ${position.second} s`;
  if ("packet" in position) return `power was cut when packet ${position.packet} was ${position.at}`;
  return `power was cut ${position.phase} operation ${position.operation} of the ${position.at}'s flash`;
}

function positionsOf(life: Life): Position[] {
  life.run();
  const { session, settings, sent, received } = life.counts;
  const all: Position[] = [];
  for (const [at, count] of [
    ["session", session],
    ["settings", settings],
  ] as const)
    for (let operation = 0; operation < count; operation++)
      for (const phase of ["before", "after"] as const) all.push({ at, operation, phase });
  for (const [at, count] of [
    ["sent", sent],
    ["received", received],
  ] as const)
    for (let packet = 0; packet < count; packet++) all.push({ at, packet });
  for (let second = 0; second < LIFE / 1000; second++) all.push({ at: "second", second });
  return all;
}

class Life {
  readonly #simulation: Simulation;
  readonly #device: Device;
  readonly #packets = { sent: 0, received: 0 };

  constructor(application: Application, { board: id, durability }: PowerCutOptions, position?: Position) {
    const board = boardNamed(id);
    const node = {
      program: "mote",
      interval: INTERVAL,
      QoS: 1,
      latency: [20, 20],
      window: board.socket.window,
    } as const;
    const simulation = new Simulation(
      {
        seed: "power cuts",
        duration: LIFE,
        nodes: [{ ...node, flash: board.storage.nvs }],
        steps: [],
        calms: [LIFE],
        traffic: false,
      },
      { application, board, enough: 1, ...(durability !== undefined && { durability }) },
    );
    this.#simulation = simulation;
    const device = simulation.devices[0] as Device;
    this.#device = device;
    const judge = simulation.judges[0];
    if (judge === undefined) return;
    judge.watchPackets((up) => void this.#packets[up ? "sent" : "received"]++);
    if (position !== undefined) this.#cut(position, judge);
    this.#happen(application);
  }

  get counts() {
    const { flash, settings } = this.#device;
    return { session: flash.operations, settings: settings.operations, ...this.#packets };
  }

  #cut(position: Position, judge: Judge): void {
    const device = this.#device;
    const { clock } = this.#simulation;
    const done = () => {
      judge.roughAt = clock.elapsed;
      clock.setTimer(() => device.powerOn(), DARK);
    };
    const cut = () => {
      device.cutPower("here");
      done();
    };
    if (position.at === "second") this.#simulation.at(position.second * 1000, cut);
    else if ("packet" in position) {
      let left = position.packet;
      const stop = judge.watchPackets((up) => {
        if (up !== (position.at === "sent") || left-- > 0) return;
        stop();
        cut();
      });
    } else {
      const { at, operation, phase } = position;
      device.cutPowerAt(operation, phase, done, at === "session" ? device.flash : device.settings);
    }
  }

  /** @returns what was broken */
  run(): string | undefined {
    const [first] = this.#simulation.run().violations;
    return first && `${first.detail} (${first.invariant})`;
  }

  /** All that can be declared, once. */
  #happen({ inputs = {}, outputs = {} }: Application): void {
    const { broker } = this.#simulation;
    const { pins, wifi } = this.#device;
    const at = (time: number, act: () => void) => this.#simulation.at(time, act);
    for (const { pin } of Object.values(inputs))
      for (const [turn, time] of MOTION.entries()) at(time, () => pins.drive(pin, turn === 0));
    const command = (name: string, fields: object) =>
      broker.publish(`motewire/mote-0/command/${name}`, utf8(JSON.stringify(fields)), 1);
    for (const name of Object.keys(outputs))
      for (const [turn, time] of SWITCHED.entries())
        at(time, () => command(name, { id: `${turn}`, state: turn === 0 ? "on" : "off" }));
    for (const [turn, time] of OUTAGE.entries())
      at(time, () => {
        wifi.available = turn === 1;
      });
    at(SETTING, () => command("settings", { id: "2", interval: `${INTERVAL / 1000}s` }));
  }
}
