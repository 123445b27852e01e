/** Faults of the device: power, radio, clock, flash, sensors. */
import type { SensorFault } from "../../world/sensors.js";
import { choice, count, type Fault, ms, num, type Target, type Values } from "./fault.js";

const off = ms("off", "how long there is no power", 1000);

/** Power is gone; it comes back after a while, or when the fault is healed. */
function cut(target: Target, values: Values, where: string): () => void {
  const { device, clock } = target;
  device.cutPower(where);
  const timer = clock.setTimer(() => device.powerOn("power on"), num(values, "off"));
  return () => {
    clock.clearTimer(timer);
    device.powerOn("power on");
  };
}

function drawOff(random: { pick<T>(items: readonly T[]): T }): number {
  return random.pick([50, 500, 5000, 60_000]);
}

function atCommit(phase: "before" | "after"): Fault {
  return {
    name: `power_cut_${phase}_commit`,
    help: `power is lost ${phase} an operation of the flash ${phase === "before" ? "takes effect" : "has taken effect"}`,
    parameters: [count("skip", "operations to let pass", 0), off],
    armed: true,
    lasts: [20_000, 60_000],
    draw: (random) => ({ skip: random.pick([0, 0, 0, 1, 2, 5]), off: drawOff(random) }),
    begin: (target, values) => {
      const { device, clock } = target;
      let heal: (() => void) | undefined;
      const disarm = device.cutPowerAt(num(values, "skip"), phase, () => {
        target.happens();
        // The machine still runs in here: the power is taken by who called.
        const timer = clock.setTimer(() => device.powerOn("power on"), num(values, "off"));
        heal = () => {
          clock.clearTimer(timer);
          device.powerOn("power on");
        };
      });
      return () => {
        disarm();
        heal?.();
      };
    },
  };
}

function atPacket(name: string, up: boolean, help: string): Fault {
  return {
    name,
    help,
    parameters: [count("skip", "packets to let pass", 0), off],
    armed: true,
    lasts: [20_000, 60_000],
    draw: (random) => ({ skip: random.pick([0, 0, 1, 2]), off: drawOff(random) }),
    begin: (target, values) => {
      let left = num(values, "skip");
      let heal: (() => void) | undefined;
      const stop = target.judge.watchPackets((isUp) => {
        if (isUp !== up || left-- > 0) return;
        stop();
        target.happens();
        heal = cut(target, values, up ? "a packet has arrived" : "a packet is on its way");
      });
      return () => {
        stop();
        heal?.();
      };
    },
  };
}

function sensor(name: string, help: string, fault: SensorFault): Fault {
  return {
    name,
    help,
    parameters: [],
    lasts: [5000, 120_000],
    draw: () => ({}),
    begin: ({ device }) => {
      for (const sensor of device.sensors) sensor.fault = fault;
      return () => {
        for (const sensor of device.sensors) sensor.fault = undefined;
      };
    },
  };
}

export const deviceFaults: readonly Fault[] = Object.freeze([
  {
    name: "wifi_loss",
    help: "the access point is gone",
    parameters: [],
    lasts: [500, 180_000],
    draw: () => ({}),
    begin: ({ device }) => {
      device.wifi.available = false;
      return () => {
        device.wifi.available = true;
      };
    },
  },
  {
    name: "roaming",
    help: "the node joins another access point with another address: its connections are dead and the broker is not told",
    parameters: [],
    instant: true,
    draw: () => ({}),
    begin: ({ device }) => {
      device.station.vanish();
      device.wifi.lose("roaming");
      return undefined;
    },
  },
  {
    name: "power_cut",
    help: "power is lost at that moment",
    parameters: [off],
    lasts: [20_000, 60_000],
    draw: (random) => ({ off: drawOff(random) }),
    begin: (target, values) => cut(target, values, "now"),
  },
  {
    name: "sleep",
    help: "the program ends in order and the device sleeps deeply: its memory is lost",
    parameters: [ms("off", "how long", 60_000)],
    lasts: [20_000, 90_000],
    draw: (random) => ({ off: random.pick([15_000, 60_000]) }),
    begin: ({ device, clock }, values) => {
      let timer: unknown;
      let awake = false;
      const wake = (): void => {
        awake = true;
        device.powerOn("deep sleep");
      };
      device.sleep(() => {
        // It may be woken while it still ends.
        if (awake) wake();
        else timer = clock.setTimer(wake, num(values, "off"));
      });
      return () => {
        clock.clearTimer(timer);
        wake();
      };
    },
  },
  atCommit("before"),
  atCommit("after"),
  atPacket("power_cut_on_send", true, "power is lost when a packet of the node has arrived, before its answer"),
  atPacket("power_cut_on_receive", false, "power is lost when the broker has sent a packet, before it arrives"),
  {
    name: "clock_jump",
    help: "the clock of the day jumps, forward or (ms below 0) back",
    parameters: [ms("ms", "by how much", 3_600_000, -1e12, 1e12)],
    instant: true,
    draw: (random) => ({ ms: random.pick([-86_400_000, -3_600_000, -50, 1000, 7_200_000, 3e10]) }),
    begin: ({ device }, values) => {
      device.jump(num(values, "ms"));
      return undefined;
    },
  },
  {
    name: "jump_offline",
    help: "the access point is gone, and when it is back the clock of the day has jumped",
    parameters: [ms("ms", "by how much", 30 * 86_400_000, -1e12, 1e12)],
    lasts: [120_000, 600_000],
    draw: (random) => ({ ms: random.pick([-3e9, 3e9, 3e9, 3e11]) }),
    begin: ({ device }, values) => {
      device.wifi.available = false;
      return () => {
        device.jump(num(values, "ms"));
        device.wifi.available = true;
      };
    },
  },
  {
    name: "clock_lost",
    help: "the time of day is not known",
    parameters: [],
    lasts: [5000, 120_000],
    draw: () => ({}),
    begin: ({ device }) => {
      device.jump(undefined);
      return () => device.jump(0);
    },
  },
  {
    name: "flash_fails",
    help: "operations of the flash fail; each leaves the old value or the new one",
    parameters: [count("count", "how many", 1, 1), choice("leaves", "what they leave", ["either", "old", "new"])],
    lasts: [5000, 60_000],
    draw: (random) => ({
      count: random.pick([1, 1, 2, 3, 20]),
      leaves: random.pick(["either", "old", "new"]),
    }),
    begin: ({ device, random }, values) => {
      const { leaves } = values;
      device.flash.fail(num(values, "count"), () => (leaves === "either" ? random.chance(0.5) : leaves === "new"));
      return () => device.flash.fail(0, () => false);
    },
  },
  {
    name: "flash_full",
    help: "the partition has no room for a write",
    parameters: [],
    lasts: [5000, 120_000],
    draw: () => ({}),
    begin: ({ device }) => {
      device.flash.full = true;
      return () => {
        device.flash.full = false;
      };
    },
  },
  sensor("sensor_silent", "the sensors do not answer", "silent"),
  sensor("sensor_stuck", "the sensors repeat their last sample", "stuck"),
  sensor("sensor_nan", "the sensors give no numbers", "NaN"),
] satisfies Fault[]);
