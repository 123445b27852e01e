/**
 * How long a board's NVS partition lasts at what the node writes while it is connected, computed.
 *
 * NVS is a log of pages of 4,096 bytes with 126 entries of 32 bytes; a page is erased, 100,000 times at most, when all of
 * the others are full. A value takes 2 entries and those of its bytes; deleting one marks it and takes none. Pages that
 * hold what never changes (the radio's, ours) are not taken turns with: NVS erases the page with the most that is dead.
 *
 *     entries a day = Σ messages a day × entries of a message's value
 *     days          = 100,000 × (pages − 2) × 126 / entries a day
 *
 * Offline, what is written is the same; when the partition's share is full each eighth that is given up costs one value
 * more, of 4 entries. ESP-IDF, Non-Volatile Storage Library, "Internals"; the cycles are those that makers of the flash name.
 */
import type { Board, BoardSensor } from "../../../boards/board.js";
import { ENTRIES_PER_PAGE, nvsEntries, nvsPages } from "../../../src/mote/nvs.js";
import { definitions, type Settings } from "../../../src/mote/settings.js";
import type { Durability, QoS } from "../../../src/mqtt/api.js";

export const ERASE_CYCLES = 100_000;
/** Pages that hold what never changes: src/mote/nvs.ts keeps them free of messages. */
const STILL_PAGES = 2;
const DAY = 86_400_000;
/** As in `motewire/mote-24a1608bf3c0/`. */
const PREFIX = 27;
/** PUBLISH with QoS > 0: fixed header 3 or less, length of the topic 2, identifier 2; and the store's checksum 2. */
const AROUND = 9;
/** A diagnostics message with all its fields. */
const DIAGNOSTICS = 480;
/** `{"seq":123456,"time":"2026-11-23T08:15:00.000Z"}` */
const READING = 48;
/** `,"temperature":21.437` and so on. */
const QUANTITIES: { readonly [quantity: string]: number } = Object.freeze({
  temperature: 21,
  humidity: 18,
  pressure: 21,
  voltage: 16,
});

export interface FlashLife {
  /** Values written a day, the session's deletes not counted. */
  readonly writes: number;
  readonly entries: number;
  /** Until the first page has been erased {@link ERASE_CYCLES} times; infinite where nothing is written. */
  readonly days: number;
}

/** The settings as they are when nobody has set anything. */
export function defaultSettings(): Settings {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, { initial }]) => [name, initial]),
  ) as unknown as Settings;
}

/** @param settings those of the node; with a connection that lasts */
export function flashLife(
  { sensors, storage }: Pick<Board, "sensors" | "storage">,
  { interval, diagnosticsInterval, QoS }: Omit<Settings, "retain"> = defaultSettings(),
  durability: Durability = storage.durability ?? "always",
): FlashLife {
  let writes = 0;
  let entries = 0;
  const write = (aDay: number, length: number) => {
    writes += aDay * valuesOf(QoS);
    // PUBREC has a note of one byte, and the store's checksum, written beside the message.
    entries += aDay * (nvsEntries(length) + (QoS === 2 ? nvsEntries(1 + 2) : 0));
  };
  // With `offline` and `never`, nothing is written as long as the connection lasts; QoS 0 is never stored.
  if (durability === "always" && QoS > 0) {
    for (const sensor of sensors) write(DAY / interval, AROUND + PREFIX + "reading/".length + readingLength(sensor));
    write(DAY / diagnosticsInterval, AROUND + PREFIX + "diagnostics".length + DIAGNOSTICS);
  }
  return { writes, entries, days: daysOf(storage.nvs, entries) };
}

/** How long a partition of so many bytes lasts; infinite where nothing is written. @param entries that are written a day */
export function daysOf(partition: number, entries: number): number {
  return (ERASE_CYCLES * (nvsPages(partition) - STILL_PAGES) * ENTRIES_PER_PAGE) / entries;
}

function valuesOf(QoS: QoS): number {
  return QoS === 2 ? 2 : 1;
}

function readingLength({ id, quantities }: BoardSensor): number {
  let length = id.length + READING;
  for (const names of Object.values(quantities)) {
    for (const name of names) length += QUANTITIES[name] as number;
  }
  return length;
}
