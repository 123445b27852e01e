/** From the first line that runs on a device to a node that can be started. */
import config from "mc/config";
import { asError, type Report } from "../../mote/errors.js";
import { Indicator } from "../../mote/indicator.js";
import type { Journal } from "../../mote/journal.js";
import { queueBytes } from "../../mote/nvs.js";
import type { Durability } from "../../mqtt/api.js";
import type { Platform } from "../../platform.js";
import type { websocketOpener } from "../../transports/websocket/opener.js";
import { type LastAbort, recordAborts, runIsGood, takeLastAbort } from "./abort.js";
import { DeviceClock } from "./clock.js";
import { type Configuration, configure } from "./configuration.js";
import { openLed } from "./led.js";
import { device, devicePlatform, optional } from "./platform.js";
import { DeviceStore } from "./store.js";
import { TraceJournal } from "./trace-journal.js";

export interface Booted {
  readonly platform: Platform;
  readonly broker: Configuration["broker"];
  readonly id?: string | undefined;
  readonly maximumQueued: number;
  readonly durability: Durability | undefined;
  readonly firmware: string;
  readonly journal: Journal;
}

/** Aborts one after the other from which on a start is put off: a device that restarts at once wears its flash and its broker. */
const PATIENCE = 3;
const REST = 60_000;
/** A run that lasts so long is good. */
const GOOD = 120_000;

/**
 * Prepares the device and calls `start`, once, when all is there that it needs. What is missing or wrong is said in the
 * trace and by the LED, and the device waits for a person; it does not restart.
 * @param webSocket for a broker that is reached over WebSocket; left out, the firmware has none
 */
export function boot(start: (booted: Booted) => void, webSocket?: typeof websocketOpener): void {
  recordAborts();
  const errors: { journal: TraceJournal | undefined } = { journal: undefined };
  const report: Report = (error, where) => errors.journal?.error(asError(error), where);
  const clock = new DeviceClock(report);
  const journal = new TraceJournal(clock);
  errors.journal = journal;
  const firmware = String(config.firmware);
  journal.note(`Motewire ${firmware} on ${device.board.name}`);

  const led = optional(() => openLed(device), "led", report);
  let last: LastAbort = { reason: undefined, count: 0 };
  const go = () => {
    try {
      const { networks, broker, id } = configure(config, new DeviceStore("mw.setup"), webSocket !== undefined);
      const { path } = broker;
      const platform = devicePlatform({ clock, led, networks, abort: last.reason, report, webSocket, path });
      const { nvs, durability } = device.board.storage;
      start({ platform, broker, id, maximumQueued: queueBytes(nvs), durability, firmware, journal });
    } catch (error) {
      // For a person to come: nothing runs now but the LED.
      report(error, "start");
      new Indicator(led, clock, report).error(true);
    }
  };
  try {
    last = takeLastAbort();
  } catch (error) {
    report(error, "abort record");
  }
  if (last.reason !== undefined) journal.error(new Error(last.reason), "abort of the last run");
  clock.setTimer(() => {
    try {
      runIsGood();
    } catch (error) {
      report(error, "abort record");
    }
  }, GOOD);
  if (last.count < PATIENCE) {
    go();
    return;
  }
  journal.note(`aborted ${last.count} times in a row: starting in ${REST / 1000} s`);
  clock.setTimer(go, REST);
}
