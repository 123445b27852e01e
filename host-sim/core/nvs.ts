/**
 * How much an ESP32's NVS partition holds, so that a simulated store is full when a device's would be.
 * Source: ESP-IDF, Non-Volatile Storage Library, "Internals": pages of a flash sector, entries of 32 bytes.
 */
const PAGE = 4096;
const ENTRIES_PER_PAGE = 126;
const ENTRY = 32;

/** Bytes for entries in a partition. One page stays empty, to move entries to. */
export function nvsCapacity(partition: number): number {
  return Math.max(0, Math.floor(partition / PAGE) - 1) * ENTRIES_PER_PAGE * ENTRY;
}

/** Bytes that one value takes up: an index, a header, and its bytes in whole entries. Keys have room in the entry. */
export function nvsSize(_key: string, length: number): number {
  return (2 + Math.ceil(length / ENTRY)) * ENTRY;
}
