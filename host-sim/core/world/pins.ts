/** The pins of a simulated board, and what is connected to them: whoever simulates the world drives them and looks at them. */
import type { Board } from "../../../boards/board.js";
import { freePin, pinNumber } from "../../../src/mote/pin.js";
import type { AnalogPin, InputOptions, InputPin, OutputPin, Pin, Pins } from "../../../src/platform.js";

type PinnedBoard = Pick<Board, "id" | "pins"> & Partial<Board>;

interface Opened {
  readonly options: InputOptions;
}

export class SimulatedPins implements Pins {
  /** Volts at analog pins; what nothing is connected to is at half of the range. */
  readonly volts = new Map<number, number>();
  /** Outputs that are on, as the firmware has them. */
  readonly on = new Set<number>();
  /** Called when an output was switched. */
  onOutput: (pin: number, on: boolean) => void = () => {};
  readonly #board: PinnedBoard;
  readonly #inputs = new Map<number, Opened>();
  /** Inputs that are on, as the world has them. */
  readonly #driven = new Set<number>();

  constructor(board: PinnedBoard) {
    this.#board = board;
  }

  /** Power is gone: what the firmware had switched on is off. */
  powerOff(): void {
    for (const pin of [...this.on]) this.#switch(pin, false);
    this.#inputs.clear();
  }

  /** What is connected to an input is on from now on, or off. */
  drive(pin: Pin, on: boolean): void {
    const number = this.#number(pin);
    if (this.#driven.has(number) === on) return;
    if (on) this.#driven.add(number);
    else this.#driven.delete(number);
    this.#inputs.get(number)?.options.onChanged(on);
  }

  isDriven(pin: Pin): boolean {
    return this.#driven.has(this.#number(pin));
  }

  /** Whether the board has it. */
  has(pin: Pin): boolean {
    return typeof pin === "number" || Object.hasOwn(this.#board.pins, pin);
  }

  /** Holds an analog pin at a voltage; undefined: nothing is connected to it any more. */
  hold(pin: Pin, volts: number | undefined): void {
    if (volts === undefined) this.volts.delete(this.#number(pin));
    else this.volts.set(this.#number(pin), volts);
  }

  isHeld(pin: Pin): boolean {
    return this.volts.has(this.#number(pin));
  }

  numberOf(pin: Pin): number {
    return freePin(pin, this.#board);
  }

  openAnalog(pin: Pin): AnalogPin {
    const number = this.#number(pin);
    return { read: () => this.volts.get(number) ?? HALF, close() {} };
  }

  openOutput(pin: Pin): OutputPin {
    const number = this.#number(pin);
    const write = (on: boolean) => this.#switch(number, on);
    write(false);
    return { write, close() {} };
  }

  openInput(pin: Pin, options: InputOptions): InputPin {
    const number = this.#number(pin);
    const opened = { options };
    this.#inputs.set(number, opened);
    return {
      read: () => this.#driven.has(number),
      close: () => {
        // A later start may have opened it again.
        if (this.#inputs.get(number) === opened) this.#inputs.delete(number);
      },
    };
  }

  #switch(pin: number, on: boolean): void {
    if (this.on.has(pin) === on) return;
    if (on) this.on.add(pin);
    else this.on.delete(pin);
    this.onOutput(pin, on);
  }

  #number(pin: Pin): number {
    return pinNumber(pin, this.#board);
  }
}

/** Volts. */
const HALF = 1.2;
