/** The parent's pins. */
import type { AnalogPin, InputOptions, InputPin, OutputPin, Pin, Pins } from "../../../src/platform.js";

export class ParentPins implements Pins {
  readonly #inputs = new Map<string, InputOptions>();

  numberOf(pin: Pin): number {
    return host.ask("pin", pin) as number;
  }

  openAnalog(pin: Pin): AnalogPin {
    return { read: () => host.ask("volts", pin) as number, close() {} };
  }

  openOutput(pin: Pin): OutputPin {
    const write = (on: boolean) => void host.ask("output", pin, on);
    write(false);
    return { write, close() {} };
  }

  openInput(pin: Pin, options: InputOptions): InputPin {
    const read = () => host.ask("input", pin) === 1;
    read();
    this.#inputs.set(`${pin}`, options);
    return { read, close: () => void this.#inputs.delete(`${pin}`) };
  }

  /** @param text `<pin> <1 or 0>` */
  hear(text: string): void {
    const [pin = "", on] = text.split(" ");
    this.#inputs.get(pin)?.onChanged(on === "1");
  }
}
