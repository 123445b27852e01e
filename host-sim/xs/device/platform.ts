/**
 * The platform types on the XS host. Time, sockets and storage go through the firmware's own adapters (src/device) to what
 * the host has in the place of the SDK's; the radio, names and sensors are the parent's.
 */
import { DeviceClock } from "../../../src/device/clock.js";
import { DeviceStore } from "../../../src/device/store.js";
import { tcpOpener } from "../../../src/device/tcp.js";
import type { Report } from "../../../src/node/errors.js";
import type { Platform, Sample, Sensor } from "../../../src/platform.js";
import { ParentLink } from "./link.js";

/** The parts of {@link Platform} that are data. */
interface Facts {
  readonly board: string;
  readonly id: string;
  readonly restartReason: string;
  readonly sensors: readonly string[];
  readonly led: boolean;
}

/** The process ends so when the device restarts: the parent starts it again. */
const RESTART = 75;

export interface OpenedPlatform {
  readonly platform: Platform;
  /** Something has happened at the parent. */
  hear(name: string, text: string): void;
}

export function openPlatform(report: Report): OpenedPlatform {
  const facts: Facts = JSON.parse(host.ask("facts") as string);
  const clock = new DeviceClock(report);
  const link = new ParentLink();
  const asked = new Map<string, (address: string | undefined) => void>();
  let questions = 0;
  const platform: Platform = {
    board: facts.board,
    machine: {
      id: facts.id,
      restartReason: facts.restartReason,
      freeMemory: () => host.free(),
      random: Math.random,
      restart: () => host.exit(RESTART),
    },
    clock,
    openLink: (options) => link.open(options),
    resolve: (name, found) => {
      const question = `${++questions}`;
      asked.set(question, found);
      host.tell("resolve", question, name);
    },
    openSocket: tcpOpener(clock, report),
    session: new DeviceStore("session"),
    settings: new DeviceStore("settings"),
    sensors: facts.sensors.map(sensorOf),
    led: facts.led ? { show: (colour) => host.tell("led", colour) } : undefined,
  };
  return {
    platform,
    hear(name, text) {
      if (name === "link") link.hear(text);
      if (name !== "resolved") return;
      const [question = "", address] = text.split(" ");
      const found = asked.get(question);
      asked.delete(question);
      found?.(address === "" ? undefined : address);
    },
  };
}

function sensorOf(id: string): Sensor {
  return {
    id,
    sample: () => JSON.parse(host.ask("sample", id) as string) as Sample,
    close: () => undefined,
  };
}
