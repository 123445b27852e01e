import type { Pin } from "../platform.js";

/** The number of a pin. @throws Error when the board has no pin of that name */
export function pinNumber(
  pin: Pin,
  { id, pins }: { readonly id: string; readonly pins: { readonly [name: string]: number } },
): number {
  if (typeof pin === "number") return pin;
  const number = Object.hasOwn(pins, pin) ? pins[pin] : undefined;
  if (number === undefined)
    throw new Error(`the board ${id} has no pin "${pin}": it has ${Object.keys(pins).join(", ")}`);
  return number;
}
