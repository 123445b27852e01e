import { describe, expect, it } from "vitest";
import { type Commit, MemoryStore } from "../../../../host-sim/core/storage/memory-store.js";

const bytes = (...values: number[]) => Uint8Array.of(...values);

describe("store in memory", () => {
  it("counts commits: writes and deletes that change something, and those that fail half way", () => {
    let fail = false;
    const store = new MemoryStore({
      before: () => {
        if (fail) throw new Error("power");
      },
    });
    store.write("a", bytes(1));
    store.write("a", bytes(1));
    store.delete("a");
    store.delete("a");
    expect(() => store.write("A", bytes(1))).toThrow();
    expect(() => store.write("a", new Uint8Array(4001))).toThrow();
    expect(store.commits).toBe(3);
    fail = true;
    expect(() => store.write("a", bytes(1))).toThrow("power");
    expect(store.commits).toBe(4);
  });

  it("counts bytes by its own measure", () => {
    const store = new MemoryStore({ sizeOf: (_, length) => 32 * (1 + Math.ceil(length / 32)), capacity: 160 });
    store.write("a", bytes(1));
    store.write("b", new Uint8Array(33));
    expect(store.used).toBe(64 + 96);
    expect(() => store.write("c", bytes())).toThrow('no room for "c": 192 bytes in all, more than 160');
    store.write("b", bytes());
    expect(store.used).toBe(64 + 32);
    store.delete("a");
    expect(store.used).toBe(32);
  });

  it("shows every commit before and after it is done", () => {
    const seen: unknown[] = [];
    const show = (when: string) => (commit: Commit) =>
      seen.push([when, commit.number, commit.key, commit.value?.[0], store.read(commit.key)?.[0]]);
    const store = new MemoryStore({ before: show("before"), after: show("after"), entries: [["a", bytes(1)]] });
    store.write("a", bytes(2));
    store.delete("a");
    expect(seen).toEqual([
      ["before", 1, "a", 2, 1],
      ["after", 1, "a", 2, 2],
      ["before", 2, "a", undefined, 2],
      ["after", 2, "a", undefined, undefined],
    ]);
  });

  it("has the old value when power goes before a commit, and the new one when it goes after", () => {
    const store = new MemoryStore({
      before: ({ number }) => {
        if (number === 2) throw new Error("power");
      },
      after: ({ number }) => {
        if (number === 3) throw new Error("power");
      },
    });
    store.write("a", bytes(1));
    expect(() => store.write("a", bytes(2, 2))).toThrow("power");
    expect([store.read("a"), store.used]).toEqual([bytes(1), 2]);
    expect(() => store.write("a", bytes(3, 3))).toThrow("power");
    expect([store.read("a"), store.used]).toEqual([bytes(3, 3), 3]);
  });

  it("begins with what another one held, and shares nothing with it", () => {
    const first = new MemoryStore({ entries: [["a", bytes(1)]] });
    const second = new MemoryStore({ entries: first.entries() });
    first.write("a", bytes(2));
    first.write("b", bytes(3));
    expect(second.entries()).toEqual([["a", bytes(1)]]);
    expect(second.commits).toBe(0);
    expect(second.used).toBe(2);
  });
});
