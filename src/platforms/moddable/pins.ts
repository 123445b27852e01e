/** The board's pins, by the SDK's classes. */

import type { Report } from "../../mote/errors.js";
import { freePin, pinNumber } from "../../mote/pin.js";
import type { AnalogPin, Clock, InputOptions, InputPin, OutputPin, Pin, Pins, Timer } from "../../platform.js";
import type { Provider } from "./provider.js";

/**
 * Volts at the top of the converter's range. The SDK reads with 12 dB of attenuation and scales to it, and knows no
 * reference in volts but this one (modules/io/analog/esp32).
 */
const FULL_SCALE = 2.45;
/** The converter is noisy: a mean of so many. */
const READINGS = 8;
/** Milliseconds for which contacts bounce, where nobody says how long theirs do. */
const BOUNCE = 50;

export class DevicePins implements Pins {
  readonly #provider: Provider;
  readonly #clock: Clock;
  readonly #report: Report;

  constructor(provider: Provider, clock: Clock, report: Report) {
    this.#provider = provider;
    this.#clock = clock;
    this.#report = report;
  }

  numberOf(pin: Pin): number {
    return freePin(pin, this.#provider.board);
  }

  openAnalog(pin: Pin): AnalogPin {
    const { Analog } = this.#provider.io;
    if (Analog === undefined) throw this.#missing("Analog");
    const number = pinNumber(pin, this.#provider.board);
    const analog = new Analog({ pin: number });
    return {
      read() {
        let sum = 0;
        for (let reading = 0; reading < READINGS; reading++) {
          const value = analog.read();
          if (value === undefined) throw new Error(`the converter gave nothing for pin ${number}`);
          sum += value;
        }
        return (sum / READINGS / (2 ** analog.resolution - 1)) * FULL_SCALE;
      },
      close: () => analog.close(),
    };
  }

  openOutput(pin: Pin, activeLow: boolean): OutputPin {
    const { Digital } = this.#provider.io;
    if (Digital === undefined) throw this.#missing("Digital");
    const output = new Digital({ pin: pinNumber(pin, this.#provider.board), mode: Digital.Output });
    const write = (on: boolean) => output.write(on === activeLow ? 0 : 1);
    write(false);
    return { write, close: () => output.close() };
  }

  openInput(pin: Pin, options: InputOptions): InputPin {
    const { Digital } = this.#provider.io;
    if (Digital === undefined) throw this.#missing("Digital");
    return new DeviceInput(pinNumber(pin, this.#provider.board), Digital, options, this.#clock, this.#report);
  }

  #missing(name: string): Error {
    return new Error(`the provider of ${this.#provider.board.id} has no io.${name}`);
  }
}

class DeviceInput implements InputPin {
  readonly #digital: InstanceType<NonNullable<Provider["io"]["Digital"]>>;
  readonly #options: InputOptions;
  readonly #clock: Clock;
  readonly #report: Report;
  readonly #pin: number;
  /** As it was told last. */
  #on: boolean;
  /** Until it runs out, contacts may bounce. */
  #settling: Timer | undefined;

  constructor(
    pin: number,
    Digital: NonNullable<Provider["io"]["Digital"]>,
    options: InputOptions,
    clock: Clock,
    report: Report,
  ) {
    const { activeLow, pull } = options;
    this.#options = options;
    this.#clock = clock;
    this.#report = report;
    this.#pin = pin;
    this.#digital = new Digital({
      pin,
      mode: pull ? (activeLow ? Digital.InputPullUp : Digital.InputPullDown) : Digital.Input,
      edge: Digital.Rising | Digital.Falling,
      onReadable: () => this.#look(),
    });
    this.#on = this.read();
  }

  read(): boolean {
    return this.#digital.read() === (this.#options.activeLow ? 0 : 1);
  }

  /** Tells of a change at once, and looks again when the contacts rest. */
  #look(): void {
    if (this.#settling !== undefined) return;
    try {
      const on = this.read();
      if (on === this.#on) return;
      this.#on = on;
      this.#settling = this.#clock.setTimer(() => {
        this.#settling = undefined;
        this.#look();
      }, this.#options.debounce ?? BOUNCE);
      this.#options.onChanged(on);
    } catch (error) {
      this.#report(error, `pin ${this.#pin}`);
    }
  }

  close(): void {
    this.#digital.close();
    if (this.#settling !== undefined) this.#clock.clearTimer(this.#settling);
  }
}
