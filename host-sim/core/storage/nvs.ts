/** An ESP32's NVS partition, so that a simulated store is full when a device's would be. */
import { ENTRY, nvsEntries } from "../../../src/mote/nvs.js";

export { nvsCapacity } from "../../../src/mote/nvs.js";

/** Bytes that a value takes up. Keys have room in its entries. */
export function nvsSize(_key: string, length: number): number {
  return nvsEntries(length) * ENTRY;
}
