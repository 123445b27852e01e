/**
 * A machine that can be restarted and can lose power. What ends with it (its timers, its sockets, the code that runs) is
 * a {@link Boot}; what outlives it (its id, its storage) is given to the next one.
 */
import type {
  Clock,
  KeyValue,
  Machine,
  NetworkLink,
  OpenNetworkLink,
  OpenSocket,
  Pins,
  Platform,
  Resolve,
  Sensor,
  Socket,
  Timer,
} from "../../../src/platform.js";
import type { RandomStream } from "./random.js";

/** Thrown through code whose machine has stopped. Nothing that catches it can do anything any more. */
export class Halted extends Error {
  constructor() {
    super("the machine has stopped");
    this.name = "Halted";
  }
}

/** A radio's address for a simulated machine: 12 hexadecimal digits, marked as locally administered. */
export function machineId(random: RandomStream): string {
  const high = ((random.bits() & 0xfcffff) | 0x020000) >>> 0;
  const low = random.bits() & 0xffffff;
  return high.toString(16).padStart(6, "0") + low.toString(16).padStart(6, "0");
}

/** The parts of a platform that a boot guards; those of {@link Platform} that are data are handed on as they are. */
export type Parts = Omit<Platform, "machine"> & { readonly machine: Pick<Machine, "id" | "random"> & Partial<Machine> };

export interface BootOptions {
  readonly restartReason?: string;
  /** First reading of `now()`. Default: the clock's own reading. */
  readonly start?: number;
  /**
   * The machine stops now. What is open is closed after this; a device's peers hear nothing of that, so this is the
   * moment to take its network away.
   */
  onHalt?(): void;
  /** The program asked for a restart. The boot is over; called from within the program. */
  onRestart?(): void;
  /** Something was thrown out of a callback, which restarts a device. The boot is over. */
  onAbort?(error: unknown): void;
}

/** One run of a machine, from its start to its end. */
export class Boot {
  /** What the program that runs on the machine is given. */
  readonly platform: Platform;
  readonly #options: BootOptions;
  readonly #clock: Clock;
  readonly #offset: number;
  readonly #timers = new Set<Timer>();
  readonly #closers = new Set<() => void>();
  #running = true;

  constructor(parts: Parts, options: BootOptions = {}) {
    this.#options = options;
    this.#clock = parts.clock;
    this.#offset = options.start === undefined ? 0 : (options.start - parts.clock.now()) | 0;
    const { onButton, led } = parts;
    this.platform = {
      board: parts.board,
      machine: this.#machine(parts.machine),
      clock: this.#clockOf(parts.clock),
      openLink: this.#linkOf(parts.openLink),
      resolve: this.#resolverOf(parts.resolve),
      openSocket: this.#socketOf(parts.openSocket),
      session: this.#storeOf(parts.session),
      settings: this.#storeOf(parts.settings),
      sensors: parts.sensors.map((sensor) => this.#sensorOf(sensor)),
      pins: this.#pinsOf(parts.pins),
      openDriver: (id, declared) => {
        this.#check();
        return this.#sensorOf(parts.openDriver(id, declared));
      },
      led: led && { show: (colour) => this.#running && led.show(colour) },
      onButton: onButton && ((pushed) => onButton(() => this.run(pushed))),
    };
  }

  get running(): boolean {
    return this.#running;
  }

  /** Runs code of the program, as a callback of the platform does. */
  run(code: () => void): void {
    if (!this.#running) return;
    try {
      code();
    } catch (error) {
      // After a halt, whatever the program threw is only its way out.
      if (error instanceof Halted || !this.#running) return;
      this.halt();
      if (this.#options.onAbort === undefined) throw error;
      this.#options.onAbort(error);
    }
  }

  /** The machine stops where it is. What it has open is closed under it; nothing is written or called any more. */
  halt(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#options.onHalt?.();
    for (const timer of this.#timers) this.#clock.clearTimer(timer);
    this.#timers.clear();
    for (const close of this.#closers) close();
    this.#closers.clear();
  }

  #check(): void {
    if (!this.#running) throw new Halted();
  }

  #machine({ id, random, freeMemory }: Parts["machine"]): Machine {
    return {
      id,
      random,
      restartReason: this.#options.restartReason ?? "power on",
      freeMemory: () => freeMemory?.(),
      restart: () => {
        this.#check();
        this.halt();
        this.#options.onRestart?.();
        throw new Halted();
      },
    };
  }

  #clockOf(clock: Clock): Clock {
    return {
      now: () => (clock.now() + this.#offset) | 0,
      epoch: () => clock.epoch(),
      setTimer: (callback, delay) => {
        this.#check();
        const timer = clock.setTimer(() => {
          this.#timers.delete(timer);
          this.run(callback);
        }, delay);
        this.#timers.add(timer);
        return timer;
      },
      clearTimer: (timer) => {
        this.#timers.delete(timer);
        clock.clearTimer(timer);
      },
    };
  }

  #resolverOf(resolve: Resolve): Resolve {
    return (host, found) => {
      this.#check();
      resolve(host, (address) => this.run(() => found(address)));
    };
  }

  #socketOf(openSocket: OpenSocket): OpenSocket {
    return (options) => {
      this.#check();
      const close = () => socket.close();
      const socket = openSocket({
        host: options.host,
        address: options.address,
        port: options.port,
        onWritable: (room) => this.run(() => options.onWritable(room)),
        onReadable: (count) => this.run(() => options.onReadable(count)),
        onClose: (reason) => {
          this.#closers.delete(close);
          this.run(() => options.onClose(reason));
        },
      });
      this.#closers.add(close);
      return this.#guardedSocket(socket, close);
    };
  }

  #guardedSocket(socket: Socket, close: () => void): Socket {
    return {
      read: (into) => (this.#running ? socket.read(into) : 0),
      write: (bytes) => {
        this.#check();
        return socket.write(bytes);
      },
      close: () => {
        this.#closers.delete(close);
        close();
      },
    };
  }

  #linkOf(openLink: OpenNetworkLink): OpenNetworkLink {
    return (options) => {
      this.#check();
      const link: NetworkLink = openLink({
        onChanged: (state, detail) => this.run(() => options.onChanged(state, detail)),
      });
      this.#closers.add(() => link.close());
      return link;
    };
  }

  #storeOf(store: KeyValue): KeyValue {
    const { deferred } = store;
    return {
      deferred: deferred && {
        ...this.#storeOf(deferred),
        sync: () => {
          this.#check();
          deferred.sync();
        },
      },
      maximumLength: store.maximumLength,
      read: (key) => {
        this.#check();
        return store.read(key);
      },
      write: (key, value) => {
        this.#check();
        store.write(key, value);
      },
      delete: (key) => {
        this.#check();
        store.delete(key);
      },
      keys: () => {
        this.#check();
        return store.keys();
      },
    };
  }

  #pinsOf(pins: Pins): Pins {
    return {
      numberOf: (pin) => pins.numberOf(pin),
      openAnalog: (pin) => {
        this.#check();
        return pins.openAnalog(pin);
      },
      openOutput: (pin, activeLow) => {
        this.#check();
        const output = pins.openOutput(pin, activeLow);
        return {
          write: (on) => {
            this.#check();
            output.write(on);
          },
          close: () => output.close(),
        };
      },
      openInput: (pin, options) => {
        this.#check();
        const input = pins.openInput(pin, { ...options, onChanged: (on) => this.run(() => options.onChanged(on)) });
        this.#closers.add(() => input.close());
        return input;
      },
    };
  }

  #sensorOf(sensor: Sensor): Sensor {
    const measure = sensor.measure?.bind(sensor);
    return {
      id: sensor.id,
      measure:
        measure &&
        ((done) => {
          this.#check();
          return measure((outcome) => this.run(() => done(outcome)));
        }),
      units: sensor.units,
      sample: () => {
        this.#check();
        return sensor.sample();
      },
      // It is the hardware's: there is one for all boots.
      close: () => undefined,
    };
  }
}
