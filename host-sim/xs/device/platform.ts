/**
 * The platform types on the XS host. Time, sockets and storage go through the firmware's own adapters (src/platforms/moddable) to what
 * the host has in the place of the SDK's; the radio, names and sensors are the parent's.
 */

import type { Report } from "../../../src/mote/errors.js";
import type { Led, Machine, Platform, Sample, Sensor } from "../../../src/platform.js";
import { DeviceClock } from "../../../src/platforms/moddable/clock.js";
import { DeviceStore } from "../../../src/platforms/moddable/store.js";
import { tcpOpener } from "../../../src/platforms/moddable/tcp.js";
import { websocketOpener } from "../../../src/transports/websocket/opener.js";
import { ParentLink } from "./link.js";
import { ParentPins } from "./pins.js";

/** The parts of {@link Platform} that are data. */
interface Facts {
  readonly board: string;
  readonly id: string;
  readonly restartReason: string;
  readonly sensors: readonly Pick<Sensor, "id" | "units">[];
  readonly led: boolean;
}

/** The process ends so when the device restarts: the parent starts it again. */
const RESTART = 75;

export interface OpenedPlatform {
  readonly platform: Platform;
  /** Something has happened at the parent. */
  hear(name: string, text: string): void;
}

/** @param path where on the broker's server WebSocket is spoken; undefined: it is reached by TCP */
export function openPlatform(report: Report, path: string | undefined): OpenedPlatform {
  const facts: Facts = JSON.parse(host.ask("facts") as string);
  const clock = new DeviceClock(report);
  const link = new ParentLink();
  const pins = new ParentPins();
  const machine = new ParentMachine(facts);
  const openSocket = tcpOpener(clock, report);
  const asked = new Map<string, (address: string | undefined) => void>();
  let questions = 0;
  const waiting = new Map<string, (outcome: Sample | Error) => void>();
  const platform: Platform = {
    board: facts.board,
    machine,
    clock,
    openLink: link.open.bind(link),
    resolve: (name, found) => {
      const question = `${++questions}`;
      asked.set(question, found);
      host.tell("resolve", question, name);
    },
    openSocket:
      path === undefined ? openSocket : websocketOpener({ openSocket, clock, random: machine.random }, { path }),
    session: new DeviceStore("session"),
    settings: new DeviceStore("settings"),
    sensors: facts.sensors.map((sensor) => new ParentSensor(sensor)),
    pins,
    openDriver: (id, declared) => {
      const facts: DriverFacts = JSON.parse(host.ask("driver", id, JSON.stringify({ ...declared })) as string);
      return new ParentSensor(facts, facts.later ? waiting : undefined);
    },
    led: facts.led ? new ParentLed() : undefined,
  };
  return {
    platform,
    hear(name, text) {
      if (name === "link") link.hear(text);
      if (name === "input") pins.hear(text);
      if (name === "measured") measured(waiting, text);
      if (name !== "resolved") return;
      const [question = "", address] = text.split(" ");
      const found = asked.get(question);
      asked.delete(question);
      found?.(address === "" ? undefined : address);
    },
  };
}

/** What the parent says of a sensor that was connected. */
interface DriverFacts extends Pick<Sensor, "id" | "units"> {
  /** It measures while the node goes on. */
  readonly later: boolean;
}

type Waiting = Map<string, (outcome: Sample | Error) => void>;

/** @param text the sensor's id, and its sample or `! why there is none` */
function measured(waiting: Waiting, text: string): void {
  const space = text.indexOf(" ");
  const id = text.slice(0, space);
  const said = text.slice(space + 1);
  const done = waiting.get(id);
  waiting.delete(id);
  done?.(said.startsWith("!") ? new Error(said.slice(2)) : JSON.parse(said));
}

class ParentSensor implements Sensor {
  readonly id: string;
  readonly units: Sensor["units"];
  readonly measure: Sensor["measure"];

  /** @param waiting of one that measures while the node goes on */
  constructor({ id, units }: Pick<Sensor, "id" | "units">, waiting?: Waiting) {
    this.id = id;
    this.units = units;
    if (waiting === undefined) return;
    this.measure = (done) => {
      waiting.set(id, done);
      host.tell("measure", id);
      return undefined;
    };
  }

  sample(): Sample {
    return JSON.parse(host.ask("sample", this.id) as string);
  }

  close(): void {}
}

class ParentMachine implements Machine {
  readonly id: string;
  readonly restartReason: string;
  readonly random = Math.random;

  constructor({ id, restartReason }: Facts) {
    this.id = id;
    this.restartReason = restartReason;
  }

  freeMemory(): number {
    return host.free();
  }

  restart(): void {
    host.exit(RESTART);
  }
}

class ParentLed implements Led {
  show(colour: number): void {
    host.tell("led", colour);
  }
}
