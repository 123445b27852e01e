import { expect } from "vitest";
import type { KeyValue, StorageError } from "../../src/platform.js";
import type { Contract, Harness } from "./clause.js";

export interface KeyValueHarness extends Harness {
  /** The store, empty at first. */
  readonly store: KeyValue;
  /** The same store as the machine finds it at its next start; the one before must not be used any more. */
  reopen(): KeyValue;
  /**
   * The store as the machine finds it after a loss of power at this moment, where that can be had.
   * @param part from 0 to 1: how much of what was not synced lasts all the same
   */
  powerCut?(part: number): KeyValue;
  /** A store, empty, with room for no more than some ten values of 100 bytes. */
  small(): KeyValue;
}

function bytes(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => first + index * 7);
}

/** What the store throws, which must be a StorageError. */
function refusal(work: () => void): StorageError["storage"] {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect((error as StorageError).message).toMatch(/\S/);
    expect(["full", "misuse", "failed"]).toContain((error as StorageError).storage);
    return (error as StorageError).storage;
  }
  throw new Error("the store refused nothing");
}

function contents(store: KeyValue): { [key: string]: number[] } {
  return Object.fromEntries(
    store
      .keys()
      .sort()
      .map((key) => [key, [...(store.read(key) ?? [])]]),
  );
}

/** Writes values of 100 bytes under key after key until the store is full. @returns the keys */
function fill(store: KeyValue): string[] {
  const keys: string[] = [];
  for (let i = 0; i < 1000; i++) {
    try {
      store.write(`k${i}`, bytes(100, i));
      keys.push(`k${i}`);
    } catch (error) {
      expect((error as StorageError).storage).toBe("full");
      return keys;
    }
  }
  throw new Error("the small store is never full");
}

/** Changes of every kind, to be made one after the other. */
const CHANGES: readonly ((store: KeyValue) => void)[] = [
  (store) => store.write("a", bytes(9)),
  (store) => store.write("b", bytes(40)),
  (store) => store.write("a", bytes(2, 5)),
  (store) => store.delete("b"),
  (store) => store.write("c", bytes(0)),
  (store) => store.delete("a"),
];

/** Keys that are allowed: the shortest, the longest, every character, and those that mean something elsewhere. */
const KEYS = [
  "a",
  "0",
  ".",
  "..",
  "-",
  "_",
  "con",
  "abcdefghijklmno",
  "pqrstuvwxyz0123",
  "456789._-",
  "__proto__",
  "a.b",
  "a_b",
];

const NO_KEYS = ["", "abcdefghijklmnop", "A", "a b", "a/b", "../x", "a\\b", "ä", "a\0", "*", "😀"];

export const keyValueContract: Contract<KeyValueHarness> = [
  {
    says: "has nothing at first",
    check({ store }) {
      expect(store.keys()).toEqual([]);
      expect(store.read("a")).toBeUndefined();
    },
  },
  {
    says: "reads what was written, every byte",
    check({ store }) {
      const value = Uint8Array.from({ length: 256 }, (_, index) => index);
      store.write("a", value);
      expect(store.read("a")).toEqual(value);
      expect(store.read("a")).toBeInstanceOf(Uint8Array);
    },
  },
  {
    says: "tells an empty value from none",
    check({ store }) {
      store.write("a", new Uint8Array(0));
      expect(store.read("a")).toEqual(new Uint8Array(0));
      expect(store.keys()).toEqual(["a"]);
    },
  },
  {
    says: "replaces a value by a longer, a shorter and an empty one",
    check({ store }) {
      for (const length of [5, 50, 3, 0, 1]) {
        store.write("a", bytes(length, length));
        expect(store.read("a")).toEqual(bytes(length, length));
      }
    },
  },
  {
    says: "keeps a copy of what is written",
    check({ store }) {
      const value = bytes(4);
      store.write("a", value);
      value.fill(99);
      expect(store.read("a")).toEqual(bytes(4));
    },
  },
  {
    says: "gives a copy of its own at every read",
    check({ store }) {
      store.write("a", bytes(4));
      store.read("a")?.fill(99);
      expect(store.read("a")).toEqual(bytes(4));
    },
  },
  {
    says: "writes the bytes of a view and no others",
    check({ store }) {
      store.write("a", bytes(10).subarray(3, 6));
      expect(store.read("a")).toEqual(bytes(10).slice(3, 6));
    },
  },
  {
    says: "removes a key, and ignores one that is absent",
    check({ store }) {
      store.write("a", bytes(3));
      store.write("b", bytes(2));
      store.delete("a");
      store.delete("a");
      store.delete("nobody");
      expect(store.read("a")).toBeUndefined();
      expect(contents(store)).toEqual({ b: [...bytes(2)] });
    },
  },
  {
    says: "lists every key once",
    check({ store }) {
      for (const key of ["b", "a", "c", "a", "b"]) store.write(key, bytes(1));
      store.delete("c");
      expect(store.keys().sort()).toEqual(["a", "b"]);
      store.keys().push("d");
      expect(store.keys().sort()).toEqual(["a", "b"]);
    },
  },
  {
    says: "takes keys of 1 to 15 characters of a-z 0-9 . _ - and keeps them apart",
    check(harness) {
      const { store } = harness;
      const expected: { [key: string]: number[] } = Object.create(null);
      for (const [index, key] of KEYS.entries()) {
        store.write(key, bytes(index + 1, index));
        expected[key] = [...bytes(index + 1, index)];
      }
      for (const open of [() => store, () => harness.reopen()]) {
        const opened = open();
        expect(opened.keys().sort()).toEqual([...KEYS].sort());
        for (const key of KEYS) expect([...(opened.read(key) ?? [])]).toEqual(expected[key]);
      }
    },
  },
  {
    says: "refuses other keys as misuse, and changes nothing",
    check(harness) {
      harness.store.write("a", bytes(3));
      for (const key of NO_KEYS) {
        expect([key, refusal(() => harness.store.write(key, bytes(1)))]).toEqual([key, "misuse"]);
        expect([key, refusal(() => harness.store.delete(key))]).toEqual([key, "misuse"]);
      }
      expect(contents(harness.store)).toEqual({ a: [...bytes(3)] });
      expect(contents(harness.reopen())).toEqual({ a: [...bytes(3)] });
    },
  },
  {
    says: "takes a value of maximumLength bytes",
    check({ store }) {
      expect(store.maximumLength).toBeGreaterThanOrEqual(1);
      store.write("a", bytes(store.maximumLength));
      expect(store.read("a")).toEqual(bytes(store.maximumLength));
    },
  },
  {
    says: "refuses a longer value as misuse, and keeps the old one",
    check({ store }) {
      store.write("a", bytes(3));
      expect(refusal(() => store.write("a", bytes(store.maximumLength + 1)))).toBe("misuse");
      expect(refusal(() => store.write("b", bytes(store.maximumLength + 1)))).toBe("misuse");
      expect(contents(store)).toEqual({ a: [...bytes(3)] });
    },
  },
  {
    says: "holds what was written and removed when it is opened again",
    check(harness) {
      harness.store.write("a", bytes(3));
      harness.store.write("b", bytes(4));
      harness.store.write("a", bytes(5));
      harness.store.delete("b");
      harness.store.write("c", new Uint8Array(0));
      const again = harness.reopen();
      expect(contents(again)).toEqual({ a: [...bytes(5)], c: [] });
      again.write("b", bytes(1));
      expect(contents(harness.reopen())).toEqual({ a: [...bytes(5)], b: [...bytes(1)], c: [] });
    },
  },
  {
    says: "is full at some time, says so and keeps all that it has",
    check({ small }) {
      const store = small();
      const keys = fill(store);
      expect(keys.length).toBeGreaterThanOrEqual(2);
      expect(store.keys().sort()).toEqual([...keys].sort());
      for (const [index, key] of keys.entries()) expect(store.read(key)).toEqual(bytes(100, index));
    },
  },
  {
    says: "keeps the old value when there is no room for the new one",
    check({ small }) {
      const store = small();
      const [first = ""] = fill(store);
      const before = contents(store);
      expect(refusal(() => store.write(first, bytes(Math.min(store.maximumLength, 2000))))).toBe("full");
      expect(contents(store)).toEqual(before);
    },
  },
  {
    says: "has room again after a delete, and after a value became shorter",
    check({ small }) {
      const store = small();
      const [first = "", second = ""] = fill(store);
      store.delete(first);
      store.write("again", bytes(100));
      expect(refusal(() => store.write("more", bytes(100)))).toBe("full");
      store.write(second, new Uint8Array(0));
      store.delete(second);
      store.write("more", bytes(100));
    },
  },
  {
    says: "counts its room rightly however often values change",
    check({ small }) {
      const store = small();
      const count = fill(store).length;
      for (const key of store.keys()) store.delete(key);
      for (let i = 0; i < 60; i++) store.write("a", bytes((i * 37) % 100, i));
      store.delete("a");
      expect(fill(store).length).toBe(count);
    },
  },
  {
    says: "shows what is changed in its deferred view at once, as it shows there what is changed in itself",
    check({ store }) {
      const { deferred = store } = store;
      for (const [one, other] of [
        [store, deferred],
        [deferred, store],
      ] as const) {
        one.write("a", bytes(3));
        expect(contents(other)).toEqual({ a: [...bytes(3)] });
        one.delete("a");
        expect(contents(other)).toEqual({});
      }
      expect(deferred.maximumLength).toBe(store.maximumLength);
    },
  },
  {
    says: "refuses in its deferred view what it refuses itself",
    check({ store, small }) {
      const { deferred = store } = store;
      for (const key of NO_KEYS) expect(refusal(() => deferred.write(key, bytes(1)))).toBe("misuse");
      expect(refusal(() => deferred.write("a", bytes(store.maximumLength + 1)))).toBe("misuse");
      const little = small();
      const keys = fill(little.deferred ?? little);
      expect(little.keys().sort()).toEqual([...keys].sort());
    },
  },
  {
    says: "holds through a loss of power what was synced in its deferred view, and what came before a change of its own",
    check(harness) {
      const { store } = harness;
      const { deferred } = store;
      if (deferred === undefined || harness.powerCut === undefined) return;
      deferred.write("a", bytes(3));
      deferred.write("b", bytes(4));
      deferred.sync();
      deferred.sync();
      deferred.delete("a");
      store.write("c", bytes(5));
      deferred.write("d", bytes(6));
      expect(contents(harness.powerCut(0))).toEqual({ b: [...bytes(4)], c: [...bytes(5)] });
    },
  },
  ...[0, 0.2, 0.4, 0.6, 0.8, 1].map((part) => ({
    says: `has the first ones of the changes that were not synced, or none, after a loss of power (${part} of them)`,
    check(harness: KeyValueHarness) {
      const { deferred } = harness.store;
      if (deferred === undefined || harness.powerCut === undefined) return;
      deferred.write("before", bytes(7));
      deferred.sync();
      const states = [contents(deferred)];
      for (const change of CHANGES) {
        change(deferred);
        states.push(contents(deferred));
      }
      const left = contents(harness.powerCut(part));
      expect(states).toContainEqual(left);
      if (part === 1) expect(left).toEqual(states.at(-1));
    },
  })),
];
