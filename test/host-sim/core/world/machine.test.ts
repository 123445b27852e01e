import { beforeEach, describe, expect, it } from "vitest";
import { Network, type Station } from "../../../../host-sim/core/network/network.js";
import { SimulatedWifi } from "../../../../host-sim/core/network/wifi.js";
import { MemoryStore } from "../../../../host-sim/core/storage/memory-store.js";
import { VirtualClock } from "../../../../host-sim/core/world/clock.js";
import { Boot, type BootOptions, Halted, machineId, type Parts } from "../../../../host-sim/core/world/machine.js";
import { SimulatedPins } from "../../../../host-sim/core/world/pins.js";
import { RandomStream } from "../../../../host-sim/core/world/random.js";
import type { Platform, Sample, Socket } from "../../../../src/platform.js";

describe("a machine", () => {
  let clock: VirtualClock;
  let station: Station;
  let store: MemoryStore;
  let peerLog: string[];
  let push: () => void;
  let button: () => void;
  let shown: number[];
  let answers: ((outcome: Sample | Error) => void)[];
  let parts: Parts;

  beforeEach(() => {
    clock = new VirtualClock();
    const network = new Network({ clock });
    station = network.station();
    store = new MemoryStore();
    peerLog = [];
    shown = [];
    answers = [];
    network.listen("192.0.2.1", 1883, (peer) => {
      push = () => peer.push(Uint8Array.of(1));
      return { onBytes: (bytes) => peerLog.push(`${bytes.length} bytes`), onClose: (reason) => peerLog.push(reason) };
    });
    const random = new RandomStream(1);
    parts = {
      board: "lin",
      machine: { id: machineId(random), random: random.random },
      clock,
      openLink: new SimulatedWifi({ clock, random, signal: () => -60 }).open,
      resolve: station.resolve,
      openSocket: station.openSocket,
      session: store,
      settings: new MemoryStore(),
      sensors: [
        {
          id: "climate",
          units: { temperature: "°C" },
          sample: () => ({ thermometer: { temperature: 20 } }),
          close: () => {},
        },
      ],
      pins: new SimulatedPins({ id: "lin", pins: {} }),
      openDriver: (id) => ({
        id,
        units: {},
        sample: () => ({}),
        measure: (done) => void answers.push(done),
        close() {},
      }),
      led: { show: (colour) => shown.push(colour) },
      onButton: (pushed) => {
        button = pushed;
      },
    };
  });

  function boot(program: (platform: Platform, boot: Boot) => void, options: BootOptions = {}): Boot {
    const made = new Boot(parts, options);
    made.run(() => program(made.platform, made));
    return made;
  }

  function open(platform: Platform, log: string[]): Socket {
    return platform.openSocket({
      host: "broker.test",
      address: "192.0.2.1",
      port: 1883,
      onWritable: () => log.push("writable"),
      onReadable: () => log.push("readable"),
      onClose: () => log.push("close"),
    });
  }

  it("hands its parts on to the program while it runs", () => {
    const log: string[] = [];
    boot(({ board, session, sensors, led, onButton, clock: own, resolve, openLink, ...platform }) => {
      expect(board).toBe("lin");
      session.write("a", Uint8Array.of(1));
      expect(sensors[0]?.sample()).toEqual({ thermometer: { temperature: 20 } });
      led?.show(0xff0000);
      onButton?.(() => log.push("button"));
      own.setTimer(() => log.push("timer"), 10);
      resolve("192.0.2.1", (address) => log.push(`${address}`));
      openLink({ onChanged: (state) => log.push(state) });
      open({ board, session, sensors, clock: own, resolve, openLink, ...platform }, log);
    });
    clock.advance(10_000);
    button();
    push();
    clock.advance(0);
    expect(log).toEqual(["192.0.2.1", "joining", "writable", "timer", "up", "button", "readable"]);
    expect(shown).toEqual([0xff0000]);
    expect(store.keys()).toEqual(["a"]);
  });

  it("leaves out what the board has not", () => {
    const { led: _, onButton: __, ...bare } = parts;
    const { platform } = new Boot(bare);
    expect([platform.led, platform.onButton]).toEqual([undefined, undefined]);
  });

  it("calls nothing of a program that was halted, and lets it do nothing", () => {
    const log: string[] = [];
    let kept: Platform | undefined;
    let socket: Socket | undefined;
    const machine = boot((platform) => {
      kept = platform;
      platform.clock.setTimer(() => log.push("timer"), 10_000);
      platform.resolve("192.0.2.1", () => log.push("resolved"));
      platform.openLink({ onChanged: () => log.push("link") });
      platform.onButton?.(() => log.push("button"));
      socket = open(platform, log);
    });
    machine.halt();
    clock.advance(60_000);
    button();
    expect(log).toEqual([]);
    expect(clock.pending).toBe(0);
    const platform = kept as Platform;
    for (const act of [
      () => platform.session.write("a", Uint8Array.of(1)),
      () => platform.session.read("a"),
      () => platform.session.delete("a"),
      () => platform.session.keys(),
      () => platform.clock.setTimer(() => {}, 0),
      () => platform.openLink({ onChanged: () => {} }),
      () => platform.resolve("x", () => {}),
      () => open(platform, log),
      () => socket?.write(Uint8Array.of(1)),
      () => platform.sensors[0]?.sample(),
      () => platform.machine.restart(),
    ])
      expect(act, String(act)).toThrow(Halted);
    platform.led?.show(1);
    platform.clock.clearTimer(undefined);
    socket?.close();
    expect(socket?.read(new Uint8Array(1))).toBe(0);
    expect([store.keys(), shown]).toEqual([[], []]);
  });

  it("closes what a halted program had open, so that its peers see an end", () => {
    const log: string[] = [];
    const machine = boot((platform) => open(platform, log));
    clock.advance(0);
    machine.halt();
    clock.advance(0);
    expect([log, peerLog]).toEqual([["writable"], ["closed"]]);
  });

  it("loses its connections without a word where its power is taken away", () => {
    const machine = boot((platform) => open(platform, []), { onHalt: () => station.vanish() });
    clock.advance(0);
    machine.halt();
    clock.advance(60_000);
    expect(peerLog).toEqual([]);
  });

  it("does not close sockets again that have ended", () => {
    let closes = 0;
    const counted: Parts = {
      ...parts,
      openSocket: (options) => {
        const socket = station.openSocket(options);
        return { read: (into) => socket.read(into), write: (bytes) => socket.write(bytes), close: () => closes++ };
      },
    };
    const machine = new Boot(counted);
    open(machine.platform, []);
    clock.advance(0);
    station.cut();
    clock.advance(0);
    const socket = open(machine.platform, []);
    socket.close();
    expect(closes).toBe(1);
    machine.halt();
    expect(closes).toBe(1);
  });

  it("restarts when its program asks, which goes no further", () => {
    const log: string[] = [];
    const reasons: string[] = [];
    const start = (restartReason: string): Boot =>
      boot(
        ({ machine, clock: own }) => {
          reasons.push(machine.restartReason);
          own.setTimer(() => {
            log.push("before");
            if (reasons.length === 1) machine.restart();
            log.push("after");
          }, 10);
        },
        { restartReason, onRestart: () => clock.setTimer(() => start("restart"), 300) },
      );
    const first = start("power on");
    clock.advance(10);
    expect(first.running).toBe(false);
    clock.advance(1000);
    expect(reasons).toEqual(["power on", "restart"]);
    expect(log).toEqual(["before", "before", "after"]);
  });

  it("keeps its storage and its id over a restart", () => {
    const ids: string[] = [];
    boot(({ machine, session }) => {
      ids.push(machine.id);
      session.write("a", Uint8Array.of(7));
      machine.restart();
    });
    boot(({ machine, session }) => {
      ids.push(machine.id);
      expect(session.read("a")).toEqual(Uint8Array.of(7));
    });
    expect(ids[0]).toMatch(/^[0-9a-f]{12}$/);
    expect(ids[1]).toBe(ids[0]);
  });

  it("aborts when something is thrown out of a callback, as a device does", () => {
    const aborted: unknown[] = [];
    const machine = boot((platform) => platform.clock.setTimer(() => JSON.parse("{"), 5), {
      onAbort: (error) => aborted.push(error),
    });
    clock.advance(5);
    expect(aborted).toEqual([expect.any(SyntaxError)]);
    expect(machine.running).toBe(false);
  });

  it("throws it on where nobody asked to be told", () => {
    boot((platform) => platform.clock.setTimer(() => JSON.parse("{"), 5));
    expect(() => clock.advance(5)).toThrow(SyntaxError);
  });

  it("takes an error that follows a halt for its program's way out", () => {
    const aborted: unknown[] = [];
    const machine = boot(
      (_, own) => {
        try {
          own.halt();
          own.platform.session.keys();
        } catch {
          throw new Error("wrapped");
        }
      },
      { onAbort: (error) => aborted.push(error) },
    );
    expect([aborted, machine.running]).toEqual([[], false]);
  });

  it("counts its time from where it is told, and that wraps around", () => {
    clock.advance(12_345);
    const { platform } = new Boot(parts, { start: 0x7fff_ffff });
    expect(platform.clock.now()).toBe(0x7fff_ffff);
    clock.advance(1);
    expect(platform.clock.now()).toBe(-0x8000_0000);
  });

  it("has an id as a radio's own address: 12 digits, not a group's, marked as made up", () => {
    for (let seed = 0; seed < 200; seed++) {
      const id = machineId(new RandomStream(seed));
      expect(id).toMatch(/^[0-9a-f]{12}$/);
      expect(Number.parseInt(id.slice(0, 2), 16) & 3).toBe(2);
    }
  });
});
