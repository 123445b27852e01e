/** What a firmware on XS asks of the device that it runs on: its sensors and pins, in real time and in virtual time. */
import type { Board } from "../../boards/board.js";
import type { DriverOptions, Pin, Sample, Sensor } from "../../src/platform.js";
import type { SimulatedPins } from "../core/world/pins.js";
import type { Answer, Program, Value } from "../xs/engine/program.js";

export interface XsPartsOptions {
  readonly board: Board;
  /** The machine's. */
  readonly id: string;
  readonly sensors: readonly Sensor[];
  readonly pins: SimulatedPins;
  openDriver(id: string, declared: DriverOptions): Sensor;
  /** dBm, while there is a link. */
  rssi(): number | undefined;
}

/** Between one start of the firmware and its end. */
export class XsParts {
  readonly #options: XsPartsOptions;
  readonly #restartReason: string;
  /** What the firmware has connected, by id. */
  readonly #connected = new Map<string, Sensor>();
  #program: Program | undefined;

  constructor(options: XsPartsOptions, restartReason: string) {
    this.#options = options;
    this.#restartReason = restartReason;
  }

  /** The firmware, which is told of what happens. */
  run(program: Program): void {
    this.#program = program;
  }

  /** @returns undefined for what is no part's. @throws Error that the firmware gets */
  answer(name: string, values: readonly Value[]): { readonly answer: Answer } | undefined {
    const answer = this.#answers[name];
    return answer && { answer: answer(values[0] as Pin, values[1]) };
  }

  /** @returns whether it is for a part */
  told(name: string, [id]: readonly Value[]): boolean {
    if (name !== "measure") return false;
    this.#measure(String(id));
    return true;
  }

  readonly #answers: { readonly [name: string]: (first: Pin, second: Value | undefined) => Answer } = {
    facts: () => {
      const { board, id, sensors } = this.#options;
      const told = sensors.map((sensor) => ({ id: sensor.id, units: sensor.units }));
      const led = board.led !== undefined;
      return JSON.stringify({ board: board.id, id, restartReason: this.#restartReason, sensors: told, led });
    },
    rssi: () => this.#options.rssi(),
    sample: (id) => {
      const sensor = this.#connected.get(String(id)) ?? this.#options.sensors.find((one) => one.id === id);
      return JSON.stringify(sensor?.sample());
    },
    driver: (id, declared) => {
      const sensor = this.#options.openDriver(String(id), JSON.parse(String(declared)));
      this.#connected.set(String(id), sensor);
      return JSON.stringify({ id, units: sensor.units, later: sensor.measure !== undefined });
    },
    pin: (pin) => this.#options.pins.numberOf(pin),
    volts: (pin) => this.#options.pins.openAnalog(pin).read(),
    output: (pin, on) => void this.#options.pins.openOutput(pin).write(on === true),
    input: (pin) => {
      // The program hears of the input's changes from now on.
      const onChanged = (on: boolean) => this.#program?.send("input", `${pin} ${on ? 1 : 0}`);
      return this.#options.pins.openInput(pin, { activeLow: false, pull: false, onChanged }).read() ? 1 : 0;
    },
  };

  #measure(id: string): void {
    const tell = (outcome: Sample | Error) => {
      const said = outcome instanceof Error ? `! ${outcome.message}` : JSON.stringify(outcome);
      this.#program?.send("measured", `${id} ${said}`);
    };
    try {
      const sample = this.#connected.get(id)?.measure?.(tell);
      if (sample !== undefined) tell(sample);
    } catch (error) {
      tell(error as Error);
    }
  }
}
