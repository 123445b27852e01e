/** The board's light. */
import type { NeoPixelLed, PlainLed } from "../../../boards/board.js";
import type { Led } from "../../platform.js";
import type { Provider } from "./provider.js";

/** A pixel at its brightest hurts the eyes; 0 to 255. */
const BRIGHTNESS = 32;

/** @throws Error when the board's provider lacks what the LED needs */
export function openLed({ board, io }: Provider): Led | undefined {
  const { led } = board;
  if (led === undefined) return undefined;
  return led.kind === "plain" ? new Plain(led, io) : new Pixel(led, io);
}

class Plain implements Led {
  readonly #pin: { write(value: number): void };
  readonly #lit: number;

  constructor({ pin, activeLow }: PlainLed, { Digital }: Provider["io"]) {
    if (Digital === undefined) throw new Error("the provider has no io.Digital for the LED");
    this.#lit = activeLow ? 0 : 1;
    this.#pin = new Digital({ pin, mode: Digital.Output });
    this.show(0);
  }

  show(colour: number): void {
    this.#pin.write(colour === 0 ? 1 - this.#lit : this.#lit);
  }
}

class Pixel implements Led {
  readonly #pixel: InstanceType<NonNullable<Provider["io"]["NeoPixel"]>>;

  constructor({ pin, order }: NeoPixelLed, { NeoPixel }: Provider["io"]) {
    if (NeoPixel === undefined) throw new Error("the provider has no io.NeoPixel for the LED");
    this.#pixel = new NeoPixel({ length: 1, pin, order });
    this.#pixel.brightness = BRIGHTNESS;
    this.show(0);
  }

  show(colour: number): void {
    const pixel = this.#pixel;
    pixel.setPixel(0, pixel.makeRGB((colour >> 16) & 0xff, (colour >> 8) & 0xff, colour & 0xff));
    pixel.update();
  }
}
