import type { Pin } from "../platform.js";

interface PinNames {
  readonly id: string;
  readonly pins: { readonly [name: string]: number };
}

/** What a board has connected itself, as `board.ts` has it. */
interface Occupied extends PinNames {
  readonly I2C?: { readonly [bus: string]: { readonly data: number; readonly clock: number } };
  readonly sensors?: readonly { readonly id: string; readonly pin?: number }[];
  readonly led?: { readonly pin: number };
  readonly button?: { readonly pin: number };
}

/** The number of a pin. @throws Error when the board has no pin of that name */
export function pinNumber(pin: Pin, { id, pins }: PinNames): number {
  if (typeof pin === "number") return pin;
  const number = Object.hasOwn(pins, pin) ? pins[pin] : undefined;
  if (number === undefined)
    throw new Error(`the board ${id} has no pin "${pin}": it has ${Object.keys(pins).join(", ")}`);
  return number;
}

/** The number of a pin that an application may use. @throws Error when the board has none of that name, or needs it itself */
export function freePin(pin: Pin, board: Occupied): number {
  const number = pinNumber(pin, board);
  const { I2C = {}, sensors = [], led, button } = board;
  let user: string | undefined;
  if (led?.pin === number) user = "LED";
  if (button?.pin === number) user = "button";
  for (const sensor of sensors) if (sensor.pin === number) user = `sensor ${sensor.id}`;
  for (const [bus, { data, clock }] of Object.entries(I2C))
    if (data === number || clock === number) user = `I2C bus ${bus}`;
  if (user === undefined) return number;
  throw new Error(`pin ${pin} is that of the board's ${user}; ${Object.keys(board.pins).join(", ")} are free`);
}
