import type { KeyValue, Random } from "../platform.js";
import { DIGITS, isMadeOf } from "./characters.js";
import type { Report } from "./errors.js";
import { bytesOf, textOf } from "./text.js";

const KEY = "boot";

/**
 * Names this start, as {@link StatusMessage.instance} says: counted in the store, so that starts have an order, with a
 * random number behind it, because a store can be lost and two devices count alike. Costs one write.
 */
export function newInstance(store: KeyValue, random: Random, report: Report): string {
  let count = 0;
  try {
    const stored = store.read(KEY);
    if (stored !== undefined) count = readCount(stored);
  } catch (error) {
    report(error, "settings");
  }
  count++;
  try {
    store.write(KEY, bytesOf(String(count)));
  } catch (error) {
    report(error, "settings");
  }
  const chance = Math.floor(random() * 0x1_0000_0000);
  return `${count}-${chance.toString(16).padStart(8, "0")}`;
}

function readCount(stored: Uint8Array): number {
  const text = textOf(stored);
  if (!isMadeOf(text, DIGITS, 15)) throw new Error(`the stored count of starts is broken; it begins again at 1`);
  return Number(text);
}
