/** The platform types, all of them, on this device. */
import provider from "embedded:provider/builtin";
import config from "mc/config";
import Modules from "modules";
import type { Button } from "../../../boards/board.js";
import type { Report } from "../../mote/errors.js";
import type { Clock, Led, NetworkLinkOptions, Pins, Platform } from "../../platform.js";
import type { websocketOpener } from "../../transports/websocket/opener.js";
import type ConnectedDrivers from "./drivers.js";
import { deviceMachine } from "./machine.js";
import { DevicePins } from "./pins.js";
import type { Provider } from "./provider.js";
import { DeviceRadio } from "./radio.js";
import { resolver } from "./resolve.js";
import { openSensors } from "./sensors.js";
import { type Network, Station } from "./station.js";
import { DeviceStore } from "./store.js";
import { tcpOpener } from "./tcp.js";
import { TimeSync } from "./time-sync.js";

/** What the board's host/provider.ts exports. */
export const device = provider as unknown as Provider;

export interface PlatformOptions {
  readonly clock: Clock;
  readonly led: Led | undefined;
  readonly networks: readonly Network[];
  /** Why the last run was aborted, where it was. */
  readonly abort: string | undefined;
  readonly report: Report;
  /** Absent in a firmware that was built without it. */
  readonly webSocket: typeof websocketOpener | undefined;
  /** Where on the broker's server WebSocket is spoken; undefined: the broker is reached by TCP. */
  readonly path: string | undefined;
}

/** @throws Error when the radio or the storage cannot be used */
export function devicePlatform(options: PlatformOptions): Platform {
  const { clock, led, networks, abort, report, webSocket, path } = options;
  const radio = new DeviceRadio(report);
  const { button } = device.board;
  const pins = new DevicePins(device, clock, report);
  const machine = deviceMachine(radio.wifi.MAC, abort);
  const openSocket = tcpOpener(clock, report);
  let drivers: ConnectedDrivers | undefined;
  const time = new TimeSync(config.ntp_host ?? "pool.ntp.org", clock, report);
  return {
    board: device.board.id,
    machine,
    clock,
    openLink({ onChanged }: NetworkLinkOptions) {
      return new Station(radio, networks, clock, report, {
        onChanged(state, detail) {
          time.link(state === "up");
          onChanged(state, detail);
        },
      });
    },
    resolve: resolver(clock, report),
    openSocket:
      webSocket === undefined || path === undefined
        ? openSocket
        : webSocket({ openSocket, clock, random: machine.random }, { path }),
    session: new DeviceStore("mw.session"),
    settings: new DeviceStore("mw.settings"),
    sensors: openSensors(device, pins),
    pins,
    openDriver(id, options) {
      drivers ??= openDrivers(clock);
      return drivers.open(id, options);
    },
    led,
    onButton: button && ((pushed) => void optional(() => openButton(button, pins, pushed), "button", report)),
  };
}

/** What they need is in the firmware only where the application's manifest names a driver. */
function openDrivers(clock: Clock): ConnectedDrivers {
  const name = "platforms/moddable/drivers";
  if (!Modules.has(name))
    throw new Error(
      "the firmware has no drivers: the application's manifest must include those it uses, of src/drivers",
    );
  const Drivers = Modules.importNow(name) as typeof ConnectedDrivers;
  return new Drivers(device, clock);
}

function openButton({ pin, ...options }: Button, pins: Pins, pushed: () => void): void {
  pins.openInput(pin, { ...options, onChanged: (on) => on && pushed() });
}

/** A node that cannot show or be pushed still measures. */
export function optional<T>(open: () => T, where: string, report: Report): T | undefined {
  try {
    return open();
  } catch (error) {
    report(error, where);
    return undefined;
  }
}
