/** What a simulated device keeps: in memory, or in a directory (`--store`) with a folder for each part of it. */
import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Board } from "../../boards/board.js";
import type { KeyValue } from "../../src/platform.js";
import { FileStore, type FileStoreOptions } from "../../src/platforms/nodejs/file-store.js";
import { MemoryStore } from "../core/storage/memory-store.js";
import { nvsCapacity, nvsSize } from "../core/storage/nvs.js";
import { machineId } from "../core/world/machine.js";
import { RandomStream } from "../core/world/random.js";
import { UsageError } from "./usage.js";

export interface DeviceStorage {
  /** The radio's address, which a device has for life. */
  readonly machineId: string;
  readonly session: KeyValue;
  readonly settings: KeyValue;
  close(): void;
}

/** Of the board's NVS, kept for the settings however full the session is. */
const SETTINGS_SHARE = 4_032;

/** @throws UsageError when the directory cannot be used */
export function openStorage(directory: string | undefined, board: Board): DeviceStorage {
  const capacity = nvsCapacity(board.storage.nvs);
  const sessionOptions = { capacity: capacity - SETTINGS_SHARE, sizeOf: nvsSize };
  const settingsOptions = { capacity: SETTINGS_SHARE, sizeOf: nvsSize };
  if (directory === undefined) {
    return {
      // The same each time on this computer, so that its topics stay the same.
      machineId: machineId(new RandomStream(hostname())),
      session: new MemoryStore(sessionOptions),
      settings: new MemoryStore(settingsOptions),
      close: () => {},
    };
  }
  const opened: FileStore[] = [];
  const close = () => {
    for (const store of opened) store.close();
  };
  const open = (part: string, options: FileStoreOptions) => {
    const store = new FileStore(join(directory, part), options);
    opened.push(store);
    return store;
  };
  try {
    const session = open("session", sessionOptions);
    const settings = open("settings", settingsOptions);
    return { machineId: lastingId(directory), session, settings, close };
  } catch (error) {
    close();
    const { message } = error as Error;
    const advice = message.includes("choose") ? "" : "; choose a directory that can be written";
    throw new UsageError(`--store is "${directory}": ${message}${advice}`);
  }
}

/** Drawn when the device is made, and the same from then on. */
function lastingId(directory: string): string {
  const file = join(directory, "machine-id");
  try {
    const id = readFileSync(file, "latin1").trim();
    if (/^[0-9a-f]{12}$/.test(id)) return id;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const id = machineId(new RandomStream(Math.random()));
  writeFileSync(file, `${id}\n`, { flush: true });
  return id;
}
