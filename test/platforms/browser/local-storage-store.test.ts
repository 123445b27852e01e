import { describe, expect, test, vi } from "vitest";
import type { StorageError } from "../../../src/platform.js";
import { LocalStorageStore } from "../../../src/platforms/browser/local-storage-store.js";
import { runContract, untilReal } from "../../contract/contract.js";
import { keyValueContract } from "../../contract/key-value.contract.js";
import { MapStorage } from "./storage.js";

for (const [bound, small] of [
  ["a capacity", () => new LocalStorageStore("small", { storage: new MapStorage(), capacity: 1_200 })],
  ["the browser's quota", () => new LocalStorageStore("small", { storage: new MapStorage(1_200) })],
] as const)
  runContract(`store in localStorage with ${bound}`, keyValueContract, () => {
    const storage = new MapStorage();
    const open = () => new LocalStorageStore("porch", { storage });
    return { store: open(), reopen: open, small, until: untilReal };
  });

function refusalOf(work: () => void): StorageError {
  try {
    work();
  } catch (error) {
    return error as StorageError;
  }
  throw new Error("nothing was refused");
}

describe("a store in localStorage", () => {
  test("keeps apart from other stores, and from what else the page keeps there", () => {
    const storage = new MapStorage();
    storage.setItem("theme", "dark");
    storage.setItem("s", "dark");
    const [porch, hall] = ["porch", "hall"].map((name) => new LocalStorageStore(name, { storage }));
    porch?.write("s", Uint8Array.of(1));
    hall?.write("s", Uint8Array.of(2));
    hall?.write("c", Uint8Array.of(3));
    expect(porch?.keys()).toEqual(["s"]);
    expect(porch?.read("s")).toEqual(Uint8Array.of(1));
    expect(hall?.keys()).toEqual(["s", "c"]);
    hall?.delete("s");
    expect(porch?.keys()).toEqual(["s"]);
    expect(storage.getItem("theme")).toBe("dark");
  });

  test("counts in its capacity what it finds when it is opened", () => {
    const storage = new MapStorage();
    const open = () => new LocalStorageStore("porch", { storage, capacity: 110 });
    open().write("a", new Uint8Array(100));
    expect(refusalOf(() => open().write("b", new Uint8Array(10))).storage).toBe("full");
    open().write("a", new Uint8Array(105));
  });

  test.each(["QuotaExceededError", "NS_ERROR_DOM_QUOTA_REACHED"])("is full at the browser's %s", (name) => {
    const storage = new MapStorage();
    const store = new LocalStorageStore("porch", { storage });
    vi.spyOn(storage, "setItem").mockImplementation(() => {
      throw new DOMException("no", name);
    });
    const error = refusalOf(() => store.write("a", Uint8Array.of(1)));
    expect([error.storage, error.message]).toEqual([
      "full",
      `cannot write "a": the browser has no more room for this site`,
    ]);
  });

  test("has failed at whatever else the browser throws", () => {
    const storage = new MapStorage();
    const store = new LocalStorageStore("porch", { storage });
    vi.spyOn(storage, "setItem").mockImplementation(() => {
      throw new DOMException("the disk is gone", "UnknownError");
    });
    expect(refusalOf(() => store.write("a", Uint8Array.of(1)))).toMatchObject({
      storage: "failed",
      message: `cannot write "a": the disk is gone`,
    });
  });

  test.each<[string, (text: string) => string]>([
    ["a character is changed", (text) => `${text.slice(0, -1)}!`],
    ["a character is no byte", (text) => `${text.slice(0, -1)}\u{0163}`],
    ["the checksum is changed", (text) => `!${text.slice(1)}`],
    [
      "the checksum has a character that is no byte",
      (text) => String.fromCharCode(text.charCodeAt(0) + 256) + text.slice(1),
    ],
    ["it is cut off", (text) => text.slice(0, -1)],
    ["it is longer", (text) => `${text}\0`],
    ["only one character is left", (text) => text.slice(0, 1)],
    ["nothing is left", () => ""],
    ["somebody has typed into it", () => "hello 😀"],
  ])("calls a value damaged when %s, and takes a new one", (_, change) => {
    const storage = new MapStorage();
    const store = new LocalStorageStore("porch", { storage });
    store.write("a", Uint8Array.of(1, 2, 3, 255, 0));
    const key = storage.key(0) as string;
    storage.setItem(key, change(storage.getItem(key) as string));
    expect(refusalOf(() => store.read("a"))).toMatchObject({
      storage: "damaged",
      message: `the value of "a" is damaged`,
    });
    expect(store.keys()).toEqual(["a"]);
    store.write("a", Uint8Array.of(9));
    expect(store.read("a")).toEqual(Uint8Array.of(9));
  });

  test("takes a character a byte, and no more than one of the browser's bytes for it", () => {
    const storage = new MapStorage();
    new LocalStorageStore("porch", { storage }).write(
      "a",
      Uint8Array.from({ length: 256 }, (_, index) => index),
    );
    const text = storage.getItem("motewire/porch/a") as string;
    expect(text).toHaveLength(258);
    expect(Math.max(...Array.from(text, (sign) => sign.charCodeAt(0)))).toBe(255);
  });

  test("takes no more calls when it is closed", () => {
    const store = new LocalStorageStore("porch", { storage: new MapStorage() });
    store.close();
    store.close();
    for (const call of [
      () => store.read("a"),
      () => store.write("a", new Uint8Array(1)),
      () => store.delete("a"),
      () => store.keys(),
    ])
      expect(refusalOf(call)).toMatchObject({ storage: "misuse", message: "the store is closed" });
  });

  test("says so where there is no localStorage, and where a person has forbidden it", () => {
    vi.stubGlobal("localStorage", undefined);
    expect(refusalOf(() => new LocalStorageStore("porch"))).toMatchObject({
      storage: "failed",
      message: "there is no localStorage here: only a page has it, no worker",
    });
    Object.defineProperty(globalThis, "localStorage", {
      configurable: true,
      get: () => {
        throw new DOMException("access is denied for this document", "SecurityError");
      },
    });
    expect(refusalOf(() => new LocalStorageStore("porch"))).toMatchObject({
      storage: "failed",
      message: "the browser keeps nothing for this page: access is denied for this document",
    });
    vi.unstubAllGlobals();
  });
});
