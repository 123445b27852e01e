/** Nodes of an application in virtual time, with a model of a broker: a day passes in a moment, and the same way each time. */
import { setImmediate } from "node:timers/promises";
import type { Application } from "../../src/mote/application.js";
import { parseDuration, readDuration } from "../../src/mote/duration.js";
import { definitions } from "../../src/mote/settings.js";
import type { QoS } from "../../src/mqtt/api.js";
import { matches } from "../../src/mqtt/wire/topic.js";
import { quoted } from "../../src/platforms/quoted.js";
import { type BrokerMessage, utf8 } from "../core/broker/message.js";
import type { Device } from "../core/sim/device.js";
import { Simulation } from "../core/sim/simulation.js";
import { boardNamed } from "./boards.js";
import { Events, type MessageEvent, type SimulatedEvent } from "./events.js";
import { readFault } from "./fault-text.js";

export interface SimulateOptions {
  /** How many. Default 1. */
  readonly nodes?: number;
  /** The board's id. Default the first there is. */
  readonly board?: string;
  /** Of all that is random. Default 1: each run is the same. */
  readonly seed?: string | number;
  /** From one reading to the next, such as `"5s"`. Default 10 s. */
  readonly interval?: string;
  /** Of readings. Default 1. */
  readonly QoS?: QoS;
}

/** Virtual milliseconds that pass before promises of the application get their turn. */
const STRIDE = 100;
/** Messages that are kept to be looked at. */
const MOST_MESSAGES = 100_000;
/** The way to the broker, there or back, in ms. */
const LATENCY = 20;
const LONGEST = 365 * 86_400_000;

/** @throws Error when an option is wrong */
export function simulate(application: Application, options: SimulateOptions = {}): Simulated {
  return new Simulated(application, options);
}

/** All of it: {@link simulate} makes one. */
export class Simulated {
  readonly nodes: readonly SimulatedNode[];
  readonly broker: SimulatedBroker;
  readonly #simulation: Simulation;
  readonly #events = new Events();
  readonly #messages: (MessageEvent & { readonly at: number })[] = [];
  readonly #seed: string;
  #steps = 0;

  constructor(
    application: Application,
    { nodes = 1, board: id, seed = 1, interval = "10s", QoS = 1 }: SimulateOptions,
  ) {
    if (!(Number.isInteger(nodes) && nodes >= 1))
      throw new RangeError(`nodes is ${nodes}: must be a whole number from 1`);
    const board = boardNamed(id);
    const { least, most } = definitions.interval;
    const node = {
      program: "mote",
      interval: readDuration("interval", interval, least, most),
      QoS,
      latency: [LATENCY, LATENCY],
      window: board.socket.window,
      flash: board.storage.nvs,
    } as const;
    this.#seed = String(seed);
    this.#simulation = new Simulation(
      {
        seed: this.#seed,
        duration: LONGEST,
        nodes: Array.from({ length: nodes }, () => node),
        steps: [],
        calms: [],
        traffic: false,
      },
      {
        application,
        board,
        onMessage: (message) => this.#message(message),
        onTold: (place, told) => this.#events.add({ ...told, node: place, at: this.time }),
      },
    );
    this.broker = new SimulatedBroker(this.#simulation, this.#messages, (place, text) => this.#fault(place, text));
    this.nodes = this.#simulation.devices.map(
      (device, place) => new SimulatedNode(device, place, application, this, (text) => this.#fault(place, text)),
    );
    for (const device of this.#simulation.devices) device.powerOn();
  }

  /** Milliseconds since the start. */
  get time(): number {
    return this.#simulation.clock.elapsed;
  }

  /** Messages that nodes have accepted and that have not reached the broker. */
  get pending(): number {
    return this.#simulation.judges.reduce((sum, { out }) => sum + out.missing, 0);
  }

  /** Lets time pass. @param time milliseconds, or a duration such as `"2m"` */
  async pass(time: number | string): Promise<void> {
    const end = this.time + msOf(time);
    while (this.time < end) {
      this.#simulation.clock.advance(Math.min(STRIDE, end - this.time));
      await setImmediate();
    }
  }

  /**
   * Lets time pass until `condition` holds.
   * @throws Error when it does not within `limit`, default `"1m"`
   */
  async until(condition: () => boolean, limit: number | string = "1m"): Promise<void> {
    const end = this.time + msOf(limit);
    while (!condition()) {
      if (this.time >= end) throw this.#failure(`it did not happen within ${limit}: ${condition}`);
      this.#simulation.clock.runUntil(condition, Math.min(STRIDE, end - this.time));
      await setImmediate();
    }
  }

  /** What happens from now on. */
  events(options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<SimulatedEvent> {
    return this.#events.read(options.signal);
  }

  /**
   * Something fails, for all nodes: `"wifi_loss@2m:15s"`, `"broker_restart"`. docs/testing.md has the names.
   * @throws Error when there is no such fault
   */
  fault(text: string): void {
    for (const { index } of this.nodes) this.#fault(index, text);
  }

  /**
   * Heals all faults, gives the nodes five minutes, and looks whether the promise was kept: everything that was accepted has
   * arrived, in order, as often as its QoS allows, and each node is connected. docs/promise.md
   * @throws Error that says what was broken, and how to run it again
   */
  async check(): Promise<void> {
    this.#simulation.calm();
    await setImmediate();
    const [first] = this.#simulation.violations;
    if (first !== undefined) {
      const { t, node, invariant, detail } = first;
      throw this.#failure(`node ${node} at ${(t / 1000).toFixed(3)} s: ${invariant}: ${detail}`);
    }
  }

  /** The power of all nodes is cut, and nobody is told of anything any more. */
  end(): void {
    for (const device of this.#simulation.devices) device.cutPower("end");
    this.#events.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }

  #failure(text: string): Error {
    return new Error(`${text}\nThe same happens again with { seed: ${JSON.stringify(this.#seed)} }.`);
  }

  #message({ topic, payload, QoS, retain }: BrokerMessage): void {
    const text = new TextDecoder().decode(payload);
    const event = { type: "message", topic, text, QoS, retain, at: this.time } as const;
    this.#messages.push(event);
    if (this.#messages.length > MOST_MESSAGES) this.#messages.shift();
    this.#events.add(event);
    this.broker.hand(event);
  }

  #fault(node: number, text: string): void {
    const { fault, at, lasts, values } = readFault(text);
    this.#simulation.at(at, () => {
      this.#simulation.begin({ index: this.#steps++, at: this.time, node, fault, lasts, values });
    });
  }
}

export class SimulatedBroker {
  readonly #simulation: Simulation;
  readonly #messages: readonly (MessageEvent & { readonly at: number })[];
  readonly #fault: (node: number, text: string) => void;
  readonly #handlers = new Map<(message: MessageEvent) => void, string>();

  constructor(
    simulation: Simulation,
    messages: readonly (MessageEvent & { readonly at: number })[],
    fault: (node: number, text: string) => void,
  ) {
    this.#simulation = simulation;
    this.#messages = messages;
    this.#fault = fault;
  }

  /** What nodes have published and the broker has passed on, the first time and again; of the last 100,000. */
  messages(filter = "#"): readonly (MessageEvent & { readonly at: number })[] {
    return this.#messages.filter(({ topic }) => matches(filter, topic));
  }

  /** What it keeps for new subscribers. */
  retained(topic: string): string | undefined {
    for (const message of this.#simulation.broker.kept)
      if (message.topic === topic) return new TextDecoder().decode(message.payload);
    return undefined;
  }

  /** @returns what ends it */
  subscribe(filter: string, handler: (message: MessageEvent) => void): () => void {
    this.#handlers.set(handler, filter);
    return () => void this.#handlers.delete(handler);
  }

  publish(
    topic: string,
    message: string | object,
    options: { readonly QoS?: QoS; readonly retain?: boolean } = {},
  ): void {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    this.#simulation.broker.publish(topic, utf8(text), options.QoS ?? 1, options.retain);
  }

  /** It is gone for so long, and has its sessions when it comes back. */
  restart(lasts = "5s"): void {
    this.#fault(0, `broker_restart:${lasts}`);
  }

  hand(message: MessageEvent): void {
    for (const [handler, filter] of this.#handlers) if (matches(filter, message.topic)) handler(message);
  }
}

/** One node. */
export class SimulatedNode {
  /** Its place among the nodes, from 0. */
  readonly index: number;
  readonly id: string;
  readonly #device: Device;
  readonly #application: Application;
  readonly #whole: Simulated;
  readonly #fault: (text: string) => void;
  #commands = 0;

  constructor(
    device: Device,
    index: number,
    application: Application,
    whole: Simulated,
    fault: (text: string) => void,
  ) {
    this.index = index;
    this.id = `mote-${index}`;
    this.#device = device;
    this.#application = application;
    this.#whole = whole;
    this.#fault = fault;
  }

  /** Something fails for this node. @throws Error when there is no such fault */
  fault(text: string): void {
    this.#fault(text);
  }

  get online(): boolean {
    const text = this.#whole.broker.retained(this.topic("status"));
    return text !== undefined && JSON.parse(text).status === "online";
  }

  /** `motewire/<id>/<rest>` */
  topic(rest: string): string {
    return `motewire/${this.id}/${rest}`;
  }

  readonly power = {
    /** At this very moment; the flash keeps what it has. */
    cut: (): void => this.#device.cutPower("a test"),
    on: (): void => this.#device.powerOn(),
  };

  readonly wifi = {
    off: (): void => {
      this.#device.wifi.available = false;
    },
    on: (): void => {
      this.#device.wifi.available = true;
    },
  };

  readonly clock = {
    /** @param ms forwards, or back; undefined: the time of day is not known any more */
    jump: (ms: number | undefined): void => this.#device.jump(ms),
  };

  /** Has a sensor give a value. @throws RangeError when it cannot */
  hold(sensor: string, quantity: string, value: number | undefined): void {
    const declared = this.#application.sensors?.[sensor];
    if (declared !== undefined && "driver" in declared) {
      this.#device.connected.find(sensor, declared).hold(quantity, value);
    } else if (declared !== undefined && "analog" in declared) {
      const { analog, volts = [0, 1], values = volts } = declared;
      const at = value === undefined ? undefined : (value - values[0]) / (values[1] - values[0]);
      this.#device.pins.hold(analog, at === undefined ? undefined : volts[0] + at * (volts[1] - volts[0]));
    } else if (declared !== undefined && "read" in declared) {
      throw new RangeError(`sensor ${sensor} is a function of the application: have that give another value`);
    } else {
      const wanted = declared === undefined ? sensor : declared.board;
      const { sensors } = this.#device;
      const found =
        sensors.find(({ id }) => id === wanted) ?? sensors.find(({ units }) => Object.hasOwn(units, wanted));
      if (found === undefined) throw new RangeError(`there is no sensor ${quoted(sensor)}`);
      found.hold(quantity, value);
    }
  }

  /** Something drives an input, or lets it go. @throws RangeError when there is none of that name */
  drive(input: string, on: boolean): void {
    const declared = this.#application.inputs?.[input];
    if (declared === undefined) throw new RangeError(`there is no input ${quoted(input)}`);
    this.#device.pins.drive(declared.pin, on);
  }

  /** Whether an output is on, at its pin. @throws RangeError when there is none of that name */
  isOn(output: string): boolean {
    const declared = this.#application.outputs?.[output];
    if (declared === undefined) throw new RangeError(`there is no output ${quoted(output)}`);
    return this.#device.pins.on.has(this.#device.pins.numberOf(declared.pin));
  }

  /** What a sensor's readings say, the first to the last. */
  readings(sensor: string): readonly { readonly [field: string]: unknown }[] {
    return this.#whole.broker.messages(this.topic(`reading/${sensor}`)).map(({ text }) => JSON.parse(text));
  }

  /**
   * Sends a command, and lets time pass until it is answered.
   * @throws Error when it is not within a minute
   */
  async command(name: string, fields: object = {}): Promise<{ readonly [field: string]: unknown }> {
    const id = `test-${++this.#commands}`;
    let result: { readonly [field: string]: unknown } | undefined;
    const end = this.#whole.broker.subscribe(this.topic(`result/${name}`), ({ text }) => {
      const said = JSON.parse(text);
      if (said.id === id) result ??= said;
    });
    try {
      this.#whole.broker.publish(this.topic(`command/${name}`), { ...fields, id });
      await this.#whole.until(() => result !== undefined);
    } finally {
      end();
    }
    return result as unknown as { readonly [field: string]: unknown };
  }
}

function msOf(time: number | string): number {
  const ms = typeof time === "string" ? parseDuration(time) : time;
  if (ms !== undefined && ms >= 0) return ms;
  throw new RangeError(`the time is ${quoted(time)}: must be milliseconds, or a duration such as "30s"`);
}
