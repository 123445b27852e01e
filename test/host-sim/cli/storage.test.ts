import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { board } from "../../../boards/esp32_devkitc/board.js";
import { type DeviceStorage, openStorage } from "../../../host-sim/cli/storage.js";
import { UsageError } from "../../../host-sim/cli/usage.js";

let directory: string;
const opened: DeviceStorage[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "motewire-device-"));
});

afterEach(() => {
  for (const storage of opened.splice(0)) storage.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(path: string | undefined): DeviceStorage {
  const storage = openStorage(path, board);
  opened.push(storage);
  return storage;
}

/** Values of 992 bytes that fit, each taking 33 entries of an NVS. */
function fill(store: DeviceStorage["session"]): number {
  for (let count = 0; ; count++) {
    try {
      store.write(`k${count}`, new Uint8Array(992));
    } catch (error) {
      expect(error).toMatchObject({ storage: "full" });
      return count;
    }
  }
}

test.each(["memory", "a directory"])("in %s has the room of the board's NVS, some of it kept for settings", (where) => {
  const storage = open(where === "memory" ? undefined : join(directory, "new"));
  expect(fill(storage.session)).toBe(15);
  expect(fill(storage.settings)).toBe(3);
});

test("a device in a directory has one id for life, and another directory is another device", () => {
  const first = open(join(directory, "a"));
  first.settings.write("x", Uint8Array.of(7));
  first.close();
  const again = open(join(directory, "a"));
  expect(again.machineId).toBe(first.machineId);
  expect(again.settings.read("x")).toEqual(Uint8Array.of(7));
  expect(open(join(directory, "b")).machineId).not.toBe(first.machineId);
  expect(first.machineId).toMatch(/^[0-9a-f]{12}$/);
});

test("an id that is broken is replaced", () => {
  writeFileSync(join(directory, "machine-id"), "nonsense");
  const { machineId } = open(directory);
  expect(machineId).toMatch(/^[0-9a-f]{12}$/);
  expect(readFileSync(join(directory, "machine-id"), "utf8")).toBe(`${machineId}\n`);
});

test("a device in memory has the same id each time on the same computer", () => {
  expect(open(undefined).machineId).toBe(open(undefined).machineId);
});

test("a directory that cannot be used is wrong usage, and leaves nothing locked", () => {
  const file = join(directory, "file");
  writeFileSync(file, "");
  expect(() => open(file)).toThrow(UsageError);
  expect(() => open(file)).toThrow(`--store is "${file}": cannot open the store`);

  writeFileSync(join(directory, "settings"), "");
  expect(() => open(directory)).toThrow(/settings/);
  rmSync(join(directory, "settings"));
  open(directory);
});
