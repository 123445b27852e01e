/**
 * How much of an ESP32's NVS partition messages may take.
 *
 * Source: ESP-IDF, Non-Volatile Storage Library, "Internals": pages of a flash sector, each with 126 entries of 32 bytes; a
 * value takes an index, a header, and its bytes in whole entries; a key has room in the entry. One page stays empty, to move
 * entries to.
 */
const PAGE = 4096;
export const ENTRIES_PER_PAGE = 126;
export const ENTRY = 32;

/** Bytes of entries kept free of messages: a page for the radio's calibration and what Wi-Fi stores, and ... */
export const RADIO_SHARE = ENTRIES_PER_PAGE * ENTRY;
/** ... a page for what must always fit: settings, counters, set-up, and the session's record while it is replaced. */
export const OWN_SHARE = ENTRIES_PER_PAGE * ENTRY;

/**
 * Bytes of a partition that a byte of a waiting message takes, at most. A reading is a packet of 78 bytes or more (the
 * shortest ids, one quantity of one digit), which is 5 entries; what is longer takes less for each byte.
 */
const COST = 2.1;

export function nvsPages(partition: number): number {
  return Math.floor(partition / PAGE);
}

/** Entries that a value takes. */
export function nvsEntries(length: number): number {
  return 2 + Math.ceil(length / ENTRY);
}

/** Bytes for entries in a partition. */
export function nvsCapacity(partition: number): number {
  return Math.max(0, nvsPages(partition) - 1) * ENTRIES_PER_PAGE * ENTRY;
}

/** Bytes of waiting messages, as the client counts them (`maximumQueued`), that a partition always has room for. */
export function queueBytes(partition: number): number {
  return Math.max(0, Math.floor((nvsCapacity(partition) - RADIO_SHARE - OWN_SHARE) / COST));
}
